import { multiplySpan } from './multiply'
import { shareBegin, shareEnd } from './threads'

/**
 * y[t, i] = x[t, i] * mask[i] for x, y [steps, size] and mask [size]: dropout with one mask for all steps (Gal and
 * Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks"). x and y may be the
 * same memory; its gradient is the same product.
 */
export function maskSteps(x: usize, mask: usize, y: usize, steps: i32, size: i32): void {
  const begin = shareBegin(size, 16)
  const count = shareEnd(size, 16) - begin
  const row = (<usize>size) << 2
  const offset = (<usize>begin) << 2
  for (let t = 0; t < steps; t++) {
    const start = <usize>t * row + offset
    multiplySpan(x + start, mask + offset, y + start, count)
  }
}
