import type { Views } from './views.js'

/** y[c] = sum over r of x[r, c] for x [rows, columns], in increasing r, from +0 or where `accumulate` is set from y. */
export function columnSum(
  memory: Views,
  x: number,
  y: number,
  rows: number,
  columns: number,
  accumulate: number,
): void {
  const { f32 } = memory
  const from = x >>> 2
  const to = y >>> 2
  if (!accumulate) f32.fill(0, to, to + columns)
  for (let row = from; row < from + rows * columns; row += columns) {
    for (let c = 0; c < columns; c++) f32[to + c] = f32[to + c]! + f32[row + c]!
  }
}
