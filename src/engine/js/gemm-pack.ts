import { kernel1x8, kernel4x4, MR, NR, NR_ROW } from './gemm-kernel.js'

/** Most terms in a block: a panel of A and one of B, 8 KiB each, lie in the L1 cache together. */
export const KC = 512
/** Most rows of A in a block, which stays in the L2 cache. */
export const MC = 64

/** Terms in each block, so that all are about alike and none has more than KC. */
export function blockDepth(k: number): number {
  const blocks = Math.floor((k + KC - 1) / KC)
  return Math.floor((k + blocks - 1) / blocks)
}

/**
 * Packs four vectors of k floats side by side: to[t + p step + q] = from[at + p along + q across], for q in 0 .. 3; from
 * the count-th on they are zeros.
 */
export function pack4(
  from: Float32Array,
  at: number,
  along: number,
  across: number,
  count: number,
  k: number,
  to: Float32Array,
  t: number,
  step: number,
): void {
  if (count < 4) {
    for (let p = 0; p < k; p++) {
      for (let q = 0; q < 4; q++) to[t + q] = q < count ? from[at + q * across]! : 0
      at += along
      t += step
    }
    return
  }
  let at1 = at + across
  let at2 = at1 + across
  let at3 = at2 + across
  for (let p = 0; p < k; p++) {
    to[t] = from[at]!
    to[(t + 1) | 0] = from[at1]!
    to[(t + 2) | 0] = from[at2]!
    to[(t + 3) | 0] = from[at3]!
    at = (at + along) | 0
    at1 = (at1 + along) | 0
    at2 = (at2 + along) | 0
    at3 = (at3 + along) | 0
    t = (t + step) | 0
  }
}

/** Packs `count` vectors (of 8, the others zeros) of k floats into `to` [k, 8]; see `pack4`. */
export function pack8(
  from: Float32Array,
  at: number,
  along: number,
  across: number,
  count: number,
  k: number,
  to: Float32Array,
): void {
  pack4(from, at, along, across, Math.min(count, 4), k, to, 0, NR_ROW)
  pack4(from, at + 4 * across, along, across, Math.max(Math.min(count - 4, 4), 0), k, to, 4, NR_ROW)
}

const tile = new Float32Array(Math.max(MR * NR, NR_ROW))

/** `kernel4x4` for a tile of which only `rows` x `columns` lie in C. */
export function edge4x4(
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
  rows: number,
  columns: number,
): void {
  if (resume) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) tile[i * NR + j] = C[c + i * cRow + j]!
  }
  kernel4x4(panel, a, B, b, bStep, tile, 0, NR, k, resume)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) C[c + i * cRow + j] = tile[i * NR + j]!
}

/** `kernel1x8` for a tile of which only the first `columns` lie in C. */
export function edge1x8(
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
  columns: number,
): void {
  if (resume) for (let j = 0; j < columns; j++) tile[j] = C[c + j]!
  kernel1x8(values, positions, from, end, B, b, bStep, tile, 0, resume)
  for (let j = 0; j < columns; j++) C[c + j] = tile[j]!
}
