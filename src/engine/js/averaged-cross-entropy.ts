import { addSpan } from './add.js'
import { firstEqual, labelAt } from './cross-entropy.js'
import { exp, log } from './math.js'
import { isPadding } from './recurrent.js'
import { exponentials, rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround

/** The mean over the steps, or with `valid` over the steps that are; see assembly/averaged-cross-entropy.ts. */
export function averageSteps(
  { f32 }: Views,
  x: number,
  y: number,
  valid: number,
  steps: number,
  rows: number,
  size: number,
): void {
  if (valid !== 0) {
    averageValidSteps(f32, x >>> 2, y >>> 2, valid >>> 2, steps, rows, size / rows)
    return
  }
  for (let i = 0; i < size; i++) {
    let sum = f32[(x >>> 2) + i]!
    for (let t = 1; t < steps; t++) sum = f(sum + f32[(x >>> 2) + t * size + i]!)
    f32[(y >>> 2) + i] = sum / steps
  }
}

function averageValidSteps(
  f32: Float32Array,
  x: number,
  y: number,
  valid: number,
  steps: number,
  rows: number,
  width: number,
): void {
  for (let r = 0; r < rows; r++) {
    const to = y + r * width
    let count = 0
    f32.fill(0, to, to + width)
    for (let t = 0; t < steps; t++) {
      if (f32[valid + t * rows + r] === 0) continue
      addSpan(f32, x + (t * rows + r) * width, to, width)
      count++
    }
    if (count > 0) for (let i = to; i < to + width; i++) f32[i] = f32[i]! / count
  }
}

/** Loss, arg max and gradient (unless `p` is 0) of a softmax averaged over the steps; see the twin in assembly/. */
export function averagedCrossEntropy(
  memory: Views,
  logits: number,
  average: number,
  labels: number,
  valid: number,
  weights: number,
  divisor: number,
  p: number,
  logs: number,
  loss: number,
  predicted: number,
  steps: number,
  rows: number,
  classes: number,
): void {
  const { f32, i32 } = memory
  const share = weights !== 0 ? f32[divisor >>> 2]! : rows
  for (let r = 0; r < rows; r++) {
    const rowWeight = weights !== 0 ? f32[(weights >>> 2) + r]! : 1
    const label = labelAt(i32, (labels >>> 2) + r, classes)
    const scores = (average >>> 2) + r * classes
    i32[(predicted >>> 2) + r] = firstEqual(f32, scores, classes, rowMaximum(f32, scores, classes))

    const row = (t: number) => (p >>> 2) + (t * rows + r) * classes
    if (rowWeight === 0) {
      f32[(loss >>> 2) + r] = 0
      if (p !== 0) for (let t = 0; t < steps; t++) f32.fill(0, row(t), row(t) + classes)
      continue
    }
    let largest = -Infinity
    let count = 0
    for (let t = 0; t < steps; t++) {
      if (isPadding(memory, valid, r, t, rows)) continue
      count++
      const x = (logits >>> 2) + (t * rows + r) * classes
      const maximum = rowMaximum(f32, x, classes)
      const value = f(f(f32[x + label]! - maximum) - log(exponentials(f32, x, 0, classes, maximum)))
      f32[(logs >>> 2) + t * rows + r] = value
      if (value > largest) largest = value
    }
    let sum = 0
    for (let t = 0; t < steps; t++) {
      if (isPadding(memory, valid, r, t, rows)) continue
      const at = (logs >>> 2) + t * rows + r
      f32[at] = exp(f(f32[at]! - largest))
      sum = f(sum + f32[at]!)
    }
    f32[(loss >>> 2) + r] = f(f(f(log(f(count)) - largest) - log(sum)) * rowWeight)
    if (p === 0) continue
    for (let t = 0; t < steps; t++) {
      const d = row(t)
      if (isPadding(memory, valid, r, t, rows)) {
        f32.fill(0, d, d + classes)
        continue
      }
      const weight = f(f(f(f32[(logs >>> 2) + t * rows + r]! / sum) / share) * rowWeight)
      const labelled = f(f(f32[d + label]! - 1) * weight)
      for (let i = d; i < d + classes; i++) f32[i] = f32[i]! * weight
      f32[d + label] = labelled
    }
  }
}
