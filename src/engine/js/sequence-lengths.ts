import type { Views } from './views.js'

/**
 * lengths[b] = 1 + the last step t at which the features x[t, b, :] are not all `value`, or 0 where there is none: x
 * [steps, batch, features], lengths int32 [batch].
 */
export function sequenceLengths(
  { f32, i32 }: Views,
  x: number,
  lengths: number,
  steps: number,
  batch: number,
  features: number,
  value: number,
): void {
  for (let b = 0; b < batch; b++) {
    let length = steps
    const isFilled = (t: number) => {
      const row = (x >>> 2) + (t * batch + b) * features
      for (let j = row; j < row + features; j++) if (f32[j] !== value) return false
      return true
    }
    while (length > 0 && isFilled(length - 1)) length--
    i32[(lengths >>> 2) + b] = length
  }
}
