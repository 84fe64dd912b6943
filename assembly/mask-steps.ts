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
    multiply(x + start, mask + offset, y + start, count)
  }
}

/** y[i] = x[i] * m[i] for `count` floats. */
export function multiply(x: usize, m: usize, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2)
  for (; x + 16 <= end; x += 16) {
    v128.store(y, f32x4.mul(v128.load(x), v128.load(m)))
    m += 16
    y += 16
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(x) * load<f32>(m))
    m += 4
    y += 4
  }
}
