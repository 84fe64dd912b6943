import { firstEqual, labelAt } from './cross-entropy.js'
import { exp, log } from './math.js'
import { exponentials, rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround

/** y[i] = (x[0, i] + x[1, i] + ...) / steps for x [steps, size], added in increasing step. */
export function averageSteps({ f32 }: Views, x: number, y: number, steps: number, size: number): void {
  for (let i = 0; i < size; i++) {
    let sum = f32[(x >>> 2) + i]!
    for (let t = 1; t < steps; t++) sum = f(sum + f32[(x >>> 2) + t * size + i]!)
    f32[(y >>> 2) + i] = sum / steps
  }
}

/** Loss, arg max and gradient (unless `p` is 0) of a softmax averaged over the steps; see the twin in assembly/. */
export function averagedCrossEntropy(
  { f32, i32 }: Views,
  logits: number,
  average: number,
  labels: number,
  p: number,
  logs: number,
  loss: number,
  predicted: number,
  steps: number,
  rows: number,
  classes: number,
): void {
  for (let r = 0; r < rows; r++) {
    const label = labelAt(i32, (labels >>> 2) + r, classes)
    const scores = (average >>> 2) + r * classes
    i32[(predicted >>> 2) + r] = firstEqual(f32, scores, classes, rowMaximum(f32, scores, classes))

    let largest = -Infinity
    for (let t = 0; t < steps; t++) {
      const x = (logits >>> 2) + (t * rows + r) * classes
      const maximum = rowMaximum(f32, x, classes)
      const value = f(f(f32[x + label]! - maximum) - log(exponentials(f32, x, 0, classes, maximum)))
      f32[(logs >>> 2) + t * rows + r] = value
      if (value > largest) largest = value
    }
    let sum = 0
    for (let t = 0; t < steps; t++) {
      const at = (logs >>> 2) + t * rows + r
      f32[at] = exp(f(f32[at]! - largest))
      sum = f(sum + f32[at]!)
    }
    f32[(loss >>> 2) + r] = f(log(f(steps)) - largest) - log(sum)
    if (p === 0) continue
    for (let t = 0; t < steps; t++) {
      const weight = f(f(f32[(logs >>> 2) + t * rows + r]! / sum) / rows)
      const d = (p >>> 2) + (t * rows + r) * classes
      const labelled = f(f(f32[d + label]! - 1) * weight)
      for (let i = d; i < d + classes; i++) f32[i] = f32[i]! * weight
      f32[d + label] = labelled
    }
  }
}
