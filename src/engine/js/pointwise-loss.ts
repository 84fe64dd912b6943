import { sigmoid, softplus } from './math.js'
import type { Views } from './views.js'

const { abs, fround: f, max } = Math

interface Pointwise {
  term(x: number, target: number): number
  slope(x: number, target: number): number
}

const crossEntropy: Pointwise = {
  term: (x, target) => f(f(max(x, 0) - f(x * target)) + softplus(-abs(x))),
  slope: (x, target) => f(sigmoid(x) - target),
}

const squares: Pointwise = {
  term: (x, target) => f(f(x - target) * f(x - target)),
  slope: (x, target) => f(2 * f(x - target)),
}

function eachRow(
  { f32 }: Views,
  x: number,
  targets: number,
  dx: number,
  loss: number,
  rows: number,
  size: number,
  divisor: number,
  { term, slope }: Pointwise,
): void {
  const [xs, ts, slopes] = [x >>> 2, targets >>> 2, dx >>> 2]
  const sum = new Float32Array(4)
  const scale = f(rows * divisor)
  for (let r = 0; r < rows; r++) {
    sum.fill(0)
    for (let i = 0; i < size; i++) {
      const at = r * size + i
      const [value, target] = [f32[xs + at]!, f32[ts + at]!]
      sum[i % 4]! += term(value, target)
      if (dx !== 0) f32[slopes + at] = slope(value, target) / scale
    }
    f32[(loss >>> 2) + r] = f(f(sum[0]! + sum[1]!) + f(sum[2]! + sum[3]!)) / divisor
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
  eachRow(memory, x, targets, dx, loss, rows, size, divisor, crossEntropy)
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
  eachRow(memory, x, targets, dx, loss, rows, size, divisor, squares)
}
