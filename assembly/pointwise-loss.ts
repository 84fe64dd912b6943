import { keepTail, loadSome, storeSome, sumLanes } from './lanes'
import { sigmoid, softplus } from './math'
import { ROW_GRAIN } from './softmax'
import { shareBegin, shareEnd } from './threads'

/**
 * Losses that add a term for every element of the output x [rows, size] and its target t:
 *
 *   binaryCrossEntropy   max(x, 0) - x t + log(1 + e^-|x|), that of the sigmoid of x       dx = (sigmoid(x) - t) / (rows d)
 *   squaredError         (x - t)^2                                                        dx = 2 (x - t) / (rows d)
 *
 * loss[r] = sum of the terms of row r / d, in four partial sums, element i in partial i mod 4. The divisor d is 1 or, for
 * the mean over the elements, `size`. dx [rows, size] may be the same memory as x; dx = 0 leaves the gradient out.
 */

export function binaryCrossEntropy(
  x: usize,
  targets: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  divisor: f32,
): void {
  eachRow(x, targets, dx, loss, rows, size, divisor, false)
}

export function squaredError(
  x: usize,
  targets: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  divisor: f32,
): void {
  eachRow(x, targets, dx, loss, rows, size, divisor, true)
}

/** Inlined with a constant `squared`, so that each loss has its own loop. */
// @ts-ignore: decorator
@inline
function eachRow(
  x: usize,
  targets: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  divisor: f32,
  squared: bool,
): void {
  const divisors = f32x4.splat(<f32>rows * divisor)
  const rowBytes = (<usize>size) << 2
  const whole = (<usize>(size & ~3)) << 2
  const rest = size & 3
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const start = <usize>r * rowBytes
    let sum = f32x4.splat(0)
    for (let i = start; i < start + whole; i += 16) {
      const values = v128.load(x + i)
      const target = v128.load(targets + i)
      sum = f32x4.add(sum, term(values, target, squared))
      if (dx != 0) v128.store(dx + i, f32x4.div(slope(values, target, squared), divisors))
    }
    if (rest > 0) {
      const i = start + whole
      const values = loadSome(x + i, rest)
      const target = loadSome(targets + i, rest)
      sum = f32x4.add(sum, keepTail(rest, term(values, target, squared)))
      if (dx != 0) storeSome(dx + i, rest, f32x4.div(slope(values, target, squared), divisors))
    }
    store<f32>(loss + ((<usize>r) << 2), sumLanes(sum) / divisor)
  }
}

// @ts-ignore: decorator
@inline
function term(x: v128, target: v128, squared: bool): v128 {
  if (squared) {
    const error = f32x4.sub(x, target)
    return f32x4.mul(error, error)
  }
  const line = f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(x, target))
  return f32x4.add(line, softplus(f32x4.neg(f32x4.abs(x))))
}

// @ts-ignore: decorator
@inline
function slope(x: v128, target: v128, squared: bool): v128 {
  if (!squared) return f32x4.sub(sigmoid(x), target)
  const error = f32x4.sub(x, target)
  return f32x4.add(error, error)
}
