import { DataError } from '../errors.js'
import { type Dataset, rowOf, rowsIn } from './dataset.js'

/**
 * What crosses from a data set into an engine. A data set belongs to its user, who may refill its arrays at any time and
 * may have made it by hand: every use reads the arrays as they are at that moment, batch by batch, and checks all that it
 * takes from them.
 */

/**
 * Checks that a data set still has the arrays that its numbers say, for its owner may have put others into it, or given a
 * buffer away, since it was looked at. What is in the arrays is checked as it is copied.
 * @throws DataError that names the data set, what was expected and what was found
 */
function checkArrays(data: Dataset, size: number): void {
  const { name, inputs: images, sampleSize } = data
  if (images.length === rowsIn(data) * size && sampleSize === size) return
  throw new DataError(
    `${name}: expected ${rowsIn(data)} times ${size} values, a sample for each label, found ${images.length}`,
  )
}

/**
 * Copies `batch` samples of `size` values from the `start`-th on into `x` [batch, size], an array of the same type, from
 * its element `at` on; `order` says which samples those are, without it they are taken as they come.
 * @throws DataError that names the sample: for a value that is not finite, or an index that no row of the arrays has
 */
export function copySamples(
  data: Dataset,
  start: number,
  batch: number,
  size: number,
  x: Uint8Array | Float32Array | Int32Array,
  at: number,
  order?: Uint32Array,
): void {
  checkArrays(data, size)
  const { inputs: images, indices } = data
  const rows = rowsIn(data)
  if (indices === undefined && order === undefined) {
    if (start + batch > rows) {
      throw new DataError(`${data.name}: expected at least ${start + batch} samples, found ${rows}`)
    }
    x.set(images.subarray(start * size, (start + batch) * size), at)
  } else {
    for (let i = 0; i < batch; i++) {
      const sample = order === undefined ? start + i : order[start + i]!
      const row = rowOf(data, sample)
      if (!(row < rows)) {
        throw new DataError(
          `${data.name}: expected indices of 0 to ${rows - 1}, the rows of its arrays, found ${row} at sample ${sample}`,
        )
      }
      x.set(images.subarray(row * size, (row + 1) * size), at + i * size)
    }
  }
  if (!(images instanceof Float32Array)) return
  const bad = firstNotFinite(x, at, at + batch * size) - at
  if (bad < 0) return
  const place = start + Math.floor(bad / size)
  throw new DataError(
    `${data.name}: expected finite values, found ${x[at + bad]} at sample ${order?.[place] ?? place}, element ${bad % size}`,
  )
}

/**
 * Copies the labels of the same samples into `y` [batch] from its element `at` on.
 * @throws DataError that names the sample, for a label that is not one of the classes
 */
export function copyLabels(
  data: Dataset,
  start: number,
  batch: number,
  y: Uint8Array,
  at: number,
  order?: Uint32Array,
): void {
  const { targets: labels, classes } = data
  for (let i = 0; i < batch; i++) {
    const sample = order === undefined ? start + i : order[start + i]!
    const label = labels[rowOf(data, sample)]!
    if (!(label < classes)) {
      throw new DataError(
        `${data.name}: expected targets of 0 to ${classes - 1}, found ${label} at sample ${sample}`,
      )
    }
    y[at + i] = label
  }
}

/**
 * Checks ids that were copied to `x` from its element `at` on: 0 to most - 1.
 * @throws DataError that names the sample
 */
export function checkIds(
  { name }: Dataset,
  x: Int32Array,
  at: number,
  count: number,
  most: number,
  place: (element: number) => string,
): void {
  for (let i = 0; i < count; i++) {
    const id = x[at + i]!
    if (id >= 0 && id < most) continue
    throw new DataError(`${name}: expected ids of 0 to ${most - 1}, found ${id} at ${place(i)}`)
  }
}

/** Where the first value that is no finite number lies among `values[from]` to `values[to - 1]`, or -1. */
export function firstNotFinite(values: ArrayLike<number>, from: number, to: number): number {
  let sum = 0
  // 0 times what is finite is 0. Measured: a quarter of the time of asking Number.isFinite of each.
  for (let i = from; i < to; i++) sum += values[i]! * 0
  if (sum === 0) return -1
  for (let i = from; i < to; i++) if (!Number.isFinite(values[i]!)) return i
  return -1
}
