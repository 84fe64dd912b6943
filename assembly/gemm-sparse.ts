/**
 * Products that leave out the exact zeros of A. A row of A becomes a list, in increasing k, of its other values and of
 * the offsets in bytes of the rows of B that they multiply. While B is finite this changes no bit: a sum that starts
 * from +0 never becomes -0, and adding a zero of either sign to anything else leaves it as it was. A sum that goes on
 * from C may start from -0, so zeros are never skipped when accumulating.
 */
import { finishRows } from './gemm-epilogue'
import { blockDepth, packB } from './gemm-pack'
import { multiplyAdd } from './lanes'
import { scratch } from './scratch'
import { threadCount, threadIndex } from './threads'

/** Columns of B in a panel. */
export const NR_SPARSE: i32 = 32
/** Most terms in a block. */
const KC: i32 = 256
/** Rows of C that use a panel of B while it is in the L1 cache. */
const MC: i32 = 16
const PANEL_ROW: usize = (<usize>NR_SPARSE) << 2
const PACKED_B_BYTES: usize = 1 << 19
/** A list: its values, and so many bytes after each its offset. Each half has room for the three beyond its end. */
const OFFSETS: usize = ((<usize>KC) << 2) + 16
const LIST_BYTES: usize = 2 * OFFSETS

/**
 * True where at least a third of the rows x columns floats at `a`, rows `aRow` bytes apart, are zeros of either sign.
 * Listing a row and packing for it cost about as much as multiplying a sixth of the terms (128x784x512) to a third
 * (128x784x100).
 */
export function enoughZeros(a: usize, aRow: usize, rows: i32, columns: i32): bool {
  return countZeros(a, aRow, rows, columns) * 3 >= <i64>rows * <i64>columns
}

/** How many of the rows x columns floats at `a`, rows `aRow` bytes apart, are zeros of either sign. */
export function countZeros(a: usize, aRow: usize, rows: i32, columns: i32): i64 {
  let zeros: i64 = 0
  for (let i = 0; i < rows; i++) {
    const end = a + ((<usize>columns) << 2)
    let p = a
    let lanes = i32x4.splat(0)
    for (; p + 16 <= end; p += 16) lanes = i32x4.sub(lanes, f32x4.eq(v128.load(p), f32x4.splat(0)))
    zeros += i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1)
    zeros += i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3)
    for (; p < end; p += 4) zeros += i32(load<f32>(p) == 0)
    a += aRow
  }
  return zeros
}

/** For each set of kept lanes, the lowest bit for the first, the byte shuffle that moves them to the front in order. */
const COMPRESS = memory.data<u32>([
  0, 0, 0, 0, 0x03020100, 0, 0, 0, 0x07060504, 0, 0, 0, 0x03020100, 0x07060504, 0, 0, 0x0b0a0908, 0, 0, 0,
  0x03020100, 0x0b0a0908, 0, 0, 0x07060504, 0x0b0a0908, 0, 0, 0x03020100, 0x07060504, 0x0b0a0908, 0,
  0x0f0e0d0c, 0, 0, 0, 0x03020100, 0x0f0e0d0c, 0, 0, 0x07060504, 0x0f0e0d0c, 0, 0, 0x03020100, 0x07060504,
  0x0f0e0d0c, 0, 0x0b0a0908, 0x0f0e0d0c, 0, 0, 0x03020100, 0x0b0a0908, 0x0f0e0d0c, 0, 0x07060504, 0x0b0a0908,
  0x0f0e0d0c, 0, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
])

// @ts-ignore: decorator
@inline
function load4(x: usize, step: usize): v128 {
  const low = v128.load_lane<f32>(x + step, v128.load32_zero(x), 1)
  return v128.load_lane<f32>(x + 3 * step, v128.load_lane<f32>(x + 2 * step, low, 2), 3)
}

/**
 * Lists the values of one row of A that are not zeros: `count` values `aStep` bytes apart, the p-th of which multiplies
 * the row of B at offset p * bRow. Returns how many there are. Four at a time without a branch, which would be
 * mispredicted too often; the lanes beyond the kept ones are written over by the next four. Scalars would have
 * to move byte by byte.
 */
function listNonzeros(a: usize, aStep: usize, count: i32, bRow: usize, list: usize): i32 {
  let to = list
  let offsets = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(<i32>bRow))
  const offsetStep = i32x4.splat((<i32>bRow) << 2)
  let p = 0
  for (; !SCALAR && p + 4 <= count; p += 4) {
    const values = aStep == 4 ? v128.load(a) : load4(a, aStep)
    const kept = i32x4.bitmask(f32x4.ne(values, f32x4.splat(0)))
    const shuffle = v128.load(COMPRESS + ((<usize>kept) << 4))
    v128.store(to, v128.swizzle(values, shuffle))
    v128.store(to + OFFSETS, v128.swizzle(offsets, shuffle))
    to += (<usize>popcnt(kept)) << 2
    offsets = i32x4.add(offsets, offsetStep)
    a += aStep << 2
  }
  for (; p < count; p++) {
    const value = load<f32>(a)
    store<f32>(to, value)
    store<u32>(to + OFFSETS, <u32>p * <u32>bRow)
    to += (<usize>(value != 0)) << 2
    a += aStep
  }
  return <i32>((to - list) >> 2)
}

/** Lists all values of one row of A, as `listNonzeros`. */
function listAll(a: usize, aStep: usize, count: i32, bRow: usize, list: usize): i32 {
  let offset: usize = 0
  for (let p = 0; p < count; p++) {
    store<f32>(list, load<f32>(a))
    store<u32>(list + OFFSETS, <u32>offset)
    list += 4
    a += aStep
    offset += bRow
  }
  return count
}

/**
 * C = op(A) op(B), as `gemm`, all strides in bytes, without the zeros of A: the five loops of the dense product, with
 * single rows instead of row panels. With `sharedRows` this thread does blocks of rows at equal distances, since rows
 * that lie together, such as a picture's edge, have many or few zeros together.
 */
export function gemmSparse(
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
  sharedRows: bool,
  bias: usize,
  activation: i32,
  slope: f32,
): void {
  const threads = sharedRows ? threadCount() : 1
  const block = min(MC, (m + threads - 1) / threads)
  const firstBlock = sharedRows ? threadIndex() * block : 0
  if (firstBlock >= m) return
  const packedB = scratch()
  const lists = packedB + PACKED_B_BYTES
  const counts = lists + <usize>MC * LIST_BYTES
  // A block reads long stretches of memory: shallow and wide, or where B is transposed deep.
  const depth = blockDepth(k, transposeB ? KC : KC / 2)
  const ncMax = <i32>(PACKED_B_BYTES / PANEL_ROW / <usize>depth) * NR_SPARSE
  for (let jc = 0; jc < n; jc += ncMax) {
    const nc = min(ncMax, n - jc)
    for (let pc = 0; pc < k; pc += depth) {
      const kc = min(depth, k - pc)
      const panelBytes = <usize>kc * PANEL_ROW
      const bBlock = transposeB
        ? b + <usize>jc * bRow + ((<usize>pc) << 2)
        : b + <usize>pc * bRow + ((<usize>jc) << 2)
      packB(bBlock, bRow, transposeB, kc, nc, NR_SPARSE, NR_SPARSE, packedB)
      for (let ic = firstBlock; ic < m; ic += block * threads) {
        const mc = min(block, m - ic)
        const aBlock = a + <usize>ic * aRow + <usize>pc * aStep
        const cBlock = c + <usize>ic * cRow + ((<usize>jc) << 2)
        for (let i = 0; i < mc; i++) {
          const list = lists + <usize>i * LIST_BYTES
          store<i32>(
            counts + ((<usize>i) << 2),
            listNonzeros(aBlock + <usize>i * aRow, aStep, kc, PANEL_ROW, list),
          )
        }
        for (let jr = 0; jr < nc; jr += NR_SPARSE) {
          const panel = packedB + <usize>(jr / NR_SPARSE) * panelBytes
          for (let i = 0; i < mc; i++) {
            const list = lists + <usize>i * LIST_BYTES
            const count = load<i32>(counts + ((<usize>i) << 2))
            const tile = cBlock + <usize>i * cRow + ((<usize>jr) << 2)
            if (nc - jr >= NR_SPARSE) kernel1x32(list, count, panel, tile, pc > 0)
            else edge1x32(list, count, panel, tile, pc > 0, nc - jr, counts + ((<usize>MC) << 2))
          }
        }
        if (pc + kc == k)
          finishRows(cBlock, cRow, mc, nc, bias ? bias + ((<usize>jc) << 2) : 0, activation, slope)
      }
    }
  }
}

/** C[1, 32] from a list and a packed panel of B. Starts from C where `resume` is set, else from zeros. */
function kernel1x32(list: usize, count: i32, b: usize, c: usize, resume: bool): void {
  let s0 = f32x4.splat(0)
  let s1 = s0
  let s2 = s0
  let s3 = s0
  let s4 = s0
  let s5 = s0
  let s6 = s0
  let s7 = s0
  if (resume) {
    s0 = v128.load(c)
    s1 = v128.load(c, 16)
    s2 = v128.load(c, 32)
    s3 = v128.load(c, 48)
    s4 = v128.load(c, 64)
    s5 = v128.load(c, 80)
    s6 = v128.load(c, 96)
    s7 = v128.load(c, 112)
  }
  for (; count > 0; count--) {
    const x = v128.load32_splat(list)
    const row = b + <usize>load<u32>(list + OFFSETS)
    s0 = multiplyAdd(x, v128.load(row), s0)
    s1 = multiplyAdd(x, v128.load(row, 16), s1)
    s2 = multiplyAdd(x, v128.load(row, 32), s2)
    s3 = multiplyAdd(x, v128.load(row, 48), s3)
    s4 = multiplyAdd(x, v128.load(row, 64), s4)
    s5 = multiplyAdd(x, v128.load(row, 80), s5)
    s6 = multiplyAdd(x, v128.load(row, 96), s6)
    s7 = multiplyAdd(x, v128.load(row, 112), s7)
    list += 4
  }
  v128.store(c, s0)
  v128.store(c, s1, 16)
  v128.store(c, s2, 32)
  v128.store(c, s3, 48)
  v128.store(c, s4, 64)
  v128.store(c, s5, 80)
  v128.store(c, s6, 96)
  v128.store(c, s7, 112)
}

/** `kernel1x32` for a last panel with fewer columns, through the 128 bytes at `tile`. */
function edge1x32(
  list: usize,
  count: i32,
  b: usize,
  c: usize,
  resume: bool,
  columns: i32,
  tile: usize,
): void {
  if (resume) copyRow(tile, c, columns)
  if (columns > 16) kernel1x32(list, count, b, tile, resume)
  else kernel1x16(list, count, b, tile, resume)
  copyRow(c, tile, columns)
}

/** y[j] = x[j]; `memory.copy` is a call into the runtime, which takes longer than so few elements. */
function copyRow(y: usize, x: usize, count: i32): void {
  const end = y + ((<usize>count) << 2)
  for (; y + 16 <= end; y += 16) {
    v128.store(y, v128.load(x))
    x += 16
  }
  for (; y < end; y += 4) {
    store<f32>(y, load<f32>(x))
    x += 4
  }
}

function kernel1x16(list: usize, count: i32, b: usize, c: usize, resume: bool): void {
  let s0 = f32x4.splat(0)
  let s1 = s0
  let s2 = s0
  let s3 = s0
  if (resume) {
    s0 = v128.load(c)
    s1 = v128.load(c, 16)
    s2 = v128.load(c, 32)
    s3 = v128.load(c, 48)
  }
  for (; count > 0; count--) {
    const x = v128.load32_splat(list)
    const row = b + <usize>load<u32>(list + OFFSETS)
    s0 = multiplyAdd(x, v128.load(row), s0)
    s1 = multiplyAdd(x, v128.load(row, 16), s1)
    s2 = multiplyAdd(x, v128.load(row, 32), s2)
    s3 = multiplyAdd(x, v128.load(row, 48), s3)
    list += 4
  }
  v128.store(c, s0)
  v128.store(c, s1, 16)
  v128.store(c, s2, 32)
  v128.store(c, s3, 48)
}

/**
 * The product of a few rows of A with a B that is not transposed, with or without the zeros of A: each row of C is a
 * combination of rows of B, four at a time, read where they lie. Packing B would not pay for itself.
 */
export function gemmRows(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
  accumulate: bool,
  skip: bool,
  bias: usize,
  activation: i32,
  slope: f32,
): void {
  const list = scratch()
  for (let i = 0; i < m; i++) {
    if (!accumulate) memory.fill(c, 0, (<usize>n) << 2)
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc)
      const aBlock = a + <usize>pc * aStep
      const bBlock = b + <usize>pc * bRow
      const count = skip
        ? listNonzeros(aBlock, aStep, kc, bRow, list)
        : listAll(aBlock, aStep, kc, bRow, list)
      const end = list + ((<usize>count) << 2)
      let entry = list
      for (; entry + 16 <= end; entry += 16) addRows4(entry, bBlock, c, n)
      for (; entry < end; entry += 4) addRow(entry, bBlock, c, n)
    }
    a += aRow
    c += cRow
  }
  finishRows(c - <usize>m * cRow, cRow, m, n, bias, activation, slope)
}

/** y[j] = (((y[j] + v0 b0[j]) + v1 b1[j]) + v2 b2[j]) + v3 b3[j] for four entries (v, row b) of a list. */
function addRows4(list: usize, b: usize, y: usize, n: i32): void {
  const v0 = v128.load32_splat(list)
  const v1 = v128.load32_splat(list, 4)
  const v2 = v128.load32_splat(list, 8)
  const v3 = v128.load32_splat(list, 12)
  let b0 = b + <usize>load<u32>(list + OFFSETS)
  let b1 = b + <usize>load<u32>(list + OFFSETS, 4)
  let b2 = b + <usize>load<u32>(list + OFFSETS, 8)
  let b3 = b + <usize>load<u32>(list + OFFSETS, 12)
  const end = y + ((<usize>n) << 2)
  for (; y + 16 <= end; y += 16) {
    let s = multiplyAdd(v0, v128.load(b0), v128.load(y))
    s = multiplyAdd(v1, v128.load(b1), s)
    s = multiplyAdd(v2, v128.load(b2), s)
    s = multiplyAdd(v3, v128.load(b3), s)
    v128.store(y, s)
    b0 += 16
    b1 += 16
    b2 += 16
    b3 += 16
  }
  for (; y < end; y += 4) {
    let s = load<f32>(y) + f32x4.extract_lane(v0, 0) * load<f32>(b0)
    s += f32x4.extract_lane(v1, 0) * load<f32>(b1)
    s += f32x4.extract_lane(v2, 0) * load<f32>(b2)
    s += f32x4.extract_lane(v3, 0) * load<f32>(b3)
    store<f32>(y, s)
    b0 += 4
    b1 += 4
    b2 += 4
    b3 += 4
  }
}

/** y[j] += v b[j] for one entry (v, row b) of a list. */
function addRow(list: usize, b: usize, y: usize, n: i32): void {
  const v = load<f32>(list)
  const lanes = f32x4.splat(v)
  b += <usize>load<u32>(list + OFFSETS)
  const end = y + ((<usize>n) << 2)
  for (; y + 16 <= end; y += 16) {
    v128.store(y, multiplyAdd(lanes, v128.load(b), v128.load(y)))
    b += 16
  }
  for (; y < end; y += 4) {
    store<f32>(y, load<f32>(y) + v * load<f32>(b))
    b += 4
  }
}
