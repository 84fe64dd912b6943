/** Arrays of npy files as data sets. */
import { DataError } from '../errors.js'
import { leaf, object, optional, read, type Schema } from '../schema/schema.js'
import { oneOf, shape, text, wholeNumber } from '../schema/values.js'
import { assemble } from './assemble.js'
import type { Dataset } from './dataset.js'
import type { NpyArray } from './npy.js'

export interface NpyDatasetOptions {
  /** Shown beside results, and in messages. */
  readonly name: string
  /** [rows, ...shape of a sample]: bytes stand for 0..1, all other numbers are taken as they are, in float32. */
  readonly inputs: NpyArray
  /** [rows] class ids from 0 up, or [rows] or [rows, n] numbers. */
  readonly targets: NpyArray
  /** What the targets are; without it numbers where the elements are floats, else classes. */
  readonly task?: 'classes' | 'numbers'
  /** Number of classes; the highest id and one when left out. */
  readonly classes?: number
}

type AnyArray = NpyArray['data']

const anArray = object<NpyArray>({
  ...{ type: optional(text), shape },
  data: leaf<AnyArray>(
    'an array of numbers',
    (value) => ArrayBuffer.isView(value) && !(value instanceof DataView) && !isBig(value),
  ),
})

const isBig = (value: unknown) => value instanceof BigInt64Array || value instanceof BigUint64Array

const datasetOptions: Schema<NpyDatasetOptions> = object<NpyDatasetOptions>({
  ...{ name: text, inputs: anArray, targets: anArray },
  ...{ task: optional(oneOf('classes', 'numbers')), classes: optional(wholeNumber(1)) },
})

/**
 * A data set of two arrays, such as `readNpy` and `readNpz` give. Bytes and float32 are used in place.
 *
 * @throws DataError naming the data set, the array and the first value that is not right, and as `dataset`
 */
export function npyDataset(options: NpyDatasetOptions): Dataset {
  const checked = read(DataError, 'npyDataset', 'options', datasetOptions, options)
  const { name, inputs, targets, classes, task = areFloats(targets) ? 'numbers' : 'classes' } = checked
  const [rows, ...sample] = inputs.shape
  if (targets.shape[0] !== rows) {
    throw new DataError(
      `${name}: expected a target for each of the ${rows} inputs of shape [${inputs.shape.join(', ')}], found targets of ` +
        `shape [${targets.shape.join(', ')}]`,
    )
  }
  const sampleShape = sample.length === 0 ? [1] : sample
  const common = { name, inputs: inputsOf(inputs), sampleShape }
  if (task === 'numbers') return assemble({ ...common, ...numbersOf(targets, name) })
  const ids = idsOf(targets, name)
  const count = classes ?? ids.reduce((most, id) => Math.max(most, id), 0) + 1
  return assemble({
    name,
    inputs: inputsOf(inputs),
    sampleShape,
    targets: ids,
    classes: count,
  })
}

/** Bytes and float32 as they are, everything else as float32. */
function inputsOf({ data }: NpyArray): Uint8Array | Float32Array {
  return data instanceof Uint8Array || data instanceof Float32Array ? data : Float32Array.from(data)
}

/** Where nobody has said what they were in the file, the array's own type says it. */
const areFloats = ({ type, data }: NpyArray) =>
  type === undefined ? data instanceof Float32Array || data instanceof Float64Array : type.startsWith('f')

function numbersOf(
  { shape, data }: NpyArray,
  name: string,
): { targets: Float32Array; targetShape: number[] } {
  if (shape.length > 2) {
    throw new DataError(
      `${name}: expected numbers of shape [rows] or [rows, n], found targets of shape [${shape.join(', ')}]`,
    )
  }
  const targets = data instanceof Float32Array ? data : Float32Array.from(data)
  return { targets, targetShape: [shape[1] ?? 1] }
}

/** Far more classes than a network has outputs for. */
const MOST_CLASSES = 2 ** 31

function idsOf({ shape, data }: NpyArray, name: string): Int32Array {
  if (shape.length !== 1) {
    throw new DataError(
      `${name}: expected class ids of shape [rows], found targets of shape [${shape.join(', ')}]`,
    )
  }
  for (let i = 0; i < data.length; i++) {
    const id = data[i]!
    if (Number.isInteger(id) && id >= 0 && id < MOST_CLASSES) continue
    throw new DataError(`${name}: expected class ids, whole numbers from 0 up, found ${id} at row ${i}`)
  }
  return Int32Array.from(data)
}
