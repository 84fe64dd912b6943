import type { Views } from './views.js'

/** mask[t, b] = 0 where x[t, b, :] are all `value`, with `trailing` only at the end; see assembly/step-mask.ts. */
export function stepMask(
  { f32 }: Views,
  x: number,
  mask: number,
  steps: number,
  batch: number,
  features: number,
  value: number,
  trailing: number,
): void {
  for (let b = 0; b < batch; b++) {
    let isInside = false
    for (let t = steps - 1; t >= 0; t--) {
      const at = t * batch + b
      isInside = (isInside && trailing !== 0) || !isFilled(f32, (x >>> 2) + at * features, features, value)
      f32[(mask >>> 2) + at] = isInside ? 1 : 0
    }
  }
}

function isFilled(f32: Float32Array, x: number, count: number, value: number): boolean {
  for (let i = x; i < x + count; i++) if (f32[i] !== value) return false
  return true
}

/** begun[t, b] = 1 from the first valid step of sample b on, in reverse from the last; see assembly/step-mask.ts. */
export function begunMask(
  { f32 }: Views,
  mask: number,
  begun: number,
  steps: number,
  batch: number,
  reverse: number,
): void {
  for (let b = 0; b < batch; b++) {
    let has = 0
    for (let i = 0; i < steps; i++) {
      const at = (reverse ? steps - 1 - i : i) * batch + b
      if (f32[(mask >>> 2) + at] !== 0) has = 1
      f32[(begun >>> 2) + at] = has
    }
  }
}
