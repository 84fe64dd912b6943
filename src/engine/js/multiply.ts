import type { Views } from './views.js'

const f = Math.fround

/** z[i] = x[i] * y[i], or with `accumulate` z[i] += x[i] * y[i]; see assembly/multiply.ts. */
export function multiply(
  { f32 }: Views,
  x: number,
  y: number,
  z: number,
  count: number,
  accumulate: number,
): void {
  const [xs, ys, zs] = [x >>> 2, y >>> 2, z >>> 2]
  if (!accumulate) multiplySpan(f32, xs, ys, zs, count)
  else for (let i = 0; i < count; i++) f32[zs + i] = f32[zs + i]! + f(f32[xs + i]! * f32[ys + i]!)
}

/** `multiply` by index. */
export function multiplySpan(f32: Float32Array, x: number, m: number, y: number, count: number): void {
  for (let i = 0; i < count; i++) f32[y + i] = f32[x + i]! * f32[m + i]!
}

/** y[r, :] = x[r, :] * factors[r]; zeros where the factor is 0, whatever x is. */
export function scaleRows(
  { f32 }: Views,
  x: number,
  factors: number,
  y: number,
  rows: number,
  size: number,
): void {
  for (let r = 0; r < rows; r++) {
    scaleSpan(f32, (x >>> 2) + r * size, (y >>> 2) + r * size, size, f32[(factors >>> 2) + r]!)
  }
}

/** y[i] = x[i] * factor; zeros where the factor is 0, whatever x is. */
export function scale({ f32 }: Views, x: number, y: number, count: number, factor: number): void {
  scaleSpan(f32, x >>> 2, y >>> 2, count, factor)
}

/** `scale` by index. */
export function scaleSpan(f32: Float32Array, x: number, y: number, count: number, factor: number): void {
  if (factor === 0) f32.fill(0, y, y + count)
  else for (let i = 0; i < count; i++) f32[y + i] = f32[x + i]! * factor
}
