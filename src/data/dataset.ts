import { permutation } from '../engine/js/philox.js'
import { DataError } from '../errors.js'
import { Purpose, streamOf } from '../program/streams.js'
import { Fault, isPlainObject, leaf, object, optional, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { arrayOf, seed as seedSchema, shape, text, truth, wholeNumber } from '../schema/values.js'

/**
 * Labelled samples. Parts of a data set (subset, take, holdout, kfold, shuffled) are views: they share `inputs` and
 * `targets` with their source and differ in `indices` alone. An engine keeps no copy: every use reads the arrays batch by
 * batch, as they are then, and checks what it reads.
 */
export interface Dataset {
  /** Shown beside results. */
  readonly name: string
  /** Number of samples. */
  readonly count: number
  /** Shape of one sample, such as [28, 28]. */
  readonly sampleShape: readonly number[]
  /** Elements of one sample. */
  readonly sampleSize: number
  /** Labels are 0 .. classes - 1. */
  readonly classes: number
  /** [rows of the source, sampleSize]. Bytes stand for 0..1 and are divided by 255 when a batch is gathered. */
  readonly inputs: Uint8Array | Float32Array
  /** [rows of the source]. */
  readonly targets: Uint8Array
  /** [count]: sample i is row indices[i] of the source. Without it the samples are the rows of the source, in order. */
  readonly indices?: Uint32Array
  /** True for generated samples, which must never be passed off as a collected data set. */
  readonly synthetic: boolean
}

/** What a data set is made from: see the fields of Dataset. */
export interface DatasetSource {
  name: string
  inputs: Uint8Array | Float32Array
  targets: Uint8Array
  sampleShape: readonly number[]
  classes: number
  synthetic?: boolean
}

/** The order in which a split takes its samples. */
export interface SplitOptions {
  /** Of the random order; 0 when left out. */
  seed?: number
  /** False keeps the samples in their order; true when left out. */
  shuffle?: boolean
}

/** Two disjoint parts of one data set. */
export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** Per element of a sample: a standardised value is (x - mean) * scale. */
export interface Standardisation {
  /** [sampleSize] */
  readonly mean: Float32Array
  /** [sampleSize], 1 / (standard deviation + 1e-5) */
  readonly scale: Float32Array
}

const inputs = arrayOf<Uint8Array | Float32Array>(Uint8Array, Float32Array)
const targets = arrayOf(Uint8Array)
const classes = wholeNumber(1, 256)

const sourceSchema = object<DatasetSource & Partial<Pick<Dataset, 'count' | 'sampleSize'>>>({
  ...{ name: text, inputs, targets, sampleShape: shape, classes, synthetic: optional(truth) },
  // Of another data set whose fields are spread: worked out anew.
  ...{ count: optional(wholeNumber(1)), sampleSize: optional(wholeNumber(1)) },
})

/** What names the data set in the messages about all else that may be wrong with it. */
const sourceName: Schema<{ readonly name: string }> = {
  expected: sourceSchema.expected,
  read(value, path) {
    if (!isPlainObject(value)) throw new Fault(path, sourceSchema.expected, value)
    return { name: text.read(value.name, `${path}.name`) }
  },
}

const datasetFields = object<Dataset>({
  ...{ name: text, count: wholeNumber(1), sampleShape: shape, sampleSize: wholeNumber(1), classes },
  ...{ inputs, targets, indices: optional(arrayOf(Uint32Array)), synthetic: truth },
})

const DATASET = 'a data set, such as dataset(...) gives'

/** An argument that is a data set, whose sizes agree with each other. It is the caller's own object, no copy. */
export const aDataset: Schema<Dataset> = {
  expected: DATASET,
  read(value, path) {
    if (!isPlainObject(value)) throw new Fault(path, DATASET, value)
    if (!Object.hasOwn(value, 'inputs')) {
      const parts = ['train', 'validation', 'test'].filter((part) => Object.hasOwn(value, part))
      throw new Fault(path, parts.length > 0 ? `a data set: its part ${parts.join(' or ')}` : DATASET, value)
    }
    const { count, sampleShape, sampleSize, inputs, targets, indices } = datasetFields.read(value, path)
    const expected = {
      sampleSize: sampleShape.reduce((product, size) => product * size, 1),
      'inputs.length': targets.length * sampleSize,
      count: indices?.length ?? targets.length,
    }
    const found = { sampleSize, 'inputs.length': inputs.length, count }
    for (const [name, wanted] of Object.entries(expected)) {
      const value = found[name as keyof typeof found]
      if (value !== wanted) throw new Fault(`${path}.${name}`, String(wanted), value)
    }
    return value as unknown as Dataset
  },
}

const finiteValues: Schema<Float32Array> = leaf(
  'a Float32Array of finite values',
  (value) => value instanceof Float32Array && value.every(Number.isFinite),
)

/** A field that holds a standardisation. */
export const aStandardisation: Schema<Standardisation> = object<Standardisation>({
  mean: finiteValues,
  scale: finiteValues,
})

/** Which of them leave samples for both parts, the size of the data set decides. */
const aNumber = leaf<number>('a number between 0 and 1', (value) => typeof value === 'number')

const splitOptions = object<SplitOptions>({ seed: optional(seedSchema), shuffle: optional(truth) })

const listOfPositions: Schema<ArrayLike<number>> = leaf(
  'a list of positions, such as [0, 2, 4]',
  (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
)

/** Keeps elements that never vary finite: study C of the reference experiments, MinPy's "RNN on MNIST" tutorial. */
const STANDARDISATION_EPSILON = 1e-5

/**
 * A data set over arrays in memory, which are used in place: what is written into them later is seen by whatever uses the
 * data set next.
 *
 * @throws DataError naming the data set and, where there is one, the first wrong sample: no samples, numbers of inputs
 *   and targets that differ, a shape that does not divide the inputs, targets outside 0 .. classes - 1, values that are
 *   not finite
 */
export function dataset(source: DatasetSource): Dataset {
  const { name: where } = read(DataError, 'dataset', 'options', sourceName, source)
  const checked = read(DataError, where, 'options', sourceSchema, source)
  const { name, inputs, targets, sampleShape, classes, synthetic = false } = checked
  const sampleSize = sampleShape.reduce((product, size) => product * size, 1)
  const shape = `[${sampleShape.join(', ')}]`
  if (inputs.length % sampleSize !== 0) {
    throw new DataError(
      `${name}: expected whole inputs of shape ${shape}, ${sampleSize} values each, found ${inputs.length} values: ` +
        `the input at ${Math.floor(inputs.length / sampleSize)} is incomplete`,
    )
  }
  const count = inputs.length / sampleSize
  if (count !== targets.length) {
    throw new DataError(
      `${name}: expected as many targets as inputs, found ${count} inputs of shape ${shape} and ${targets.length} targets`,
    )
  }
  if (count === 0) throw new DataError(`${name}: expected at least one sample, found none`)
  const wrongTarget = targets.findIndex((target) => target >= classes)
  if (wrongTarget >= 0) {
    throw new DataError(
      `${name}: expected targets of 0 to ${classes - 1}, found ${targets[wrongTarget]} at sample ${wrongTarget}`,
    )
  }
  if (inputs instanceof Float32Array) {
    const wrong = inputs.findIndex((value) => !Number.isFinite(value))
    if (wrong >= 0) {
      throw new DataError(
        `${name}: expected finite values, found ${inputs[wrong]} at sample ${Math.floor(wrong / sampleSize)}, ` +
          `element ${wrong % sampleSize}`,
      )
    }
  }
  return { name, count, sampleShape: [...sampleShape], sampleSize, classes, inputs, targets, synthetic }
}

/**
 * The samples at the given positions, in that order; a position may come more than once.
 *
 * @throws DataError for no positions and for one outside 0 .. count - 1
 */
export function subset(set: Dataset, positions: ArrayLike<number>): Dataset {
  read(DataError, 'subset', 'set', aDataset, set)
  read(DataError, 'subset', 'positions', listOfPositions, positions)
  return view(set, positions)
}

function view(set: Dataset, positions: ArrayLike<number>): Dataset {
  if (positions.length === 0)
    throw new DataError(`${set.name}: expected at least one position in the subset, found none`)
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!
    if (!Number.isInteger(position) || position < 0 || position >= set.count) {
      throw new DataError(
        `${set.name}: expected positions of 0 to ${set.count - 1} in the subset, found ${show(position)} at ${i}`,
      )
    }
  }
  const indices = Uint32Array.from(positions, (position) => rowOf(set, position))
  return { ...set, count: indices.length, indices }
}

/**
 * The first samples of a data set.
 *
 * @throws DataError unless 1 <= count <= set.count
 */
export function take(set: Dataset, count: number): Dataset {
  read(DataError, 'take', 'set', aDataset, set)
  if (!Number.isInteger(count) || count < 1 || count > set.count) {
    throw new DataError(`${set.name}: expected to take 1 to ${set.count} samples, found ${show(count)}`)
  }
  return view(set, inOrder(count))
}

/** The same samples in a random order, which is a function of the seed and the number of samples alone. */
export function shuffled(set: Dataset, seed: number): Dataset {
  read(DataError, 'shuffled', 'set', aDataset, set)
  return view(set, order(set, { seed: read(DataError, 'shuffled', 'seed', seedSchema, seed) }))
}

/**
 * Holds a part of the samples back for validation: the last ones of the order, round(fraction * count) of them.
 *
 * @param fraction of the samples that are held back, between 0 and 1
 * @throws DataError when one of the parts would be empty
 */
export function holdout(set: Dataset, fraction: number, options: SplitOptions = {}): Split {
  read(DataError, 'holdout', 'set', aDataset, set)
  read(DataError, 'holdout', 'fraction', aNumber, fraction)
  const checked = read(DataError, 'holdout', 'options', splitOptions, options)
  const held = Math.floor(fraction * set.count + 0.5)
  if (!(held >= 1 && held < set.count)) {
    throw new DataError(
      `${set.name}: expected a fraction that leaves samples for training and for validation, found ${fraction} of ` +
        `${set.count} samples`,
    )
  }
  const positions = order(set, checked)
  const kept = set.count - held
  return {
    train: view(set, positions.subarray(0, kept)),
    validation: view(set, positions.subarray(kept)),
  }
}

/**
 * k splits for cross-validation. Each sample is in the validation part of exactly one; the parts' sizes differ by at
 * most one.
 *
 * @throws DataError unless k is a whole number of 2 to set.count
 */
export function kfold(set: Dataset, k: number, options: SplitOptions = {}): Split[] {
  read(DataError, 'kfold', 'set', aDataset, set)
  const checked = read(DataError, 'kfold', 'options', splitOptions, options)
  if (!Number.isInteger(k) || k < 2 || k > set.count) {
    throw new DataError(`${set.name}: expected 2 to ${set.count} folds, found ${show(k)}`)
  }
  const positions = order(set, checked)
  return Array.from({ length: k }, (_, fold) => {
    const start = Math.floor((fold * set.count) / k)
    const end = Math.floor(((fold + 1) * set.count) / k)
    const train = new Uint32Array(set.count - (end - start))
    train.set(positions.subarray(0, start))
    train.set(positions.subarray(end), start)
    return { train: view(set, train), validation: view(set, positions.subarray(start, end)) }
  })
}

/**
 * Mean and scale of each element over the samples of a data set, its training part as a rule: a view is measured by its
 * own samples alone. Bytes are taken as x / 255. (x - mean) / (standard deviation + 1e-5), the standard deviation being
 * that of the population (study C of the reference experiments).
 *
 * Bytes are summed as integers, which is exact in any order up to 370,000 samples; floats are summed in the order of
 * the samples, in float64, mean first. Only + - * / and the square root are used: the same bits in every runtime.
 */
export function standardisation(set: Dataset): Standardisation {
  read(DataError, 'standardisation', 'set', aDataset, set)
  const { inputs, sampleSize, count } = set
  const mean = new Float64Array(sampleSize)
  const variance = new Float64Array(sampleSize)
  if (inputs instanceof Uint8Array) {
    const squares = new Float64Array(sampleSize)
    for (let i = 0; i < count; i++) {
      const row = rowOf(set, i) * sampleSize
      for (let j = 0; j < sampleSize; j++) {
        const x = inputs[row + j]!
        if (x === 0) continue // four of five pixels of MNIST; measured: a quarter less time
        mean[j]! += x
        squares[j]! += x * x
      }
    }
    const unit = count * 255
    for (let j = 0; j < sampleSize; j++) {
      variance[j] = (count * squares[j]! - mean[j]! * mean[j]!) / (unit * unit)
      mean[j]! /= unit
    }
  } else {
    for (let i = 0; i < count; i++) {
      const row = rowOf(set, i) * sampleSize
      for (let j = 0; j < sampleSize; j++) mean[j]! += inputs[row + j]!
    }
    for (let j = 0; j < sampleSize; j++) mean[j]! /= count
    for (let i = 0; i < count; i++) {
      const row = rowOf(set, i) * sampleSize
      for (let j = 0; j < sampleSize; j++) {
        const deviation = inputs[row + j]! - mean[j]!
        variance[j]! += deviation * deviation
      }
    }
    for (let j = 0; j < sampleSize; j++) variance[j]! /= count
  }
  return {
    mean: new Float32Array(mean),
    scale: Float32Array.from(variance, (v) => 1 / (Math.sqrt(v) + STANDARDISATION_EPSILON)),
  }
}

/** The row of sample i in `inputs` and `targets`. */
export function rowOf(set: Dataset, i: number): number {
  return set.indices === undefined ? i : set.indices[i]!
}

function order(set: Dataset, { seed = 0, shuffle = true }: SplitOptions): Uint32Array {
  return shuffle ? permutation(set.count, seed, streamOf(Purpose.Split), 0) : inOrder(set.count)
}

function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
}
