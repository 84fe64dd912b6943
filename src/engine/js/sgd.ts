import type { Views } from './views.js'

const { fround } = Math

/** Stochastic gradient descent; see assembly/sgd.ts. */
export function sgd(
  { f32 }: Views,
  parameter: number,
  gradient: number,
  velocity: number,
  count: number,
  rate: number,
  momentum: number,
  weightDecay: number,
  nesterov: number,
): void {
  const p = parameter >>> 2
  const g = gradient >>> 2
  const v = velocity >>> 2
  const learningRate = f32[rate >>> 2]!
  if (velocity === 0 && weightDecay === 0) {
    for (let i = 0; i < count; i++) f32[p + i] = f32[p + i]! - fround(learningRate * f32[g + i]!)
    return
  }
  for (let i = 0; i < count; i++) {
    let step = f32[g + i]!
    if (weightDecay !== 0) step = fround(step + fround(weightDecay * f32[p + i]!))
    if (velocity !== 0) {
      const next = fround(fround(momentum * f32[v + i]!) + step)
      f32[v + i] = next
      step = nesterov ? fround(step + fround(momentum * next)) : next
    }
    f32[p + i] = f32[p + i]! - fround(learningRate * step)
  }
}
