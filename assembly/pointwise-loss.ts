import { ElementLoss } from './codes'
import { keepTail, loadLanes, storeLanes, sumLanes } from './lanes'
import { sigmoid, softplus } from './math'
import { ROW_GRAIN } from './softmax'
import { shareBegin, shareEnd } from './threads'

/**
 * Losses that add a term for every element of the output x [rows, size] and its target t, with e = x - t:
 *
 *   BinaryCrossEntropy   max(x, 0) - x t + s, s = log(1 + e^-|x|), that of the sigmoid of x       slope sigmoid(x) - t
 *     with `positive` p  (1 - t) (max(x, 0) + s) + (p t) (max(-x, 0) + s)         slope (1 - t + p t) sigmoid(x) - p t
 *   Squared              e^2                                                                      slope 2 e
 *   Absolute             |e|                                                                      slope e / |e|, or 0 for 0
 *   Huber                c (|e| - c / 2) with c = min(|e|, delta)                slope e, between -delta and delta
 *
 * `positive` [size] are factors of the terms of positive targets. A row's terms are added in four partial sums, element i
 * in partial i mod 4. dx [rows, size] may be the same memory as x; dx = 0 leaves the gradient out.
 */

/** loss[r] = sum / divisor, dx = slope / (rows divisor). The divisor is 1 or, for the mean over the elements, `size`. */
export function binaryCrossEntropy(
  x: usize,
  targets: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  divisor: f32,
): void {
  eachRow(x, targets, 0, 0, 1, dx, loss, rows, size, ElementLoss.BinaryCrossEntropy, 0, divisor)
}

/** As `binaryCrossEntropy`. */
export function squaredError(
  x: usize,
  targets: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  divisor: f32,
): void {
  eachRow(x, targets, 0, 0, 1, dx, loss, rows, size, ElementLoss.Squared, 0, divisor)
}

/**
 * loss[r] = sum weights[r], dx = slope (weights[r] / divisor[0]), with the weights [rows] and the divisor of `lossWeights`. A
 * row of weight 0 has loss and gradient 0, whatever its x and targets.
 */
export function elementLoss(
  x: usize,
  targets: usize,
  positive: usize,
  weights: usize,
  divisor: usize,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  kind: i32,
  delta: f32,
): void {
  eachRow(x, targets, positive, weights, load<f32>(divisor), dx, loss, rows, size, kind, delta, 1)
}

/**
 * loss[r] = sum / elements weights[r], dx = slope / (rows elements) without weights, else slope (weights[r] / divisor):
 * dividing and multiplying by 1 changes no bit.
 */
function eachRow(
  x: usize,
  targets: usize,
  positive: usize,
  weights: usize,
  divisor: f32,
  dx: usize,
  loss: usize,
  rows: i32,
  size: i32,
  kind: i32,
  delta: f32,
  elements: f32,
): void {
  const divisors = f32x4.splat(weights ? 1 : <f32>rows * elements)
  const deltas = f32x4.splat(delta)
  const rowBytes = (<usize>size) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const start = <usize>r * rowBytes
    const weight = weights ? load<f32>(weights + ((<usize>r) << 2)) : <f32>1
    if (weight == 0) {
      store<f32>(loss + ((<usize>r) << 2), 0)
      if (dx) memory.fill(dx + start, 0, rowBytes)
      continue
    }
    const rate = f32x4.splat(weight / divisor)
    let sum = f32x4.splat(0)
    for (let i: usize = 0, left = size; left > 0; i += 16, left -= 4) {
      const values = loadLanes(x + start + i, left)
      const target = loadLanes(targets + start + i, left)
      const factors = positive ? loadLanes(positive + i, left) : f32x4.splat(1)
      const terms = term(values, target, kind, deltas, positive != 0, factors)
      sum = f32x4.add(sum, left < 4 ? keepTail(left, terms) : terms)
      if (!dx) continue
      const slopes = f32x4.div(slope(values, target, kind, deltas, positive != 0, factors), divisors)
      storeLanes(dx + start + i, left, f32x4.mul(slopes, rate))
    }
    store<f32>(loss + ((<usize>r) << 2), (sumLanes(sum) / elements) * weight)
  }
}

// @ts-ignore: decorator
@inline
function term(x: v128, target: v128, kind: i32, delta: v128, isWeighted: bool, positive: v128): v128 {
  const zero = f32x4.splat(0)
  if (kind == ElementLoss.BinaryCrossEntropy) {
    const rest = softplus(f32x4.neg(f32x4.abs(x)))
    if (!isWeighted) return f32x4.add(f32x4.sub(f32x4.pmax(x, zero), f32x4.mul(x, target)), rest)
    const negative = f32x4.mul(f32x4.sub(f32x4.splat(1), target), f32x4.add(f32x4.pmax(x, zero), rest))
    const above = f32x4.add(f32x4.pmax(f32x4.neg(x), zero), rest)
    return f32x4.add(negative, f32x4.mul(f32x4.mul(positive, target), above))
  }
  const error = f32x4.sub(x, target)
  if (kind == ElementLoss.Squared) return f32x4.mul(error, error)
  const size = f32x4.abs(error)
  if (kind == ElementLoss.Absolute) return size
  const bounded = f32x4.pmin(size, delta)
  return f32x4.mul(bounded, f32x4.sub(size, f32x4.mul(bounded, f32x4.splat(0.5))))
}

// @ts-ignore: decorator
@inline
function slope(x: v128, target: v128, kind: i32, delta: v128, isWeighted: bool, positive: v128): v128 {
  if (kind == ElementLoss.BinaryCrossEntropy) {
    const y = sigmoid(x)
    if (!isWeighted) return f32x4.sub(y, target)
    const weighted = f32x4.mul(positive, target)
    return f32x4.sub(f32x4.mul(f32x4.add(f32x4.sub(f32x4.splat(1), target), weighted), y), weighted)
  }
  const error = f32x4.sub(x, target)
  if (kind == ElementLoss.Squared) return f32x4.add(error, error)
  if (kind == ElementLoss.Absolute) {
    return v128.and(f32x4.div(error, f32x4.abs(error)), f32x4.ne(error, f32x4.splat(0)))
  }
  // a < b ? b : a, written pmax(a, b), keeps a NaN in `a`; so does pmin.
  return f32x4.pmin(f32x4.pmax(error, f32x4.neg(delta)), delta)
}
