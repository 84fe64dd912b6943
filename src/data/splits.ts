import { permutation } from '../engine/js/philox.js'
import { DataError } from '../errors.js'
import { Purpose, streamOf } from '../program/streams.js'
import { leaf, object, optional, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { seed as seedSchema, truth } from '../schema/values.js'
import { aDataset, type Dataset, rowOf } from './dataset.js'

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

/** Which of them leave samples for both parts, the size of the data set decides. */
const aNumber = leaf<number>('a number between 0 and 1', (value) => typeof value === 'number')

const splitOptions = object<SplitOptions>({ seed: optional(seedSchema), shuffle: optional(truth) })

const listOfPositions: Schema<ArrayLike<number>> = leaf(
  'a list of positions, such as [0, 2, 4]',
  (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
)

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

function order(set: Dataset, { seed = 0, shuffle = true }: SplitOptions): Uint32Array {
  return shuffle ? permutation(set.count, seed, streamOf(Purpose.Split), 0) : inOrder(set.count)
}

function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
}
