import { Activation, GemmFlag } from '../../../assembly/opcodes.js'
import { activate } from './activation.js'
import type { Views } from './views.js'

/** With fewer columns, listing A's nonzeros costs more than skipping its zeros saves. */
const SKIPPED_COLUMNS = 32

/** True where at least a third of the rows x columns floats at index `a`, rows `lda` apart, are zeros of either sign. */
function enoughZeros(f32: Float32Array, a: number, lda: number, rows: number, columns: number): boolean {
  let zeros = 0
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) if (f32[a + i * lda + j] === 0) zeros++
  }
  return zeros * 3 >= rows * columns
}

/**
 * C = activation(op(A) op(B) + bias), or with GemmFlag.Accumulate C += op(A) op(B). op(A) [m, k], op(B) [k, n], C [m, n],
 * bias [n]; lda, ldb and ldc in elements. Every C[i, j] adds its terms in increasing k, from +0 or from C: this is the
 * definition that the core's blocked product must meet bit by bit.
 */
export function gemm(
  memory: Views,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  c: number,
  ldc: number,
  m: number,
  n: number,
  k: number,
  flags: number,
  bias: number,
  activation: number,
  slope: number,
): void {
  const { f32 } = memory
  const transposeA = (flags & GemmFlag.TransposeA) !== 0
  const transposeB = (flags & GemmFlag.TransposeB) !== 0
  const accumulate = (flags & GemmFlag.Accumulate) !== 0
  const aRow = transposeA ? 1 : lda
  const aStep = transposeA ? lda : 1
  const bStep = transposeB ? 1 : ldb
  const bColumn = transposeB ? ldb : 1
  const A = a >>> 2
  const B = b >>> 2
  // While B is finite this changes no bit; where it is not, all engines must decide alike.
  const skip =
    (flags & GemmFlag.SkipZeros) !== 0 &&
    !accumulate &&
    n >= SKIPPED_COLUMNS &&
    enoughZeros(f32, A, lda, transposeA ? k : m, transposeA ? m : k)

  for (let i = 0; i < m; i++) {
    const row = (c >>> 2) + i * ldc
    if (!accumulate) f32.fill(0, row, row + n)
    for (let p = 0; p < k; p++) {
      const x = f32[A + i * aRow + p * aStep]!
      if (skip && x === 0) continue
      let y = B + p * bStep
      for (let j = 0; j < n; j++) {
        f32[row + j] = Math.fround(f32[row + j]! + Math.fround(x * f32[y]!))
        y += bColumn
      }
    }
    if (bias !== 0) {
      const from = bias >>> 2
      for (let j = 0; j < n; j++) f32[row + j] = Math.fround(f32[row + j]! + f32[from + j]!)
    }
    if (activation !== Activation.None) activate(memory, row << 2, row << 2, n, activation, slope)
  }
}
