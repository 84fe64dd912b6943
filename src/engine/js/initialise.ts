import { normal } from './random.js'
import type { Views } from './views.js'

const f = Math.fround

/** x [rows, columns] = `value` on the main diagonal, else 0. */
export function identity(memory: Views, x: number, rows: number, columns: number, value: number): void {
  const { f32 } = memory
  x >>>= 2
  f32.fill(0, x, x + rows * columns)
  for (let r = 0; r < Math.min(rows, columns); r++) f32[x + r * columns + r] = value
}

/** x [rows, columns] = gain Q, Q orthonormal from normal draws by modified Gram-Schmidt; see assembly/initialise.ts. */
export function orthogonal(
  memory: Views,
  x: number,
  rows: number,
  columns: number,
  gain: number,
  seed: number,
  stream: number,
  work: number,
): void {
  const { f32 } = memory
  const vectors = Math.min(rows, columns)
  const size = Math.max(rows, columns)
  normal(memory, work, rows * columns, 0, 1, seed, stream)
  const first = work >>> 2
  const end = first + vectors * size
  for (let v = first; v < end; v += size) {
    for (let pass = 0; pass < 2; pass++) {
      for (let u = first; u < v; u += size) subtractScaled(f32, v, u, dot(f32, v, u, size), size)
    }
    divide(f32, v, f(Math.sqrt(dot(f32, v, v, size))), size)
  }
  const strideR = rows < columns ? size : 1
  const strideC = rows < columns ? 1 : columns
  for (let r = 0; r < vectors; r++) {
    const v = first + r * size
    const to = (x >>> 2) + r * strideR
    for (let c = 0; c < size; c++) f32[to + c * strideC] = gain * f32[v + c]!
  }
}

/** sum of a[i] b[i] in four partial sums, element i in partial i mod 4. */
function dot(f32: Float32Array, a: number, b: number, size: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = 0
  for (; i + 4 <= size; i += 4) {
    s0 = f(s0 + f(f32[a + i]! * f32[b + i]!))
    s1 = f(s1 + f(f32[a + i + 1]! * f32[b + i + 1]!))
    s2 = f(s2 + f(f32[a + i + 2]! * f32[b + i + 2]!))
    s3 = f(s3 + f(f32[a + i + 3]! * f32[b + i + 3]!))
  }
  if (i < size) s0 = f(s0 + f(f32[a + i]! * f32[b + i]!))
  if (i + 1 < size) s1 = f(s1 + f(f32[a + i + 1]! * f32[b + i + 1]!))
  if (i + 2 < size) s2 = f(s2 + f(f32[a + i + 2]! * f32[b + i + 2]!))
  return f(f(s0 + s1) + f(s2 + s3))
}

/** v[i] -= factor u[i] */
function subtractScaled(f32: Float32Array, v: number, u: number, factor: number, size: number): void {
  for (let i = 0; i < size; i++) f32[v + i] = f32[v + i]! - f(factor * f32[u + i]!)
}

/** v[i] /= divisor */
function divide(f32: Float32Array, v: number, divisor: number, size: number): void {
  for (let i = 0; i < size; i++) f32[v + i] = f32[v + i]! / divisor
}
