/**
 * SGEMM in the order of assembly/gemm.ts: loops around a micro-kernel, over blocks of KC terms, blocks of MC rows, column
 * panels and row panels. Every C[i, j] adds its terms in increasing k, so blocking changes no bit.
 */
import { Activation, GemmFlag } from '../../../assembly/codes.js'
import { activate } from './activation.js'
import { kernel1x8, kernel4x4, MR, NR, NR_ROW } from './gemm-kernel.js'
import { blockDepth, edge1x8, edge4x4, KC, MC, pack4, pack8 } from './gemm-pack.js'
import type { Views } from './views.js'

/** With fewer columns, listing A's nonzeros costs more than skipping its zeros saves. */
const SKIPPED_COLUMNS = 32

/** Up to so many rows of A do not make up for packing B, unless it is transposed. */
const UNPACKED_ROWS = 2 * MR

const blockA = new Float32Array(MC * KC)
const panelB = new Float32Array(KC * NR_ROW)
/** The terms of each row in `blockA` when they are listed: which they are, and where the next row's begin. */
const positions = new Int32Array(MC * KC)
const ends = new Int32Array(MC)

/**
 * C = activation(op(A) op(B) + bias), or with GemmFlag.Accumulate C += op(A) op(B). op(A) [m, k], op(B) [k, n], C [m, n],
 * bias [n]; lda, ldb and ldc in elements. Every C[i, j] adds its terms in increasing k, from +0 or from C.
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
  const A = a >>> 2
  const B = b >>> 2
  const C = c >>> 2
  // While B is finite this changes no bit; where it is not, all engines must decide alike.
  const skip =
    (flags & GemmFlag.SkipZeros) !== 0 &&
    !accumulate &&
    n >= SKIPPED_COLUMNS &&
    enoughZeros(f32, A, lda, transposeA ? k : m, transposeA ? m : k)

  const listed = skip || (m < MR && !transposeB)
  const depth = blockDepth(k)
  for (let pc = 0; pc < k; pc += depth) {
    const kc = Math.min(depth, k - pc)
    const resume = accumulate || pc > 0
    const bBlock = transposeB ? B + pc : B + pc * ldb
    for (let ic = 0; ic < m; ic += MC) {
      const mc = Math.min(MC, m - ic)
      const aBlock = A + ic * aRow + pc * aStep
      const cBlock = C + ic * ldc
      if (listed) {
        listRows(f32, aBlock, aRow, aStep, mc, kc, skip)
        rowBlock(f32, bBlock, ldb, transposeB, cBlock, ldc, mc, n, kc, resume)
      } else {
        for (let ir = 0; ir < mc; ir += MR) {
          pack4(f32, aBlock + ir * aRow, aStep, aRow, Math.min(MR, mc - ir), kc, blockA, ir * kc, MR)
        }
        denseBlock(f32, bBlock, ldb, transposeB, cBlock, ldc, mc, n, kc, resume)
      }
    }
  }

  if (bias !== 0) {
    const from = bias >>> 2
    for (let row = C; row < C + m * ldc; row += ldc) {
      for (let j = 0; j < n; j++) f32[row + j] = Math.fround(f32[row + j]! + f32[from + j]!)
    }
  }
  if (activation === Activation.None) return
  if (ldc === n) activate(memory, c, c, m * n, activation, slope)
  else for (let i = 0; i < m; i++) activate(memory, c + i * ldc * 4, c + i * ldc * 4, n, activation, slope)
}

/** True where at least a third of the rows x columns floats at index `a`, rows `lda` apart, are zeros of either sign. */
function enoughZeros(f32: Float32Array, a: number, lda: number, rows: number, columns: number): boolean {
  let zeros = 0
  for (let i = 0; i < rows && zeros * 3 < rows * columns; i++) {
    const row = a + i * lda
    for (let j = row; j < row + columns; j++) if (f32[j] === 0) zeros++
  }
  return zeros * 3 >= rows * columns
}

/** C [m, n] += (packed A) op(B) for a block of m rows and k terms. */
function denseBlock(
  f32: Float32Array,
  b: number,
  ldb: number,
  transposeB: boolean,
  c: number,
  ldc: number,
  m: number,
  n: number,
  k: number,
  resume: boolean,
): void {
  for (let jr = 0; jr < n; jr += NR) {
    const nr = Math.min(NR, n - jr)
    const from = transposeB ? b + jr * ldb : b + jr
    const direct = !transposeB && m <= UNPACKED_ROWS && nr === NR
    if (!direct) pack4(f32, from, transposeB ? 1 : ldb, transposeB ? ldb : 1, nr, k, panelB, 0, NR)
    const panel = direct ? f32 : panelB
    const at = direct ? from : 0
    const step = direct ? ldb : NR
    for (let ir = 0; ir < m; ir += MR) {
      const mr = Math.min(MR, m - ir)
      const to = c + ir * ldc + jr
      if (mr === MR && nr === NR) kernel4x4(blockA, ir * k, panel, at, step, f32, to, ldc, k, resume)
      else edge4x4(blockA, ir * k, panel, at, step, f32, to, ldc, k, resume, mr, nr)
    }
  }
}

/** Lists the terms of m rows of A, k terms each, all of them or those that are not zero. */
function listRows(
  f32: Float32Array,
  a: number,
  aRow: number,
  aStep: number,
  m: number,
  k: number,
  skip: boolean,
): void {
  let count = 0
  for (let i = 0; i < m; i++) {
    let from = a + i * aRow
    for (let p = 0; p < k; p++) {
      const x = f32[from]!
      if (!skip || x !== 0) {
        blockA[count] = x
        positions[count] = p
        count++
      }
      from += aStep
    }
    ends[i] = count
  }
}

/** C [m, n] += (listed A) op(B) for a block of m rows and k terms. */
function rowBlock(
  f32: Float32Array,
  b: number,
  ldb: number,
  transposeB: boolean,
  c: number,
  ldc: number,
  m: number,
  n: number,
  k: number,
  resume: boolean,
): void {
  for (let jr = 0; jr < n; jr += NR_ROW) {
    const nr = Math.min(NR_ROW, n - jr)
    const from = transposeB ? b + jr * ldb : b + jr
    const direct = !transposeB && m <= UNPACKED_ROWS && nr === NR_ROW
    if (!direct) pack8(f32, from, transposeB ? 1 : ldb, transposeB ? ldb : 1, nr, k, panelB)
    const panel = direct ? f32 : panelB
    const at = direct ? from : 0
    const step = direct ? ldb : NR_ROW
    for (let i = 0; i < m; i++) {
      const first = i > 0 ? ends[i - 1]! : 0
      const to = c + i * ldc + jr
      if (nr === NR_ROW) kernel1x8(blockA, positions, first, ends[i]!, panel, at, step, f32, to, resume)
      else edge1x8(blockA, positions, first, ends[i]!, panel, at, step, f32, to, resume, nr)
    }
  }
}
