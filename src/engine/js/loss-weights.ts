import type { Views } from './views.js'

const f = Math.fround

/** What each row counts in a batch's loss, and the batch's divisor; see assembly/loss-weights.ts. */
export function lossWeights(
  memory: Views,
  labels: number,
  weights: number,
  mask: number,
  classWeights: number,
  w: number,
  divisor: number,
  rows: number,
  classes: number,
  ignored: number,
  steps: number,
  scale: number,
  summed: number,
): void {
  const { f32 } = memory
  const samples = steps ? rows / steps : rows
  const to = w >>> 2
  let total = 0
  for (let b = 0; b < samples; b++) {
    let sum = 0
    for (let r = b; r < rows; r += samples) {
      f32[to + r] = weightOf(memory, r, labels, weights, mask, classWeights, classes, ignored)
      sum += f32[to + r]!
    }
    total += steps ? Number(sum !== 0) : sum
    if (!steps || sum === 0) continue
    for (let r = b; r < rows; r += samples) f32[to + r] = f32[to + r]! / f(sum)
  }
  f32[divisor >>> 2] = summed ? scale * total : scale
}

function weightOf(
  { f32, i32 }: Views,
  r: number,
  labels: number,
  weights: number,
  mask: number,
  classWeights: number,
  classes: number,
  ignored: number,
): number {
  const label = labels === 0 ? 0 : i32[(labels >>> 2) + r]!
  if (labels !== 0 && label === ignored) return 0
  let value = weights === 0 ? 1 : f32[(weights >>> 2) + r]!
  if (mask !== 0) value = f(value * f32[(mask >>> 2) + r]!)
  if (classWeights === 0) return value
  return label >= 0 && label < classes ? f(value * f32[(classWeights >>> 2) + label]!) : NaN
}

/** Adds a batch of weighted losses to running totals; see assembly/loss-weights.ts. */
export function tallyWeighted(
  memory: Views,
  loss: number,
  weights: number,
  divisor: number,
  predicted: number,
  labels: number,
  totals: number,
  confusion: number,
  rows: number,
  classes: number,
): void {
  const { i32, u32, f32, f64 } = memory
  let sum = 0
  let hits = 0
  let counted = 0
  for (let r = 0; r < rows; r++) {
    if (f32[(weights >>> 2) + r] === 0) continue
    counted++
    sum += f32[(loss >>> 2) + r]!
    if (labels === 0) continue
    const label = u32[(labels >>> 2) + r]!
    const guess = u32[(predicted >>> 2) + r]!
    if (label === guess) hits++
    if (confusion === 0 || label >= classes || guess >= classes) continue
    i32[(confusion >>> 2) + label * classes + guess]! += 1
  }
  const share = f32[divisor >>> 2]!
  const total = totals >>> 3
  f64[total]! += sum
  f64[total + 1]! += hits
  f64[total + 2]! += share
  f64[total + 3] = share === 0 ? 0 : sum / share
  f64[total + 4]! += counted
}
