import { loadSome, storeSome } from './lanes'
import { PENALTY_BLOCK } from './codes'
import { isFirstThread, shareBegin, shareEnd } from './threads'

/**
 * L1 and L2 regularisation as in Keras: the loss gains the penalty  sum over i of l1 |p[i]| + l2 p[i]^2,  and the gradient
 * of each parameter gains  l1 sign(p) + 2 l2 p.
 */

/** gradient[i] += l1 * sign(p[i]) + 2 * l2 * p[i], `count` floats each; sign(0) = 0. */
export function regularise(parameter: usize, gradient: usize, count: i32, l1: f32, l2: f32): void {
  const ones = f32x4.splat(l1)
  const twos = f32x4.splat(2 * l2)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  let p = parameter + ((<usize>begin) << 2)
  let g = gradient + ((<usize>begin) << 2)
  const end = p + ((<usize>(size & ~3)) << 2)
  while (p < end) {
    addSlope(p, g, 4, ones, twos)
    p += 16
    g += 16
  }
  const rest = size & 3
  if (rest > 0) addSlope(p, g, rest, ones, twos)
}

// @ts-ignore: decorator
@inline
function addSlope(parameter: usize, gradient: usize, width: i32, l1: v128, doubleL2: v128): void {
  const p = loadSome(parameter, width)
  const sign = v128.and(p, f32x4.splat(-0.0))
  // 0 and NaN have no sign to add; a NaN comes back through the other term.
  const one = v128.and(v128.or(l1, sign), v128.or(f32x4.lt(p, f32x4.splat(0)), f32x4.gt(p, f32x4.splat(0))))
  const slope = f32x4.add(one, f32x4.mul(doubleL2, p))
  storeSome(gradient, width, f32x4.add(loadSome(gradient, width), slope))
}

/**
 * sums[b] = sum of (l1 + l2 |x|) |x| over the elements x of block b, in float64: `PENALTY_BLOCK` elements a block, the
 * last one shorter, four partial sums a block, element i of it in partial i mod 4, combined (0 + 1) + (2 + 3). With l1 = 0
 * and l2 = 1 it is the sum of squares. x [count], sums [ceil(count / PENALTY_BLOCK)].
 */
export function penalty(x: usize, sums: usize, count: i32, l1: f32, l2: f32): void {
  const blocks = (count + PENALTY_BLOCK - 1) / PENALTY_BLOCK
  const end = shareEnd(blocks, 1)
  for (let b = shareBegin(blocks, 1); b < end; b++) {
    const first = b * PENALTY_BLOCK
    const sum = blockPenalty(x + ((<usize>first) << 2), min(count - first, PENALTY_BLOCK), l1, l2)
    store<f64>(sums + ((<usize>b) << 3), sum)
  }
}

function blockPenalty(x: usize, count: i32, l1: f64, l2: f64): f64 {
  const ones = f64x2.splat(l1)
  const twos = f64x2.splat(l2)
  let low = f64x2.splat(0)
  let high = low
  const end = x + ((<usize>(count & ~3)) << 2)
  for (; x < end; x += 16) {
    const values = f32x4.abs(v128.load(x))
    low = f64x2.add(low, term(values, ones, twos))
    high = f64x2.add(high, term(upper(values), ones, twos))
  }
  const rest = count & 3
  if (rest > 0) {
    const values = f32x4.abs(loadSome(x, rest))
    low = f64x2.add(low, term(values, ones, twos))
    high = f64x2.add(high, term(upper(values), ones, twos))
  }
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  )
}

// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 2, 3)
}

/** (l1 + l2 x) x for the first two lanes of x. */
// @ts-ignore: decorator
@inline
function term(x: v128, l1: v128, l2: v128): v128 {
  const value = f64x2.promote_low_f32x4(x)
  return f64x2.mul(f64x2.add(l1, f64x2.mul(l2, value)), value)
}

/**
 * Adds the sum of `blocks` penalties, in their order, to the loss of a batch of `rows` in the running totals:
 * totals[0] += rows * sum, totals[3] += sum (float64; see `tally`).
 */
export function addPenalty(sums: usize, totals: usize, blocks: i32, rows: i32): void {
  if (!isFirstThread()) return
  const sum = sumOf(sums, blocks)
  store<f64>(totals, load<f64>(totals) + <f64>rows * sum)
  store<f64>(totals, load<f64>(totals, 24) + sum, 24)
}

/** The sum of `count` doubles, one after the other. */
export function sumOf(x: usize, count: i32): f64 {
  let sum: f64 = 0
  for (let i = 0; i < count; i++) sum += load<f64>(x + ((<usize>i) << 3))
  return sum
}
