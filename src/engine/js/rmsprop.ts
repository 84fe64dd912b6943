import type { Views } from './views.js'

const { fround, sqrt } = Math

/** RMSProp; see assembly/rmsprop.ts. */
export function rmsprop(
  { f32 }: Views,
  parameter: number,
  gradient: number,
  square: number,
  count: number,
  rate: number,
  decay: number,
  complement: number,
  epsilon: number,
  inside: number,
): void {
  const pAt = parameter >>> 2
  const gAt = gradient >>> 2
  const vAt = square >>> 2
  const learningRate = f32[rate >>> 2]!
  for (let i = 0; i < count; i++) {
    const g = f32[gAt + i]!
    const v = fround(fround(decay * f32[vAt + i]!) + fround(complement * fround(g * g)))
    f32[vAt + i] = v
    const scale = inside ? fround(sqrt(fround(v + epsilon))) : fround(fround(sqrt(v)) + epsilon)
    f32[pAt + i] = f32[pAt + i]! - fround(fround(learningRate * g) / scale)
  }
}
