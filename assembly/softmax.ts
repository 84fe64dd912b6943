import { keepTail, loadTail, storeTail, sumLanes } from './lanes'
import { expNegative, log } from './math'
import { shareBegin, shareEnd } from './threads'

/**
 * Softmax of rows: y[r, i] = e^(x[r, i] - m) / sum over j of e^(x[r, j] - m), with m the row's maximum, so no power
 * overflows. Sums are taken in four partial sums, class i in partial i mod 4. A NaN or +infinity in a row, or
 * -infinity throughout, makes the whole row NaN.
 */

/** Rows are shared out in this grain: four int32 or float32 results are one vector. */
export const ROW_GRAIN: i32 = 4

/** y = softmax(x), both [rows, classes]; they may be the same memory. */
export function softmax(x: usize, y: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const xRow = x + <usize>r * rowBytes
    const yRow = y + <usize>r * rowBytes
    divideRow(yRow, classes, exponentials(xRow, yRow, classes, rowMaximum(xRow, classes)), 1)
  }
}

/**
 * dx[r, i] = y[r, i] (dy[r, i] - sum over j of y[r, j] dy[r, j]), all [rows, classes]; dx may be the same memory as y or
 * dy.
 */
export function softmaxBackward(y: usize, dy: usize, dx: usize, rows: i32, classes: i32): void {
  const rowBytes = (<usize>classes) << 2
  const whole = (<usize>(classes & ~3)) << 2
  const rest = classes & 3
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const yRow = y + <usize>r * rowBytes
    const dyRow = dy + <usize>r * rowBytes
    const dxRow = dx + <usize>r * rowBytes
    const zero = f32x4.splat(0)
    let partial = zero
    for (let i: usize = 0; i < whole; i += 16) {
      partial = f32x4.add(partial, f32x4.mul(v128.load(yRow + i), v128.load(dyRow + i)))
    }
    if (rest > 0) {
      const product = f32x4.mul(loadTail(yRow + whole, rest, zero), loadTail(dyRow + whole, rest, zero))
      partial = f32x4.add(partial, product)
    }
    const sum = f32x4.splat(sumLanes(partial))
    for (let i: usize = 0; i < whole; i += 16) {
      v128.store(dxRow + i, f32x4.mul(v128.load(yRow + i), f32x4.sub(v128.load(dyRow + i), sum)))
    }
    if (rest > 0) {
      const difference = f32x4.sub(loadTail(dyRow + whole, rest, zero), sum)
      storeTail(dxRow + whole, rest, f32x4.mul(loadTail(yRow + whole, rest, zero), difference))
    }
  }
}

/** The largest number of a row; NaN are passed over, and without any number it is -infinity. */
export function rowMaximum(x: usize, classes: i32): f32 {
  const lowest = f32x4.splat(-Infinity)
  let largest = lowest
  const end = x + ((<usize>(classes & ~3)) << 2)
  // a < b ? b : a, written pmax(a, b), keeps `a` where b is NaN.
  for (; x < end; x += 16) largest = f32x4.pmax(largest, v128.load(x))
  const rest = classes & 3
  if (rest > 0) largest = f32x4.pmax(largest, loadTail(x, rest, lowest))
  largest = f32x4.pmax(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1))
  largest = f32x4.pmax(largest, v128.shuffle<i32>(largest, largest, 1, 0, 3, 2))
  return f32x4.extract_lane(largest, 0)
}

/** Stores e^(x[i] - maximum) at `y` unless that is 0, and returns the sum. */
export function exponentials(x: usize, y: usize, classes: i32, maximum: f32): f32 {
  const maxima = f32x4.splat(maximum)
  let sum = f32x4.splat(0)
  const end = x + ((<usize>(classes & ~3)) << 2)
  for (; x < end; x += 16) {
    const e = expNegative(f32x4.sub(v128.load(x), maxima))
    sum = f32x4.add(sum, e)
    if (y != 0) {
      v128.store(y, e)
      y += 16
    }
  }
  const rest = classes & 3
  if (rest > 0) {
    // The unused lanes hold the maximum: the result 0 of e^-infinity takes x86 some 150 cycles, being an underflow.
    const e = expNegative(f32x4.sub(loadTail(x, rest, maxima), maxima))
    sum = f32x4.add(sum, keepTail(rest, e))
    if (y != 0) storeTail(y, rest, e)
  }
  return sumLanes(sum)
}

/** The natural logarithm of one number. */
export function logOf(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0)
}

/** y[i] = y[i] / sum / divisor; a divisor of 1 changes nothing. */
export function divideRow(y: usize, classes: i32, sum: f32, divisor: f32): void {
  const sums = f32x4.splat(sum)
  const divisors = f32x4.splat(divisor)
  const end = y + ((<usize>(classes & ~3)) << 2)
  for (; y < end; y += 16) v128.store(y, f32x4.div(f32x4.div(v128.load(y), sums), divisors))
  const rest = classes & 3
  if (rest > 0) storeTail(y, rest, f32x4.div(f32x4.div(loadTail(y, rest, sums), sums), divisors))
}
