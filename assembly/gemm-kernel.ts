/**
 * The micro-kernels: the two innermost of a GEMM's five loops. Each computes one tile of C in registers, adding its
 * terms in increasing k, and starts from C where `resume` is set or from zeros.
 */
import { multiplyAdd } from './lanes'

/** Rows of A in a row panel. */
export const MR: i32 = 4
/** Columns of B in a column panel. */
export const NR: i32 = 8

/**
 * C[4, 8] from A[4, k] and B[k, 8], in bytes: A's rows are `aRow` apart and its columns `aStep`, so that A can be read
 * as it lies, transposed or packed; B's rows are `bStep` apart and C's `cRow`.
 *
 * Eight sums hide the latency of an addition, and with two vectors of B and the four splats of A just fit the sixteen
 * registers of x64. A step needs 16 arithmetic instructions, so that on two vector units the other 13 are free:
 * unrolling and single pointers measured no faster, and unrolled steps in one basic block spill, since V8 hoists loads.
 */
export function kernel4x8(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  k: i32,
  resume: bool,
): void {
  let a1 = a + aRow
  let a2 = a1 + aRow
  let a3 = a2 + aRow
  const c1 = c + cRow
  const c2 = c1 + cRow
  const c3 = c2 + cRow
  let s00 = f32x4.splat(0)
  let s01 = s00
  let s10 = s00
  let s11 = s00
  let s20 = s00
  let s21 = s00
  let s30 = s00
  let s31 = s00
  if (resume) {
    s00 = v128.load(c)
    s01 = v128.load(c, 16)
    s10 = v128.load(c1)
    s11 = v128.load(c1, 16)
    s20 = v128.load(c2)
    s21 = v128.load(c2, 16)
    s30 = v128.load(c3)
    s31 = v128.load(c3, 16)
  }
  do {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const x0 = v128.load32_splat(a)
    s00 = multiplyAdd(x0, b0, s00)
    s01 = multiplyAdd(x0, b1, s01)
    const x1 = v128.load32_splat(a1)
    s10 = multiplyAdd(x1, b0, s10)
    s11 = multiplyAdd(x1, b1, s11)
    const x2 = v128.load32_splat(a2)
    s20 = multiplyAdd(x2, b0, s20)
    s21 = multiplyAdd(x2, b1, s21)
    const x3 = v128.load32_splat(a3)
    s30 = multiplyAdd(x3, b0, s30)
    s31 = multiplyAdd(x3, b1, s31)
    a += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    b += bStep
  } while (--k)
  v128.store(c, s00)
  v128.store(c, s01, 16)
  v128.store(c1, s10)
  v128.store(c1, s11, 16)
  v128.store(c2, s20)
  v128.store(c2, s21, 16)
  v128.store(c3, s30)
  v128.store(c3, s31, 16)
}

/** C[4, 4] from A[4, k] and B[k, 4]: for the last columns, where half of a 4 x 8 tile would be padding. */
export function kernel4x4(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  k: i32,
  resume: bool,
): void {
  let a1 = a + aRow
  let a2 = a1 + aRow
  let a3 = a2 + aRow
  const c1 = c + cRow
  const c2 = c1 + cRow
  const c3 = c2 + cRow
  let s0 = f32x4.splat(0)
  let s1 = s0
  let s2 = s0
  let s3 = s0
  if (resume) {
    s0 = v128.load(c)
    s1 = v128.load(c1)
    s2 = v128.load(c2)
    s3 = v128.load(c3)
  }
  do {
    const b0 = v128.load(b)
    s0 = multiplyAdd(v128.load32_splat(a), b0, s0)
    s1 = multiplyAdd(v128.load32_splat(a1), b0, s1)
    s2 = multiplyAdd(v128.load32_splat(a2), b0, s2)
    s3 = multiplyAdd(v128.load32_splat(a3), b0, s3)
    a += aStep
    a1 += aStep
    a2 += aStep
    a3 += aStep
    b += bStep
  } while (--k)
  v128.store(c, s0)
  v128.store(c1, s1)
  v128.store(c2, s2)
  v128.store(c3, s3)
}
