import { kernel1x8, kernel4x4, MR, NR } from './gemm-kernel.js'
import { blockDepth, edge1x8, edge4x4, KC, pack4 } from './gemm-pack.js'
import type { Views } from './views.js'

/** Columns of B in a panel. */
const PANEL = 8

/** Packs op(B) [k, n] into panels of eight columns, each [k, 8], the last one filled up with zeros. */
export function pack(
  { f32 }: Views,
  b: number,
  ldb: number,
  packed: number,
  k: number,
  n: number,
  transposed: number,
): void {
  const bStep = transposed ? 1 : ldb
  const bColumn = transposed ? ldb : 1
  for (let j = 0; j < ((n + PANEL - 1) & -PANEL); j += 4) {
    const to = (packed >>> 2) + (j & -PANEL) * k + (j & 4)
    pack4(f32, (b >>> 2) + j * bColumn, bStep, bColumn, Math.max(Math.min(4, n - j), 0), k, f32, to, PANEL)
  }
}

const panelA = new Float32Array(KC * MR)
/** The terms of a row of A, all of them. */
const positions = Int32Array.from({ length: KC }, (_, p) => p)

/**
 * C += A B for A [m, k] and packed B [k, n] in `f32` and C [m, n] in `out`, all by index; rows of A and C are aRow and
 * cRow elements apart. Every C[i, j] adds its terms in increasing k.
 */
export function gemmPacked(
  f32: Float32Array,
  a: number,
  aRow: number,
  packed: number,
  out: Float32Array,
  c: number,
  cRow: number,
  m: number,
  n: number,
  k: number,
): void {
  const depth = blockDepth(k)
  for (let pc = 0; pc < k; pc += depth) {
    const kc = Math.min(depth, k - pc)
    const from = packed + pc * PANEL
    let i = 0
    for (; i + 1 < m; i += MR) {
      const rows = Math.min(MR, m - i)
      pack4(f32, a + i * aRow + pc, 1, aRow, rows, kc, panelA, 0, MR)
      for (let j = 0; j < n; j += NR) {
        const panel = from + (j & -PANEL) * k + (j & 4)
        const to = c + i * cRow + j
        if (rows === MR && j + NR <= n) kernel4x4(panelA, 0, f32, panel, PANEL, out, to, cRow, kc, true)
        else edge4x4(panelA, 0, f32, panel, PANEL, out, to, cRow, kc, true, rows, Math.min(NR, n - j))
      }
    }
    if (i >= m) continue
    // A single row is not worth a tile of four.
    for (let p = 0; p < kc; p++) panelA[p] = f32[a + i * aRow + pc + p]!
    for (let j = 0; j < n; j += PANEL) {
      const panel = from + j * k
      const to = c + i * cRow + j
      if (j + PANEL <= n) kernel1x8(panelA, positions, 0, kc, f32, panel, PANEL, out, to, true)
      else edge1x8(panelA, positions, 0, kc, f32, panel, PANEL, out, to, true, n - j)
    }
  }
}
