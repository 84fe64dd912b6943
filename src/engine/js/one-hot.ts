import { firstEqual, labelAt } from './cross-entropy.js'
import { rowMaximum } from './softmax.js'
import type { Views } from './views.js'

/** y[r, c] = 1 where c = labels[r], else 0; see assembly/one-hot.ts. */
export function oneHot({ i32, f32 }: Views, labels: number, y: number, rows: number, classes: number): void {
  const [from, to] = [labels >>> 2, y >>> 2]
  f32.fill(0, to, to + rows * classes)
  for (let r = 0; r < rows; r++) f32[to + r * classes + labelAt(i32, from + r, classes)] = 1
}

/** y[r] = the first c with the largest x[r, c]. */
export function argMax({ i32, f32 }: Views, x: number, y: number, rows: number, classes: number): void {
  for (let r = 0; r < rows; r++) {
    const row = (x >>> 2) + r * classes
    i32[(y >>> 2) + r] = firstEqual(f32, row, classes, rowMaximum(f32, row, classes))
  }
}
