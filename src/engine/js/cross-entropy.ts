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
): void {
  const { i32, f32 } = memory
  for (let r = 0; r < rows; r++) {
    const x = (logits >>> 2) + r * classes
    const y = dlogits !== 0 ? (dlogits >>> 2) + r * classes : 0
    const label = i32[(labels >>> 2) + r]!
    const maximum = rowMaximum(f32, x, classes)
    const labelled = f(f32[x + label]! - maximum)
    i32[(predicted >>> 2) + r] = firstEqual(f32, x, classes, maximum)
    const sum = exponentials(f32, x, y, classes, maximum)
    f32[(loss >>> 2) + r] = log(sum) - labelled
    if (y === 0) continue
    const gradient = f(f(f(f32[y + label]! / sum) - 1) / f(rows))
    divideRow(f32, y, classes, sum, f(rows))
    f32[y + label] = gradient
  }
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
    const label = i32[(labels >>> 2) + r]!
    const guess = i32[(predicted >>> 2) + r]!
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
