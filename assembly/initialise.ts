import { loadTail, storeTail, sumLanes } from './lanes'
import { normalSpan } from './random'
import { isFirstThread, shareBegin, shareEnd } from './threads'

/** x [rows, columns] = `value` on the main diagonal, else 0. */
export function identity(x: usize, rows: i32, columns: i32, value: f32): void {
  const begin = shareBegin(rows, 1)
  const end = shareEnd(rows, 1)
  const rowBytes = (<usize>columns) << 2
  memory.fill(x + <usize>begin * rowBytes, 0, <usize>(end - begin) * rowBytes)
  for (let r = begin; r < min(end, columns); r++)
    store<f32>(x + <usize>r * rowBytes + ((<usize>r) << 2), value)
}

/**
 * x [rows, columns] = gain Q, with Q uniform among the matrices of orthonormal columns (rows >= columns) or orthonormal
 * rows (Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
 * networks", 2013).
 *
 * The min(rows, columns) vectors of max(rows, columns) normal draws are the rows of `work`. Modified Gram-Schmidt makes
 * them orthonormal in order, each against all before it and twice, since one pass loses orthogonality in float32
 * (Giraud, Langou and Rozloznik, "On the loss of orthogonality in the Gram-Schmidt orthogonalization process", 2005). It
 * yields the QR factorisation whose R has a positive diagonal, so no signs remain to be fixed.
 */
export function orthogonal(
  x: usize,
  rows: i32,
  columns: i32,
  gain: f32,
  seed: i32,
  stream: i32,
  work: usize,
): void {
  if (!isFirstThread()) return
  const vectors = min(rows, columns)
  const size = max(rows, columns)
  const vectorBytes = (<usize>size) << 2
  normalSpan(work, 0, rows * columns, 0, 1, seed, stream)
  const end = work + <usize>vectors * vectorBytes
  for (let v = work; v < end; v += vectorBytes) {
    for (let pass = 0; pass < 2; pass++) {
      for (let u = work; u < v; u += vectorBytes) subtractScaled(v, u, dot(v, u, size), size)
    }
    divide(v, sqrt<f32>(dot(v, v, size)), size)
  }
  // Element c of vector r is x[r, c], or x[c, r] where the vectors are columns.
  const strideR: usize = rows < columns ? vectorBytes : 4
  const strideC: usize = rows < columns ? 4 : (<usize>columns) << 2
  for (let r = 0; r < vectors; r++) {
    const v = work + <usize>r * vectorBytes
    const to = x + <usize>r * strideR
    for (let c = 0; c < size; c++)
      store<f32>(to + <usize>c * strideC, gain * load<f32>(v + ((<usize>c) << 2)))
  }
}

/** sum of a[i] b[i] in four partial sums, element i in partial i mod 4. */
function dot(a: usize, b: usize, size: i32): f32 {
  let sum = f32x4.splat(0)
  const end = a + ((<usize>(size & ~3)) << 2)
  for (; a < end; a += 16, b += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)))
  const rest = size & 3
  if (rest > 0) {
    const zero = f32x4.splat(0)
    sum = f32x4.add(sum, f32x4.mul(loadTail(a, rest, zero), loadTail(b, rest, zero)))
  }
  return sumLanes(sum)
}

/** v[i] -= factor u[i] */
function subtractScaled(v: usize, u: usize, factor: f32, size: i32): void {
  const factors = f32x4.splat(factor)
  const end = v + ((<usize>(size & ~3)) << 2)
  for (; v < end; v += 16, u += 16) v128.store(v, f32x4.sub(v128.load(v), f32x4.mul(factors, v128.load(u))))
  const rest = size & 3
  if (rest > 0) {
    storeTail(v, rest, f32x4.sub(loadTail(v, rest, factors), f32x4.mul(factors, loadTail(u, rest, factors))))
  }
}

/** v[i] /= divisor */
function divide(v: usize, divisor: f32, size: i32): void {
  for (let i = 0; i < size; i++) store<f32>(v + ((<usize>i) << 2), load<f32>(v + ((<usize>i) << 2)) / divisor)
}
