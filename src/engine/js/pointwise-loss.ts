import { ElementLoss } from '../../../assembly/codes.js'
import { sigmoid, softplus } from './math.js'
import type { Views } from './views.js'

const { abs, fround: f, max } = Math

/** a < b ? b : a, and its like: they keep a NaN in `a`. */
const atLeast = (a: number, b: number) => (a < b ? b : a)
const atMost = (a: number, b: number) => (b < a ? b : a)

/** Of one element: `delta` is the Huber loss's, `positive` the factor of a positive target's term where there is one. */
type Term = (x: number, target: number, delta: number, positive: number | undefined) => number

interface Pointwise {
  readonly term: Term
  readonly slope: Term
}

const kinds: Readonly<Record<ElementLoss, Pointwise>> = {
  [ElementLoss.BinaryCrossEntropy]: {
    term(x, target, _, positive) {
      const rest = softplus(-abs(x))
      if (positive === undefined) return f(f(max(x, 0) - f(x * target)) + rest)
      const above = f(f(positive * target) * f(max(-x, 0) + rest))
      return f(f(f(1 - target) * f(max(x, 0) + rest)) + above)
    },
    slope(x, target, _, positive) {
      if (positive === undefined) return f(sigmoid(x) - target)
      const weighted = f(positive * target)
      return f(f(f(f(1 - target) + weighted) * sigmoid(x)) - weighted)
    },
  },
  [ElementLoss.Squared]: {
    term: (x, target) => f(f(x - target) * f(x - target)),
    slope: (x, target) => f(2 * f(x - target)),
  },
  [ElementLoss.Absolute]: {
    term: (x, target) => abs(f(x - target)),
    slope(x, target) {
      const error = f(x - target)
      return error === 0 ? 0 : f(error / abs(error))
    },
  },
  [ElementLoss.Huber]: {
    term(x, target, delta) {
      const size = abs(f(x - target))
      const bounded = atMost(size, delta)
      return f(bounded * f(size - f(bounded * 0.5)))
    },
    slope: (x, target, delta) => atMost(atLeast(f(x - target), -delta), delta),
  },
}

function eachRow(
  { f32 }: Views,
  x: number,
  targets: number,
  positive: number,
  weights: number,
  divisor: number,
  dx: number,
  loss: number,
  rows: number,
  size: number,
  kind: number,
  delta: number,
  elements: number,
): void {
  const [xs, ts, slopes] = [x >>> 2, targets >>> 2, dx >>> 2]
  const { term, slope } = kinds[kind as ElementLoss]
  const sum = new Float32Array(4)
  const scale = weights !== 0 ? 1 : f(rows * elements)
  for (let r = 0; r < rows; r++) {
    const weight = weights !== 0 ? f32[(weights >>> 2) + r]! : 1
    if (weight === 0) {
      f32[(loss >>> 2) + r] = 0
      if (dx !== 0) f32.fill(0, slopes + r * size, slopes + (r + 1) * size)
      continue
    }
    const rate = f(weight / divisor)
    sum.fill(0)
    for (let i = 0; i < size; i++) {
      const at = r * size + i
      const [value, target] = [f32[xs + at]!, f32[ts + at]!]
      const factor = positive !== 0 ? f32[(positive >>> 2) + i]! : undefined
      sum[i % 4]! += term(value, target, delta, factor)
      if (dx !== 0) f32[slopes + at] = f(slope(value, target, delta, factor) / scale) * rate
    }
    f32[(loss >>> 2) + r] = f(f(f(sum[0]! + sum[1]!) + f(sum[2]! + sum[3]!)) / elements) * weight
  }
}

/** Cross-entropy of sigmoids; see assembly/pointwise-loss.ts. */
export function binaryCrossEntropy(
  memory: Views,
  x: number,
  targets: number,
  dx: number,
  loss: number,
  rows: number,
  size: number,
  divisor: number,
): void {
  eachRow(memory, x, targets, 0, 0, 1, dx, loss, rows, size, ElementLoss.BinaryCrossEntropy, 0, divisor)
}

/** Squared error; see assembly/pointwise-loss.ts. */
export function squaredError(
  memory: Views,
  x: number,
  targets: number,
  dx: number,
  loss: number,
  rows: number,
  size: number,
  divisor: number,
): void {
  eachRow(memory, x, targets, 0, 0, 1, dx, loss, rows, size, ElementLoss.Squared, 0, divisor)
}

/** Any of these losses with rows' weights; see assembly/pointwise-loss.ts. */
export function elementLoss(
  memory: Views,
  x: number,
  targets: number,
  positive: number,
  weights: number,
  divisor: number,
  dx: number,
  loss: number,
  rows: number,
  size: number,
  kind: number,
  delta: number,
): void {
  const { f32 } = memory
  const d = f32[divisor >>> 2]!
  eachRow(memory, x, targets, positive, weights, d, dx, loss, rows, size, kind, delta, 1)
}
