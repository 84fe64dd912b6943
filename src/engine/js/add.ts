import type { Views } from './views.js'

/** y[i] += x[i], for `count` floats. */
export function add({ f32 }: Views, x: number, y: number, count: number): void {
  addSpan(f32, x >>> 2, y >>> 2, count)
}

/** `add` by index. */
export function addSpan(f32: Float32Array, x: number, y: number, count: number): void {
  for (let i = 0; i < count; i++) f32[y + i]! += f32[x + i]!
}
