import { log } from './math.js'
import { divideRow, exponentials, rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround

/** Loss, gradient (unless `dlogits` is 0) and arg max of softmax cross-entropy; see assembly/cross-entropy.ts. */
export function softmaxCrossEntropy(
  memory: Views,
  logits: number,
  labels: number,
  dlogits: number,
  loss: number,
  predicted: number,
  rows: number,
  classes: number,
  smoothing: number,
): void {
  const { i32, f32 } = memory
  const share = f(smoothing / classes)
  for (let r = 0; r < rows; r++) {
    const x = (logits >>> 2) + r * classes
    const y = dlogits !== 0 ? (dlogits >>> 2) + r * classes : 0
    const label = labelAt(i32, (labels >>> 2) + r, classes)
    const maximum = rowMaximum(f32, x, classes)
    let labelled = f(f32[x + label]! - maximum)
    if (smoothing !== 0) {
      labelled = f(labelled + f(smoothing * f(meanDifference(f32, x, classes, maximum) - labelled)))
    }
    i32[(predicted >>> 2) + r] = firstEqual(f32, x, classes, maximum)
    const sum = exponentials(f32, x, y, classes, maximum)
    f32[(loss >>> 2) + r] = log(sum) - labelled
    if (y === 0) continue
    const gradient = f(f(f(f32[y + label]! / sum) - f(f(1 - smoothing) + share)) / f(rows))
    divideRow(f32, y, classes, sum, f(rows))
    if (smoothing !== 0) {
      const value = f(share / f(rows))
      for (let i = 0; i < classes; i++) f32[y + i] = f32[y + i]! - value
    }
    f32[y + label] = gradient
  }
}

/** The label at `at`; one that is none of the classes is taken for the last. */
export function labelAt(i32: Int32Array, at: number, classes: number): number {
  return Math.min(i32[at]! >>> 0, classes - 1)
}

/** The mean of x[i] - maximum. */
function meanDifference(f32: Float32Array, x: number, classes: number, maximum: number): number {
  const sum = new Float32Array(4)
  for (let i = 0; i < classes; i++) sum[i % 4]! += f(f32[x + i]! - maximum)
  return f(f(f(sum[0]! + sum[1]!) + f(sum[2]! + sum[3]!)) / classes)
}

/** The first i with x[i] = value, else 0. */
export function firstEqual(f32: Float32Array, x: number, classes: number, value: number): number {
  for (let i = 0; i < classes; i++) if (f32[x + i] === value) return i
  return 0
}

/** Adds a batch to running totals; see assembly/cross-entropy.ts. */
export function tally(
  memory: Views,
  loss: number,
  predicted: number,
  labels: number,
  totals: number,
  confusion: number,
  rows: number,
  classes: number,
): void {
  const { i32, f32, f64 } = memory
  let sum = 0
  let hits = 0
  for (let r = 0; r < rows; r++) {
    const label = labelAt(i32, (labels >>> 2) + r, classes)
    const guess = labelAt(i32, (predicted >>> 2) + r, classes)
    sum += f32[(loss >>> 2) + r]!
    if (label === guess) hits++
    i32[(confusion >>> 2) + label * classes + guess]! += 1
  }
  const total = totals >>> 3
  f64[total]! += sum
  f64[total + 1]! += hits
  f64[total + 2]! += rows
  f64[total + 3] = sum / rows
}
