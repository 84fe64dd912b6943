import type { Views } from './views.js'

const { fround, sqrt } = Math

/** Adam, AdamW and AMSGrad; see assembly/adam.ts. */
export function adam(
  { f32 }: Views,
  parameter: number,
  gradient: number,
  mean: number,
  square: number,
  largest: number,
  count: number,
  scalars: number,
  beta1: number,
  complement1: number,
  beta2: number,
  complement2: number,
  epsilon: number,
  weightDecay: number,
  decoupled: number,
): void {
  const pAt = parameter >>> 2
  const gAt = gradient >>> 2
  const mAt = mean >>> 2
  const vAt = square >>> 2
  const wAt = largest >>> 2
  const rate = f32[scalars >>> 2]!
  const correction = f32[(scalars >>> 2) + 1]!
  const decay = f32[(scalars >>> 2) + 2]!
  for (let i = 0; i < count; i++) {
    let p = f32[pAt + i]!
    let g = f32[gAt + i]!
    if (decoupled) p = fround(p - fround(decay * p))
    else if (weightDecay !== 0) g = fround(g + fround(weightDecay * p))
    const m = fround(fround(beta1 * f32[mAt + i]!) + fround(complement1 * g))
    const v = fround(fround(beta2 * f32[vAt + i]!) + fround(complement2 * fround(g * g)))
    f32[mAt + i] = m
    f32[vAt + i] = v
    let w = v
    if (largest !== 0) {
      w = Math.max(v, f32[wAt + i]!)
      f32[wAt + i] = w
    }
    const scale = fround(fround(fround(sqrt(w)) * correction) + epsilon)
    f32[pAt + i] = p - fround(fround(rate * m) / scale)
  }
}
