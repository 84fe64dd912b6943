import { DataError } from '../errors.js'
import { leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { finite, oneOf, wholeNumber } from '../schema/values.js'

export interface PadOptions {
  /** Where shorter sequences get their padding, and longer ones are cut: before, or `post`, after them, the default. */
  readonly padding?: 'pre' | 'post'
  /** What stands for padding; 0 by default. */
  readonly value?: number
  /** Steps of the result; those of the longest sequence by default. */
  readonly length?: number
}

/** Sequences of equal length: the fields of a data set that they are. */
export interface PaddedSequences {
  /** [sequences, steps] int32 ids, or [sequences, steps, features] float32 */
  readonly inputs: Int32Array | Float32Array
  readonly sampleShape: readonly number[]
  /** Steps of each that are no padding. */
  readonly lengths: Int32Array
  readonly padding: 'pre' | 'post'
}

type Sequence = ArrayLike<number> | readonly ArrayLike<number>[]

const padOptions = object<PadOptions>({
  padding: optional(oneOf('pre', 'post')),
  value: optional(finite),
  length: optional(wholeNumber(1)),
})

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

const sequenceList: Schema<Sequence[]> = list(
  'sequences, such as [[3, 1], [2]]',
  leaf<Sequence>('a list of ids, or of lists of features', isList),
  1,
)

/**
 * Makes sequences of differing length equally long: lists of ids, or of steps that are lists of as many features each. What
 * it returns can be spread into `dataset({ ...padSequences(lists), ... })`; by `lengths`, layers and losses pass over the
 * padding, whatever its value.
 * @throws DataError that names the sequence and step with a value that is no id or number, or another number of features
 */
export function padSequences(sequences: readonly Sequence[], options: PadOptions = {}): PaddedSequences {
  const where = 'padSequences'
  const lists = read(DataError, where, 'sequences', sequenceList, sequences)
  const { padding = 'post', value = 0, length } = read(DataError, where, 'options', padOptions, options)
  const steps = length ?? Math.max(1, ...lists.map((sequence) => sequence.length))
  const first = lists.find((sequence) => sequence.length > 0)?.[0]
  const features = isList(first) ? first.length : null
  if (features === 0) throw new DataError(`${where}: expected at least one feature a step, found none`)
  const width = features ?? 1
  const size = steps * width
  const inputs =
    features === null ? new Int32Array(lists.length * size) : new Float32Array(lists.length * size)
  if (features === null && !Number.isInteger(value)) {
    throw new DataError(`${where}: value should be an id, a whole number, found ${value}.`)
  }
  inputs.fill(value)
  const lengths = new Int32Array(lists.length)
  for (const [s, sequence] of lists.entries()) {
    const kept = Math.min(sequence.length, steps)
    lengths[s] = kept
    const from = padding === 'pre' ? sequence.length - kept : 0
    const to = s * size + (padding === 'pre' ? steps - kept : 0) * width
    for (let t = 0; t < kept; t++) {
      const step: unknown = sequence[from + t]
      const place = `at sequence ${s}, step ${from + t}`
      if (features === null) {
        if (!Number.isInteger(step) || (step as number) !== ((step as number) | 0)) {
          throw new DataError(`${where}: expected ids, whole numbers of int32, found ${show(step)} ${place}`)
        }
        inputs[to + t] = step as number
        continue
      }
      if (!isList(step) || step.length !== features) {
        throw new DataError(
          `${where}: expected ${features} features, as the first step has, found ${show(step)} ${place}`,
        )
      }
      for (let f = 0; f < features; f++) {
        const feature = step[f]
        if (typeof feature !== 'number' || !Number.isFinite(Math.fround(feature))) {
          throw new DataError(
            `${where}: expected finite numbers, found ${show(feature)} ${place}, feature ${f}`,
          )
        }
        inputs[to + t * width + f] = feature
      }
    }
  }
  return { inputs, sampleShape: features === null ? [steps] : [steps, features], lengths, padding }
}
