import { ModelError } from '../errors.js'
import type { Parameter } from '../nn/initialisers.js'
import { showShape } from '../nn/layer.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import {
  either,
  Fault,
  isPlainObject,
  leaf,
  list,
  object,
  optional,
  read,
  type Schema,
} from '../schema/schema.js'
import { show } from '../schema/show.js'
import { truth, seed as uint32, wholeNumber } from '../schema/values.js'
import type { EarlyStoppingProgress } from './early-stopping.js'
import { ConfusionMatrix } from './metrics.js'
import type { EpochResult } from './results.js'
import type { StepState } from './state.js'

/** An array of float32, row-major, in its shape. */
export interface StateArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** How far training has come, without the arrays: plain data that JSON keeps. */
export interface CheckpointProgress {
  /** Training steps so far, over the trainer's life. */
  readonly step: number
  readonly epoch: number
  /** One entry an epoch; confusion matrices as their counts. */
  readonly history: readonly EpochRecord[]
  /** Null unless it was taken while a fit with early stopping was under way. */
  readonly earlyStopping: EarlyStoppingProgress | null
}

/** An EpochResult as plain data. */
export type EpochRecord = Omit<EpochResult, 'validation'> & {
  readonly validation: {
    readonly samples: number
    readonly loss: number
    readonly accuracy: number
    readonly confusion: { readonly classes: number; readonly counts: readonly number[] } | null
    readonly metrics?: Readonly<Record<string, number>>
  } | null
}

/**
 * Everything that a trainer of the same model, options and data needs to go on as if it had never stopped. Kept as plain
 * data and arrays by name, so that it can be cloned, posted to a worker, or written to a file: `progress` as JSON text,
 * `tensors` as safetensors.
 */
export interface Checkpoint {
  readonly progress: CheckpointProgress
  /**
   * The model's parameters by name; under `optimizer/` what the optimizer keeps for each, such as
   * `optimizer/dense_1/kernel.velocity`; under `best/` all of these as they were in the best epoch, with early stopping.
   */
  readonly tensors: ReadonlyMap<string, StateArray>
}

export const BEST = 'best/'
const OPTIMIZER = 'optimizer/'

/** The tensors that training changes, by the names that a checkpoint has them under. */
export function trainedTensors(parameters: readonly Parameter[], { slots }: StepState): Map<string, Tensor> {
  const kept = [...slots.values()].flat()
  return new Map([
    ...parameters.map(({ name, tensor }) => [name, tensor] as const),
    ...kept.map((tensor) => [`${OPTIMIZER}${tensor.buffer.name}`, tensor] as const),
  ])
}

/** An epoch's result as plain data. */
export function recordOf(result: EpochResult): EpochRecord {
  const { validation, ...rest } = result
  if (!validation) return { ...rest, validation: null }
  const { confusion, ...figures } = validation
  const counted = confusion && { classes: confusion.classes, counts: [...confusion.counts] }
  return { ...rest, validation: { ...figures, confusion: counted } }
}

/** The reverse of `recordOf`. */
export function resultOf(record: EpochRecord): EpochResult {
  const { validation, ...rest } = record
  if (!validation) return { ...rest, validation: null }
  const { confusion, ...figures } = validation
  const matrix = confusion && new ConfusionMatrix(confusion.classes, Int32Array.from(confusion.counts))
  return { ...rest, validation: { ...figures, confusion: matrix } }
}

/** NaN and the infinities too, which the figures of an epoch may be. */
const figure: Schema<number> = leaf('a number', (value) => typeof value === 'number')

const orNull = <T>(schema: Schema<T>): Schema<T | null> =>
  either(
    schema,
    leaf<null>('null', (value) => value === null),
  )

/** JSON has no NaN, which an accuracy may be. */
const figureOrNaN: Schema<number> = {
  expected: figure.expected,
  read: (value, path) => (value === null ? Number.NaN : figure.read(value, path)),
}

const figures: Schema<Readonly<Record<string, number>>> = {
  expected: 'figures by name',
  read(value, path) {
    if (!isPlainObject(value)) throw new Fault(path, 'figures by name', value)
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([name, found]) => [name, figureOrNaN.read(found, `${path}.${name}`)]),
    )
  },
}

type ConfusionRecord = NonNullable<NonNullable<EpochRecord['validation']>['confusion']>

const confusionFields = object<ConfusionRecord>({
  classes: wholeNumber(1),
  counts: list('counts', wholeNumber(0)),
})

const confusionRecord: Schema<ConfusionRecord> = {
  expected: confusionFields.expected,
  read(value, path) {
    const found = confusionFields.read(value, path)
    const { classes, counts } = found
    if (counts.length === classes * classes) return found
    throw new Fault(`${path}.counts`, `a list of ${classes * classes} counts, of ${classes} classes`, counts)
  },
}

const epochRecord = object<EpochRecord>({
  ...{ epoch: uint32, steps: wholeNumber(0), samples: wholeNumber(0) },
  ...{ loss: figure, accuracy: figureOrNaN, learningRate: figure },
  validation: orNull(
    object<NonNullable<EpochRecord['validation']>>({
      samples: wholeNumber(0),
      loss: figure,
      accuracy: figureOrNaN,
      confusion: orNull(confusionRecord),
      metrics: optional(figures),
    }),
  ),
  ...{ seconds: figure, samplesPerSecond: figure, best: orNull(truth), complete: truth },
})

/** Steps and epochs are counted in 32 bits where random numbers are drawn by them. */
const checkpointProgress = object<CheckpointProgress>({
  ...{ step: uint32, epoch: uint32, history: list('epochs', epochRecord) },
  earlyStopping: orNull(object<EarlyStoppingProgress>({ best: figure, waited: wholeNumber(0) })),
})

const checkpointSchema = object<Checkpoint>({
  progress: checkpointProgress,
  tensors: leaf('a Map of arrays by name', (value) => value instanceof Map),
})

/**
 * Reads a checkpoint: its progress is what a trainer of this many classes leaves, and it has exactly the arrays that it
 * should.
 * @throws ModelError that names the first field that is not right, or the first array that is missing, left over, of
 *   another shape or not finite
 */
export function checkCheckpoint(
  checkpoint: Checkpoint,
  expected: ReadonlyMap<string, Tensor>,
  classes: number,
): Checkpoint {
  const found = read(ModelError, 'restore', 'checkpoint', checkpointSchema, checkpoint)
  const { progress, tensors } = found
  checkHistory(progress, classes)
  const wanted = new Map(expected)
  if (progress.earlyStopping) {
    for (const [name, tensor] of expected) wanted.set(`${BEST}${name}`, tensor)
  }
  for (const [name, { shape }] of wanted) {
    const found = tensors.get(name)
    if (!found)
      throw new ModelError(`restore: the checkpoint has no array '${name}' of shape ${showShape(shape)}.`)
    if (!(found.data instanceof Float32Array) || !Array.isArray(found.shape)) {
      throw new ModelError(
        `restore: ${name} should be { shape, data } with a Float32Array, found ${show(found)}.`,
      )
    }
    if (showShape(found.shape) !== showShape(shape) || found.data.length !== sizeOf(shape)) {
      throw new ModelError(
        `restore: ${name} should have shape ${showShape(shape)}, found ${found.data.length} values of shape ${showShape(found.shape)}.`,
      )
    }
    const bad = found.data.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) {
      throw new ModelError(`restore: ${name}: value ${bad} is ${found.data[bad]}, expected a finite number.`)
    }
  }
  for (const name of tensors.keys()) {
    if (!wanted.has(name)) {
      throw new ModelError(
        `restore: the checkpoint has an array '${name}', for which this trainer has no place.`,
      )
    }
  }
  return found
}

/** @throws ModelError where the epochs do not follow each other, or were of another model */
function checkHistory({ epoch, history }: CheckpointProgress, classes: number): void {
  let before = 0
  for (const [i, record] of history.entries()) {
    const where = `restore: checkpoint.progress.history[${i}]`
    if (record.epoch <= before || record.epoch > epoch) {
      throw new ModelError(
        `${where}.epoch should be a whole number from ${before + 1} to ${epoch}, found ${record.epoch}.`,
      )
    }
    before = record.epoch
    const found = record.validation?.confusion?.classes ?? classes
    if (found !== classes) {
      throw new ModelError(`${where}.validation.confusion.classes should be ${classes}, found ${found}.`)
    }
  }
}
