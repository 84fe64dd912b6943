import { firstEqual, labelAt } from './cross-entropy'
import { ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/** Class labels as vectors, and back. */

/** y[r, c] = 1 where c = labels[r], else 0; labels int32 [rows], y [rows, classes]. */
export function oneHot(labels: usize, y: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const row = y + <usize>r * rowBytes
    memory.fill(row, 0, rowBytes)
    store<f32>(row + ((<usize>labelAt(labels + ((<usize>r) << 2), classes)) << 2), 1)
  }
}

/** y[r] = the first c with the largest x[r, c], NaN passed over, as int32; x [rows, classes]. */
export function argMax(x: usize, y: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const row = x + <usize>r * rowBytes
    store<i32>(y + ((<usize>r) << 2), firstEqual(row, classes, rowMaximum(row, classes)))
  }
}
