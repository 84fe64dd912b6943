import { multiplySpan } from './multiply.js'
import type { Views } from './views.js'

/** y[t, i] = x[t, i] * mask[i] for x, y [steps, size] and mask [size]; x and y may be the same memory. */
export function maskSteps(
  { f32 }: Views,
  x: number,
  mask: number,
  y: number,
  steps: number,
  size: number,
): void {
  for (let t = 0; t < steps; t++) {
    multiplySpan(f32, (x >>> 2) + t * size, mask >>> 2, (y >>> 2) + t * size, size)
  }
}
