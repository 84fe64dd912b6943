import type { Views } from './views.js'

const { fround, sqrt } = Math

/** Adagrad; see assembly/adagrad.ts. */
export function adagrad(
  { f32 }: Views,
  parameter: number,
  gradient: number,
  square: number,
  count: number,
  rate: number,
  start: number,
  epsilon: number,
): void {
  const pAt = parameter >>> 2
  const gAt = gradient >>> 2
  const vAt = square >>> 2
  const learningRate = f32[rate >>> 2]!
  for (let i = 0; i < count; i++) {
    const g = f32[gAt + i]!
    const v = fround(f32[vAt + i]! + fround(g * g))
    f32[vAt + i] = v
    const scale = fround(fround(sqrt(fround(start + v))) + epsilon)
    f32[pAt + i] = f32[pAt + i]! - fround(fround(learningRate * g) / scale)
  }
}
