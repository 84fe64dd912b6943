import { shareBegin, shareEnd } from './threads'

/** Products of elements. In all of them the result may be the same memory as an operand. */

/** z[i] = x[i] * y[i], or with `accumulate` z[i] += x[i] * y[i], for `count` floats. */
export function multiply(x: usize, y: usize, z: usize, count: i32, accumulate: i32): void {
  const begin = shareBegin(count, 16)
  const offset = (<usize>begin) << 2
  const size = shareEnd(count, 16) - begin
  x += offset
  y += offset
  z += offset
  if (!accumulate) {
    multiplySpan(x, y, z, size)
    return
  }
  const end = z + ((<usize>size) << 2)
  for (; z + 16 <= end; z += 16) {
    v128.store(z, f32x4.add(v128.load(z), f32x4.mul(v128.load(x), v128.load(y))))
    x += 16
    y += 16
  }
  for (; z < end; z += 4) {
    store<f32>(z, load<f32>(z) + load<f32>(x) * load<f32>(y))
    x += 4
    y += 4
  }
}

/** y[i] = x[i] * m[i], of the whole span, not of a thread's share of it. */
export function multiplySpan(x: usize, m: usize, y: usize, count: i32): void {
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

/** y[r, :] = x[r, :] * factors[r] for x, y [rows, size]; zeros where the factor is 0, whatever x is. */
export function scaleRows(x: usize, factors: usize, y: usize, rows: i32, size: i32): void {
  const bytes = (<usize>size) << 2
  const end = shareEnd(rows, 4)
  for (let r = shareBegin(rows, 4); r < end; r++) {
    scaleSpan(x + <usize>r * bytes, y + <usize>r * bytes, size, load<f32>(factors + ((<usize>r) << 2)))
  }
}

/** y[i] = x[i] * factor for `count` floats; zeros where the factor is 0, whatever x is. */
export function scale(x: usize, y: usize, count: i32, factor: f32): void {
  const begin = shareBegin(count, 16)
  const offset = (<usize>begin) << 2
  scaleSpan(x + offset, y + offset, shareEnd(count, 16) - begin, factor)
}

/** `scale` of the whole span. */
export function scaleSpan(x: usize, y: usize, count: i32, factor: f32): void {
  const bytes = (<usize>count) << 2
  if (factor == 0) {
    memory.fill(y, 0, bytes)
    return
  }
  const factors = f32x4.splat(factor)
  const end = x + bytes
  for (; x + 16 <= end; x += 16) {
    v128.store(y, f32x4.mul(v128.load(x), factors))
    y += 16
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(x) * factor)
    y += 4
  }
}
