import { activateSpan } from './activation'
import { Activation } from './codes'

/**
 * What is done to rows of C once all of their terms are added, while they are still in the cache:
 * C[i, j] = activation(C[i, j] + bias[j]) for `rows` rows `cRow` bytes apart of `columns` columns each. `bias` is 0
 * where there is none.
 */
export function finishRows(
  c: usize,
  cRow: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  activation: i32,
  slope: f32,
): void {
  for (let i = 0; i < rows; i++) {
    if (bias) addRow(c, bias, columns)
    if (activation != Activation.None) activateSpan(c, c, columns, activation, slope)
    c += cRow
  }
}

/** y[j] += x[j] */
function addRow(y: usize, x: usize, count: i32): void {
  const end = y + ((<usize>count) << 2)
  for (; y + 16 <= end; y += 16) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)))
    x += 16
  }
  for (; y < end; y += 4) {
    store<f32>(y, load<f32>(y) + load<f32>(x))
    x += 4
  }
}
