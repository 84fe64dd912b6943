/**
 * SGEMM: five loops around a micro-kernel (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * 2008; Van Zee and van de Geijn, "BLIS", 2015), row-major. From outside in: jc over blocks of NC columns, pc over
 * blocks of KC terms, ir over row panels of MR rows, jr over column panels of NR columns, and the micro-kernel's loop
 * over the terms. Every C[i, j] adds its terms in increasing k, so blocking changes no bit.
 */
import { finishRows } from './gemm-epilogue'
import { kernel4x4, kernel4x8, MR, NR } from './gemm-kernel'
import { blockDepth, packA4, packB, packColumns } from './gemm-pack'
import { gemmRows, gemmSparse, enoughZeros, NR_SPARSE } from './gemm-sparse'
import { GemmFlag } from './codes'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/** Most terms in a block: a row panel of A, 4 KiB, and a column panel of B, 8 KiB, lie in the L1 cache together. */
const KC: i32 = 256
/** The packed block of B, which stays in the L2 cache. */
const PACKED_B_BYTES: usize = 1 << 19
const PANEL_A_BYTES: usize = (<usize>(KC * MR)) << 2
const TILE_ROW: usize = (<usize>NR) << 2

/** From so many columns on, threads share columns, so that no part of B is packed twice. */
const SHARED_COLUMNS: i32 = 128
/** With fewer columns, listing A's nonzeros costs more than skipping its zeros saves. */
const SKIPPED_COLUMNS: i32 = 32
/** Listing a value of A takes as long as packing so many of B. */
const LISTING: i32 = 4

/**
 * C = activation(op(A) op(B) + bias), or with GemmFlag.Accumulate C += op(A) op(B). op(A) [m, k], op(B) [k, n], C [m, n],
 * bias [n]; lda, ldb and ldc in elements.
 */
export function gemm(
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  m: i32,
  n: i32,
  k: i32,
  flags: i32,
  bias: usize,
  activation: i32,
  slope: f32,
): void {
  const transposeA = (flags & GemmFlag.TransposeA) != 0
  const transposeB = (flags & GemmFlag.TransposeB) != 0
  const accumulate = (flags & GemmFlag.Accumulate) != 0
  const stored = (<usize>lda) << 2
  const aRow: usize = transposeA ? 4 : stored
  const aStep: usize = transposeA ? stored : 4
  const bRow = (<usize>ldb) << 2
  const cRow = (<usize>ldc) << 2
  // Decided on all of A, whatever this thread's share is: where B is not finite, skipping shows in the result.
  const skip =
    (flags & GemmFlag.SkipZeros) != 0 &&
    !accumulate &&
    n >= SKIPPED_COLUMNS &&
    enoughZeros(a, stored, transposeA ? k : m, transposeA ? m : k)

  // What threads do not share all of them do: with shared rows each packs all of B, with shared columns each lists all
  // of A where zeros are skipped.
  const sharedRows = skip ? n < LISTING * m : n < SHARED_COLUMNS && n < m
  if (!sharedRows) {
    const grain = skip ? NR_SPARSE : NR
    const begin = shareBegin(n, grain)
    n = shareEnd(n, grain) - begin
    b += <usize>begin * (transposeB ? bRow : 4)
    c += (<usize>begin) << 2
    if (bias) bias += (<usize>begin) << 2
  } else if (!skip) {
    const begin = shareBegin(m, MR)
    m = shareEnd(m, MR) - begin
    a += <usize>begin * aRow
    c += <usize>begin * cRow
  }
  if (m <= 0 || n <= 0) return

  if (m < MR && !transposeB) {
    gemmRows(a, aRow, aStep, b, bRow, c, cRow, m, n, k, accumulate, skip, bias, activation, slope)
  } else if (skip) {
    gemmSparse(a, aRow, aStep, b, bRow, transposeB, c, cRow, m, n, k, sharedRows, bias, activation, slope)
  } else {
    gemmDense(a, aRow, aStep, b, bRow, transposeB, c, cRow, m, n, k, accumulate, bias, activation, slope)
  }
}

function gemmDense(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  transposeB: bool,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
  accumulate: bool,
  bias: usize,
  activation: i32,
  slope: f32,
): void {
  const packedB = scratch()
  const panelA = packedB + PACKED_B_BYTES
  const tile = panelA + PANEL_A_BYTES
  // One or two row panels do not make up for packing B, unless it is transposed.
  const direct = !transposeB && m <= 2 * MR
  const depth = blockDepth(k, KC)
  const ncMax = <i32>(PACKED_B_BYTES / TILE_ROW / <usize>depth) * NR
  for (let jc = 0; jc < n; jc += ncMax) {
    const nc = min(ncMax, n - jc)
    const whole = nc & -NR
    const rest = nc - whole
    const restWidth = rest > 4 ? NR : 4
    for (let pc = 0; pc < k; pc += depth) {
      const kc = min(depth, k - pc)
      const resume = accumulate || pc > 0
      const bBlock = transposeB
        ? b + <usize>jc * bRow + ((<usize>pc) << 2)
        : b + <usize>pc * bRow + ((<usize>jc) << 2)
      const panelBytes = direct ? TILE_ROW : <usize>kc * TILE_ROW
      const panels = direct ? bBlock : packedB
      const bStep = direct ? bRow : TILE_ROW
      const restPanel = direct ? packedB : packedB + <usize>(whole / NR) * panelBytes
      const restStep = (<usize>restWidth) << 2
      if (!direct) packB(bBlock, bRow, transposeB, kc, nc, NR, restWidth, packedB)
      else if (rest > 0) packColumns(bBlock + ((<usize>whole) << 2), bRow, 4, kc, rest, restWidth, packedB)
      for (let ir = 0; ir < m; ir += MR) {
        const mr = min(MR, m - ir)
        const cPanel = c + <usize>ir * cRow + ((<usize>jc) << 2)
        let aPanel = a + <usize>ir * aRow + <usize>pc * aStep
        let row = aRow
        let step = aStep
        if (mr < MR) {
          packColumns(aPanel, aStep, aRow, kc, mr, MR, panelA)
          aPanel = panelA
          row = 4
          step = 16
        } else if (aRow == 4 && n > 2 * NR) {
          // Transposed, every term would lie in another cache line.
          packA4(aPanel, aStep, kc, panelA)
          aPanel = panelA
          step = 16
        }
        let bPanel = panels
        let cTile = cPanel
        if (mr == MR) {
          for (let jr = 0; jr < whole; jr += NR) {
            kernel4x8(aPanel, row, step, bPanel, bStep, cTile, cRow, kc, resume)
            bPanel += panelBytes
            cTile += TILE_ROW
          }
        } else {
          for (let jr = 0; jr < whole; jr += NR) {
            edge(aPanel, row, step, bPanel, bStep, cTile, cRow, kc, resume, mr, NR, tile)
            bPanel += panelBytes
            cTile += TILE_ROW
          }
        }
        if (rest > 0) edge(aPanel, row, step, restPanel, restStep, cTile, cRow, kc, resume, mr, rest, tile)
        if (pc + kc == k)
          finishRows(cPanel, cRow, mr, nc, bias ? bias + ((<usize>jc) << 2) : 0, activation, slope)
      }
    }
  }
}

/** A tile of which only `rows` x `columns` lie in C, computed in the scratch tile. */
export function edge(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  k: i32,
  resume: bool,
  rows: i32,
  columns: i32,
  tile: usize,
): void {
  if (resume) copyTile(tile, TILE_ROW, c, cRow, rows, columns)
  if (columns > 4) kernel4x8(a, aRow, aStep, b, bStep, tile, TILE_ROW, k, resume)
  else kernel4x4(a, aRow, aStep, b, bStep, tile, TILE_ROW, k, resume)
  copyTile(c, cRow, tile, TILE_ROW, rows, columns)
}

/** `memory.copy` is a call into the runtime, which takes longer than so few elements. */
function copyTile(to: usize, toRow: usize, from: usize, fromRow: usize, rows: i32, columns: i32): void {
  const end = (<usize>columns) << 2
  for (let i = 0; i < rows; i++) {
    let j: usize = 0
    for (; j + 16 <= end; j += 16) v128.store(to + j, v128.load(from + j))
    for (; j < end; j += 4) store<f32>(to + j, load<f32>(from + j))
    to += toRow
    from += fromRow
  }
}
