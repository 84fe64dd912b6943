import { firstEqual } from './cross-entropy.js'
import { log } from './math.js'
import { scaleSpan } from './multiply.js'
import { exponentials, rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround

/** Softmax cross-entropy with weights, classes' weights and soft targets; see assembly/weighted-cross-entropy.ts. */
export function weightedCrossEntropy(
  { f32, i32 }: Views,
  logits: number,
  labels: number,
  targets: number,
  classWeights: number,
  weights: number,
  divisor: number,
  dlogits: number,
  loss: number,
  predicted: number,
  rows: number,
  classes: number,
  smoothing: number,
): void {
  const isPlain = targets === 0 && classWeights === 0 && smoothing === 0
  const wholes = new Float32Array(4)
  const parts = new Float32Array(4)
  for (let r = 0; r < rows; r++) {
    const x = (logits >>> 2) + r * classes
    const y = dlogits === 0 ? 0 : (dlogits >>> 2) + r * classes
    const maximum = rowMaximum(f32, x, classes)
    i32[(predicted >>> 2) + r] = firstEqual(f32, x, classes, maximum)
    let weight = f32[(weights >>> 2) + r]!
    if (weight === 0) {
      f32[(loss >>> 2) + r] = 0
      if (y !== 0) f32.fill(0, y, y + classes)
      continue
    }
    let label = targets === 0 ? i32[(labels >>> 2) + r]! : 0
    if (label < 0 || label >= classes) {
      label = 0
      weight = NaN
    }
    const target = (i: number): number => {
      const q =
        targets !== 0
          ? f32[(targets >>> 2) + r * classes + i]!
          : f((i === label ? f(1 - smoothing) : 0) + f(smoothing / classes))
      return classWeights === 0 ? q : f(q * f32[(classWeights >>> 2) + i]!)
    }
    let whole = 1
    let part = f(f32[x + label]! - maximum)
    if (!isPlain) {
      wholes.fill(0)
      parts.fill(0)
      for (let i = 0; i < classes; i++) {
        wholes[i % 4]! += target(i)
        parts[i % 4]! += f(target(i) * f(f32[x + i]! - maximum))
      }
      whole = f(f(wholes[0]! + wholes[1]!) + f(wholes[2]! + wholes[3]!))
      part = f(f(parts[0]! + parts[1]!) + f(parts[2]! + parts[3]!))
    }
    const sum = exponentials(f32, x, y, classes, maximum)
    f32[(loss >>> 2) + r] = weight * f(f(whole * log(sum)) - part)
    if (y === 0) continue
    const rate = f(weight / f32[divisor >>> 2]!)
    scaleSpan(f32, y, y, classes, f(f(rate * whole) / sum))
    if (isPlain) f32[y + label] = f32[y + label]! - rate
    else for (let i = 0; i < classes; i++) f32[y + i] = f32[y + i]! - f(rate * target(i))
  }
}
