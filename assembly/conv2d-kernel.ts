import { MR, NR } from './gemm-kernel'
import { multiplyAdd } from './lanes'

/**
 * The micro-kernel of convolutions and its edges. A column panel of C, [rows, 8], is computed from as many rows of A and a
 * packed panel of B, four rows at a time. Rows are given by a list of pairs of addresses: where the row of A begins and
 * where that of C lies. So patches are read where they lie in the image, as often as they overlap, and never stored
 * (Dukhan, "The Indirect Convolution Algorithm", 2019).
 */

/** Bytes of one row's entry in a list: the address in A, the address in C. */
export const ENTRY_BYTES: usize = 8
/** Bytes of working memory that an edge needs: a tile of C and a list of its rows. */
export const EDGE_BYTES: usize = ((<usize>(MR * NR)) << 2) + <usize>MR * ENTRY_BYTES
const TILE_ROW: usize = (<usize>NR) << 2

/** Adds a row to a list. Returns the end of the list. */
// @ts-ignore: decorator
@inline
export function listRow(end: usize, a: usize, c: usize): usize {
  store<usize>(end, a)
  store<usize>(end, c, 4)
  return end + ENTRY_BYTES
}

/**
 * The column panel `column` bytes into C, for the `rows` rows listed: of each, the `columns` columns that exist.
 *
 * A row of A begins `offset` bytes beyond its address; it is `runs` runs of `run` terms, which lie `step` bytes apart
 * within a run and `skip` bytes further from one run to the next. Terms are added in increasing k, to C where `resume` is
 * set or else to zeros, and then the bias, whose address is 0 where there is none.
 */
export function columnPanel(
  list: usize,
  rows: i32,
  offset: usize,
  step: usize,
  skip: usize,
  run: i32,
  runs: i32,
  b: usize,
  column: usize,
  columns: i32,
  bias: usize,
  resume: bool,
  edge: usize,
): void {
  const whole = columns >= NR ? rows & -MR : 0
  if (whole > 0) tiles(list, whole / MR, offset, step, skip, run, runs, b, column, bias, resume)
  for (let i = whole; i < rows; i += MR) {
    const first = list + <usize>i * ENTRY_BYTES
    edgeTile(
      first,
      min(MR, rows - i),
      offset,
      step,
      skip,
      run,
      runs,
      b,
      column,
      min(NR, columns),
      bias,
      resume,
      edge,
    )
  }
}

/** `count` tiles of 4 rows and 8 columns, one below the other. */
function tiles(
  list: usize,
  count: i32,
  offset: usize,
  step: usize,
  skip: usize,
  run: i32,
  runs: i32,
  b: usize,
  column: usize,
  bias: usize,
  resume: bool,
): void {
  for (; count > 0; count--) {
    let a0 = load<usize>(list) + offset
    let a1 = load<usize>(list, 8) + offset
    let a2 = load<usize>(list, 16) + offset
    let a3 = load<usize>(list, 24) + offset
    let s00 = f32x4.splat(0)
    let s01 = s00
    let s10 = s00
    let s11 = s00
    let s20 = s00
    let s21 = s00
    let s30 = s00
    let s31 = s00
    if (resume) {
      const c0 = load<usize>(list, 4) + column
      s00 = v128.load(c0)
      s01 = v128.load(c0, 16)
      const c1 = load<usize>(list, 12) + column
      s10 = v128.load(c1)
      s11 = v128.load(c1, 16)
      const c2 = load<usize>(list, 20) + column
      s20 = v128.load(c2)
      s21 = v128.load(c2, 16)
      const c3 = load<usize>(list, 28) + column
      s30 = v128.load(c3)
      s31 = v128.load(c3, 16)
    }
    let p = b
    let left = runs
    do {
      let k = run
      do {
        const b0 = v128.load(p)
        const b1 = v128.load(p, 16)
        const x0 = v128.load32_splat(a0)
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
        a0 += step
        a1 += step
        a2 += step
        a3 += step
        p += TILE_ROW
      } while (--k)
      a0 += skip
      a1 += skip
      a2 += skip
      a3 += skip
    } while (--left)
    if (bias) {
      const b0 = v128.load(bias)
      const b1 = v128.load(bias, 16)
      s00 = f32x4.add(s00, b0)
      s01 = f32x4.add(s01, b1)
      s10 = f32x4.add(s10, b0)
      s11 = f32x4.add(s11, b1)
      s20 = f32x4.add(s20, b0)
      s21 = f32x4.add(s21, b1)
      s30 = f32x4.add(s30, b0)
      s31 = f32x4.add(s31, b1)
    }
    const c0 = load<usize>(list, 4) + column
    v128.store(c0, s00)
    v128.store(c0, s01, 16)
    const c1 = load<usize>(list, 12) + column
    v128.store(c1, s10)
    v128.store(c1, s11, 16)
    const c2 = load<usize>(list, 20) + column
    v128.store(c2, s20)
    v128.store(c2, s21, 16)
    const c3 = load<usize>(list, 28) + column
    v128.store(c3, s30)
    v128.store(c3, s31, 16)
    list += <usize>MR * ENTRY_BYTES
  }
}

/** A tile of which only `rows` x `columns` lie in C, computed in the EDGE_BYTES bytes at `edge`. */
function edgeTile(
  list: usize,
  rows: i32,
  offset: usize,
  step: usize,
  skip: usize,
  run: i32,
  runs: i32,
  b: usize,
  column: usize,
  columns: i32,
  bias: usize,
  resume: bool,
  edge: usize,
): void {
  const bytes = (<usize>columns) << 2
  const tile = edge
  let end = tile + <usize>MR * TILE_ROW
  for (let i = 0; i < MR; i++) {
    const entry = list + <usize>min(i, rows - 1) * ENTRY_BYTES
    const row = tile + <usize>i * TILE_ROW
    end = listRow(end, load<usize>(entry), row)
    if (resume) memory.copy(row, load<usize>(entry, 4) + column, bytes)
  }
  tiles(tile + <usize>MR * TILE_ROW, 1, offset, step, skip, run, runs, b, 0, 0, resume)
  for (let i = 0; i < rows; i++) {
    const row = tile + <usize>i * TILE_ROW
    if (bias) {
      for (let j: usize = 0; j < bytes; j += 4) {
        store<f32>(row + j, load<f32>(row + j) + load<f32>(bias + j))
      }
    }
    memory.copy(load<usize>(list + <usize>i * ENTRY_BYTES, 4) + column, row, bytes)
  }
}
