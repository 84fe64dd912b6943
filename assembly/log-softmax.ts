import { loadSome, storeSome, sumLanes } from './lanes'
import { exp } from './math'
import { exponentials, logOf, ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/** The logarithm of softmax, exact where softmax itself would be 0. */

/** y[r, i] = (x[r, i] - m) - log(sum over j of e^(x[r, j] - m)), m the row's maximum; x and y may be the same memory. */
export function logSoftmax(x: usize, y: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const xRow = x + <usize>r * rowBytes
    const yRow = y + <usize>r * rowBytes
    const maximum = rowMaximum(xRow, classes)
    const maxima = f32x4.splat(maximum)
    const logs = f32x4.splat(logOf(exponentials(xRow, 0, classes, maximum)))
    const whole = (<usize>(classes & ~3)) << 2
    for (let i: usize = 0; i < whole; i += 16) {
      v128.store(yRow + i, f32x4.sub(f32x4.sub(v128.load(xRow + i), maxima), logs))
    }
    const rest = classes & 3
    if (rest > 0) {
      storeSome(yRow + whole, rest, f32x4.sub(f32x4.sub(loadSome(xRow + whole, rest), maxima), logs))
    }
  }
}

/**
 * dx[r, i] = dy[r, i] - e^y[r, i] (sum over j of dy[r, j]), the sum in four partial sums, class j in partial j mod 4; all
 * [rows, classes]; dx may be the same memory as y or dy.
 */
export function logSoftmaxBackward(y: usize, dy: usize, dx: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const whole = (<usize>(classes & ~3)) << 2
  const rest = classes & 3
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const start = <usize>r * rowBytes
    const last = start + whole
    let partial = f32x4.splat(0)
    for (let i = start; i < last; i += 16) partial = f32x4.add(partial, v128.load(dy + i))
    if (rest > 0) partial = f32x4.add(partial, loadSome(dy + last, rest))
    const sum = f32x4.splat(sumLanes(partial))
    for (let i = start; i < last; i += 16) {
      v128.store(dx + i, f32x4.sub(v128.load(dy + i), f32x4.mul(exp(v128.load(y + i)), sum)))
    }
    if (rest > 0) {
      const slope = f32x4.mul(exp(loadSome(y + last, rest)), sum)
      storeSome(dx + last, rest, f32x4.sub(loadSome(dy + last, rest), slope))
    }
  }
}
