/**
 * Products with a matrix that many products share and that is therefore packed once, by an instruction of its own: the
 * recurrent weights, used at every time step. Panels are those of `gemm`: NR columns, each [k, NR], one after the other,
 * the last one filled up with zeros.
 */
import { edge } from './gemm'
import { kernel4x8, MR, NR } from './gemm-kernel'
import { packB } from './gemm-pack'
import { multiplyAdd } from './lanes'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

const PANEL_ROW: usize = (<usize>NR) << 2
/** Bytes of scratch memory, from its start, that `gemmPacked` uses; callers may use the rest. */
export const PACKED_SCRATCH: usize = <usize>MR * PANEL_ROW

/** Packs op(B) [k, n]; B's rows are ldb elements apart, and with `transposed` it is stored [n, k]. */
export function pack(b: usize, ldb: i32, packed: usize, k: i32, n: i32, transposed: i32): void {
  const begin = shareBegin(n, NR)
  n = shareEnd(n, NR) - begin
  if (n <= 0) return
  const row = (<usize>ldb) << 2
  const column: usize = transposed ? row : 4
  b += <usize>begin * column
  packed += <usize>(begin / NR) * <usize>k * PANEL_ROW
  packB(b, row, transposed != 0, k, n, NR, NR, packed)
}

/**
 * C += A B for A [m, k], B [k, n] packed, C [m, n]; rows of A and C are aRow and cRow bytes apart. Every C[i, j] adds its
 * terms in increasing k. Not split among threads: a caller has its own rows.
 */
export function gemmPacked(
  a: usize,
  aRow: usize,
  packed: usize,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  const whole = n & -NR
  const rest = n - whole
  const panelBytes = <usize>k * PANEL_ROW
  let i = 0
  for (; i + MR <= m; i += MR) {
    let panel = packed
    let tile = c
    for (let j = 0; j < whole; j += NR) {
      kernel4x8(a, aRow, 4, panel, PANEL_ROW, tile, cRow, k, true)
      panel += panelBytes
      tile += PANEL_ROW
    }
    if (rest > 0) edge(a, aRow, 4, panel, PANEL_ROW, tile, cRow, k, true, MR, rest, scratch())
    a += aRow * MR
    c += cRow * MR
  }
  for (; i < m; i++) {
    row(a, packed, panelBytes, c, n, k)
    a += aRow
    c += cRow
  }
}

/** One row: four panels at a time, since the two sums of a single one would wait for each other. */
function row(a: usize, packed: usize, panelBytes: usize, c: usize, n: i32, k: i32): void {
  let j = 0
  for (; j + 4 * NR <= n; j += 4 * NR) {
    kernel1x32(a, packed, panelBytes, c, k)
    packed += 4 * panelBytes
    c += 4 * PANEL_ROW
  }
  for (; j + NR <= n; j += NR) {
    kernel1x8(a, packed, c, k)
    packed += panelBytes
    c += PANEL_ROW
  }
  if (j == n) return
  const tile = scratch()
  const bytes = (<usize>(n - j)) << 2
  memory.copy(tile, c, bytes)
  kernel1x8(a, packed, tile, k)
  memory.copy(c, tile, bytes)
}

/** C[1, 32] += A[1, k] B[k, 32], B being four panels. */
function kernel1x32(a: usize, b: usize, panelBytes: usize, c: usize, k: i32): void {
  let s0 = v128.load(c)
  let s1 = v128.load(c, 16)
  let s2 = v128.load(c, 32)
  let s3 = v128.load(c, 48)
  let s4 = v128.load(c, 64)
  let s5 = v128.load(c, 80)
  let s6 = v128.load(c, 96)
  let s7 = v128.load(c, 112)
  let b1 = b + panelBytes
  let b2 = b1 + panelBytes
  let b3 = b2 + panelBytes
  do {
    const x = v128.load32_splat(a)
    s0 = multiplyAdd(x, v128.load(b), s0)
    s1 = multiplyAdd(x, v128.load(b, 16), s1)
    s2 = multiplyAdd(x, v128.load(b1), s2)
    s3 = multiplyAdd(x, v128.load(b1, 16), s3)
    s4 = multiplyAdd(x, v128.load(b2), s4)
    s5 = multiplyAdd(x, v128.load(b2, 16), s5)
    s6 = multiplyAdd(x, v128.load(b3), s6)
    s7 = multiplyAdd(x, v128.load(b3, 16), s7)
    a += 4
    b += PANEL_ROW
    b1 += PANEL_ROW
    b2 += PANEL_ROW
    b3 += PANEL_ROW
  } while (--k)
  v128.store(c, s0)
  v128.store(c, s1, 16)
  v128.store(c, s2, 32)
  v128.store(c, s3, 48)
  v128.store(c, s4, 64)
  v128.store(c, s5, 80)
  v128.store(c, s6, 96)
  v128.store(c, s7, 112)
}

/** C[1, 8] += A[1, k] B[k, 8]. */
function kernel1x8(a: usize, b: usize, c: usize, k: i32): void {
  let s0 = v128.load(c)
  let s1 = v128.load(c, 16)
  do {
    const x = v128.load32_splat(a)
    s0 = multiplyAdd(x, v128.load(b), s0)
    s1 = multiplyAdd(x, v128.load(b, 16), s1)
    a += 4
    b += PANEL_ROW
  } while (--k)
  v128.store(c, s0)
  v128.store(c, s1, 16)
}
