/**
 * The micro-kernels of every matrix product here. JavaScript has no float32 arithmetic: V8 computes in float64 and
 * converts after each operation (four conversions a term, which is what bounds the speed), SpiderMonkey and
 * JavaScriptCore recognise `fround` of float32 operands and compute in float32. Both want sums in local variables and
 * operands in Float32Arrays: keeping the panels in float64 gains V8 a tenth, and costs JavaScriptCore half. Panels are
 * read in steps of one index; `| 0` spares the check that each sum of indices is a small integer.
 */

/** Rows of a tile of `kernel4x4`. */
export const MR = 4
/** Columns of a tile of `kernel4x4`. */
export const NR = 4
/** Columns of a tile of `kernel1x8`. */
export const NR_ROW = 8

/**
 * C[i, j] = sum over p, in increasing order, from +0 or with `resume` from C, of panel[p, i] B[p, j], for i and j in
 * 0 .. 3: panel [k, 4] from index `a`, B [k, 4] from `b` with rows bStep apart, C [4, 4] from `c` with rows cRow apart.
 */
export function kernel4x4(
  panel: Float32Array,
  a: number,
  B: Float32Array,
  b: number,
  bStep: number,
  C: Float32Array,
  c: number,
  cRow: number,
  k: number,
  resume: boolean,
): void {
  const f = Math.fround
  const row1 = c + cRow
  const row2 = row1 + cRow
  const row3 = row2 + cRow
  let c00 = 0
  let c01 = 0
  let c02 = 0
  let c03 = 0
  let c10 = 0
  let c11 = 0
  let c12 = 0
  let c13 = 0
  let c20 = 0
  let c21 = 0
  let c22 = 0
  let c23 = 0
  let c30 = 0
  let c31 = 0
  let c32 = 0
  let c33 = 0
  if (resume) {
    c00 = C[c]!
    c01 = C[c + 1]!
    c02 = C[c + 2]!
    c03 = C[c + 3]!
    c10 = C[row1]!
    c11 = C[row1 + 1]!
    c12 = C[row1 + 2]!
    c13 = C[row1 + 3]!
    c20 = C[row2]!
    c21 = C[row2 + 1]!
    c22 = C[row2 + 2]!
    c23 = C[row2 + 3]!
    c30 = C[row3]!
    c31 = C[row3 + 1]!
    c32 = C[row3 + 2]!
    c33 = C[row3 + 3]!
  }
  for (let p = 0; p < k; p++) {
    const b0 = B[b]!
    const b1 = B[(b + 1) | 0]!
    const b2 = B[(b + 2) | 0]!
    const b3 = B[(b + 3) | 0]!
    const a0 = panel[a]!
    c00 = f(c00 + f(a0 * b0))
    c01 = f(c01 + f(a0 * b1))
    c02 = f(c02 + f(a0 * b2))
    c03 = f(c03 + f(a0 * b3))
    const a1 = panel[(a + 1) | 0]!
    c10 = f(c10 + f(a1 * b0))
    c11 = f(c11 + f(a1 * b1))
    c12 = f(c12 + f(a1 * b2))
    c13 = f(c13 + f(a1 * b3))
    const a2 = panel[(a + 2) | 0]!
    c20 = f(c20 + f(a2 * b0))
    c21 = f(c21 + f(a2 * b1))
    c22 = f(c22 + f(a2 * b2))
    c23 = f(c23 + f(a2 * b3))
    const a3 = panel[(a + 3) | 0]!
    c30 = f(c30 + f(a3 * b0))
    c31 = f(c31 + f(a3 * b1))
    c32 = f(c32 + f(a3 * b2))
    c33 = f(c33 + f(a3 * b3))
    a = (a + MR) | 0
    b = (b + bStep) | 0
  }
  C[c] = c00
  C[c + 1] = c01
  C[c + 2] = c02
  C[c + 3] = c03
  C[row1] = c10
  C[row1 + 1] = c11
  C[row1 + 2] = c12
  C[row1 + 3] = c13
  C[row2] = c20
  C[row2 + 1] = c21
  C[row2 + 2] = c22
  C[row2 + 3] = c23
  C[row3] = c30
  C[row3 + 1] = c31
  C[row3 + 2] = c32
  C[row3 + 3] = c33
}

/**
 * C[j] = sum over t, in increasing order, from +0 or with `resume` from C, of values[t] B[positions[t], j], for j in
 * 0 .. 7 and t from `from` to before `end`: a row of a matrix of which only the listed terms count. B from index `b` with
 * rows bStep apart, C from `c`.
 */
export function kernel1x8(
  values: Float32Array,
  positions: Int32Array,
  from: number,
  end: number,
  B: Float32Array,
  b: number,
  bStep: number,
  C: Float32Array,
  c: number,
  resume: boolean,
): void {
  const f = Math.fround
  let c0 = 0
  let c1 = 0
  let c2 = 0
  let c3 = 0
  let c4 = 0
  let c5 = 0
  let c6 = 0
  let c7 = 0
  if (resume) {
    c0 = C[c]!
    c1 = C[c + 1]!
    c2 = C[c + 2]!
    c3 = C[c + 3]!
    c4 = C[c + 4]!
    c5 = C[c + 5]!
    c6 = C[c + 6]!
    c7 = C[c + 7]!
  }
  for (let t = from; t < end; t++) {
    const x = values[t]!
    const y = (b + Math.imul(positions[t]!, bStep)) | 0
    c0 = f(c0 + f(x * B[y]!))
    c1 = f(c1 + f(x * B[(y + 1) | 0]!))
    c2 = f(c2 + f(x * B[(y + 2) | 0]!))
    c3 = f(c3 + f(x * B[(y + 3) | 0]!))
    c4 = f(c4 + f(x * B[(y + 4) | 0]!))
    c5 = f(c5 + f(x * B[(y + 5) | 0]!))
    c6 = f(c6 + f(x * B[(y + 6) | 0]!))
    c7 = f(c7 + f(x * B[(y + 7) | 0]!))
  }
  C[c] = c0
  C[c + 1] = c1
  C[c + 2] = c2
  C[c + 3] = c3
  C[c + 4] = c4
  C[c + 5] = c5
  C[c + 6] = c6
  C[c + 7] = c7
}
