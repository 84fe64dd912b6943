import type { Views } from './views.js'

/**
 * y[i * yOuter + j * yInner + k] = x[i * xOuter + j * xInner + k] for i < outer, j < inner, k < size, strides in
 * elements.
 */
export function copyBlocks(
  { f32 }: Views,
  x: number,
  y: number,
  outer: number,
  inner: number,
  size: number,
  xOuter: number,
  xInner: number,
  yOuter: number,
  yInner: number,
): void {
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const from = (x >>> 2) + i * xOuter + j * xInner
      f32.copyWithin((y >>> 2) + i * yOuter + j * yInner, from, from + size)
    }
  }
}
