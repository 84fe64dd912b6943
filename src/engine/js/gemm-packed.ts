import type { Views } from './views.js'

/** Columns of B in a panel. */
const NR = 8

/** Packs op(B) [k, n] into panels of NR columns, each [k, NR], the last one filled up with zeros. */
export function pack(
  { f32 }: Views,
  b: number,
  ldb: number,
  packed: number,
  k: number,
  n: number,
  transposed: number,
): void {
  const [bStep, bColumn] = transposed ? [1, ldb] : [ldb, 1]
  let to = packed >>> 2
  for (let j = 0; j < n; j += NR) {
    for (let p = 0; p < k; p++) {
      for (let q = j; q < j + NR; q++) f32[to++] = q < n ? f32[(b >>> 2) + p * bStep + q * bColumn]! : 0
    }
  }
}

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
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j += NR) {
      const columns = Math.min(NR, n - j)
      const to = c + i * cRow + j
      let from = packed + j * k
      for (let p = 0; p < k; p++) {
        const x = f32[a + i * aRow + p]!
        for (let q = 0; q < columns; q++) {
          out[to + q] = Math.fround(out[to + q]! + Math.fround(x * f32[from + q]!))
        }
        from += NR
      }
    }
  }
}
