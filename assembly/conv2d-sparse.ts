/**
 * The gradients of a convolution without the exact zeros of dy. Behind a max pooling at least three quarters of dy are
 * zeros, behind a rectifier about half. What is left, taken one at a time, multiplies a whole row of a patch or of the
 * filters: `addRows` does both gradients. The sums and their order are those of conv2d.ts; while x and w are finite,
 * leaving zeros out of sums that start from +0 changes no bit.
 */
import { countZeros } from './gemm-sparse'
import { loadLanes, loadTail, storeLanes, multiplyAdd } from './lanes'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/** Shorter rows of a patch gain nothing: the lists cost as much as the products. */
const LEAST_RUN: i32 = 16
/** Filters that fit into the scratch memory, rearranged. */
const MOST_WEIGHTS: i32 = 1 << 17
const WEIGHTS_BYTES: usize = (<usize>MOST_WEIGHTS) << 2

/** Most entries in a list: its values, and so many bytes after each its offset. */
const ENTRIES: i32 = 256
const OFFSETS: usize = (<usize>(ENTRIES + 1)) << 2
const LIST_BYTES: usize = 2 * OFFSETS

/**
 * Whether these gradients leave zeros out, for they are at least half of dy [positions, filters]: decided on all of it,
 * whatever a thread's share is.
 */
export function skipsZeros(dy: usize, positions: i32, filters: i32, run: i32, kernelHeight: i32): bool {
  if (run < LEAST_RUN || run > MOST_WEIGHTS / kernelHeight / filters) return false
  return countZeros(dy, (<usize>filters) << 2, positions, filters) * 2 >= <i64>positions * <i64>filters
}

/** dw from x and dy; threads share the filters. `run` = kernelWidth channels. */
export function sparseFilters(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  xRow: usize,
  outHeight: i32,
  outWidth: i32,
  kernelHeight: i32,
  run: i32,
  filters: i32,
  stride: i32,
  step: usize,
): void {
  const begin = shareBegin(filters, 4)
  const end = shareEnd(filters, 4)
  if (begin == end) return
  const m = kernelHeight * run
  const sumBytes = (<usize>m) << 2
  const runBytes = (<usize>run) << 2
  const dyRow = (<usize>filters) << 2
  // One filter after the other, so that a row of a patch meets sums that lie side by side.
  const sums = scratch()
  const lists = sums + WEIGHTS_BYTES
  memory.fill(sums, 0, <usize>(end - begin) * sumBytes)
  const group = max(1, ENTRIES / outWidth)
  const part = min(outWidth, ENTRIES)
  for (let image = 0; image < batch; image++) {
    for (let oy = 0; oy < outHeight; oy += group) {
      const rows = min(group, outHeight - oy)
      for (let ox = 0; ox < outWidth; ox += part) {
        const columns = min(part, outWidth - ox)
        const from = dy + <usize>((image * outHeight + oy) * outWidth + ox) * dyRow
        const first = x + <usize>(image * height + oy * stride) * xRow + <usize>ox * step
        for (let o = begin; o < end; o += 4) {
          const lanes = end - o
          const counts = listPositions(
            from + ((<usize>o) << 2),
            lanes,
            dyRow,
            <usize>outWidth * dyRow,
            rows,
            columns,
            <usize>stride * xRow,
            step,
            lists,
          )
          for (let lane = 0; lane < min(4, lanes); lane++) {
            const count = <i32>((counts >> (16 * lane)) & 0xffff)
            if (count == 0) continue
            let sum = sums + <usize>(o + lane - begin) * sumBytes
            for (let ky = 0; ky < kernelHeight; ky++) {
              addRows(lists + <usize>lane * LIST_BYTES, count, first + <usize>ky * xRow, sum, run)
              sum += runBytes
            }
          }
        }
      }
    }
  }
  for (let i = 0; i < m; i++) {
    for (let o = begin; o < end; o++) {
      const sum = sums + <usize>(o - begin) * sumBytes + ((<usize>i) << 2)
      store<f32>(dw + <usize>i * dyRow + ((<usize>o) << 2), load<f32>(sum))
    }
  }
}

/**
 * Four lists, one for each of the next four filters, of the positions where dy is not zero: its values and the offsets
 * of the patches. Returns the four lengths in 16 bits each. Without a branch, which would be mispredicted too often.
 */
function listPositions(
  dy: usize,
  lanes: i32,
  dyStep: usize,
  dyRow: usize,
  rows: i32,
  columns: i32,
  patchRow: usize,
  patchStep: usize,
  lists: usize,
): u64 {
  const list1 = lists + LIST_BYTES
  const list2 = list1 + LIST_BYTES
  const list3 = list2 + LIST_BYTES
  let to0 = lists
  let to1 = list1
  let to2 = list2
  let to3 = list3
  let patches: usize = 0
  for (let r = 0; r < rows; r++) {
    let from = dy
    let patch = patches
    for (let i = 0; i < columns; i++) {
      const values = loadLanes(from, lanes)
      const kept = i32x4.bitmask(f32x4.ne(values, f32x4.splat(0)))
      v128.store_lane<f32>(to0, values, 0)
      v128.store_lane<f32>(to1, values, 1)
      v128.store_lane<f32>(to2, values, 2)
      v128.store_lane<f32>(to3, values, 3)
      store<usize>(to0 + OFFSETS, patch)
      store<usize>(to1 + OFFSETS, patch)
      store<usize>(to2 + OFFSETS, patch)
      store<usize>(to3 + OFFSETS, patch)
      to0 += (<usize>(kept & 1)) << 2
      to1 += (<usize>(kept & 2)) << 1
      to2 += <usize>(kept & 4)
      to3 += <usize>(kept & 8) >> 1
      from += dyStep
      patch += patchStep
    }
    dy += dyRow
    patches += patchRow
  }
  return (
    <u64>((to0 - lists) >> 2) |
    ((<u64>((to1 - list1) >> 2)) << 16) |
    ((<u64>((to2 - list2) >> 2)) << 32) |
    ((<u64>((to3 - list3) >> 2)) << 48)
  )
}

/** dx from w and dy; threads share the rows of dx. */
export function sparseInput(
  dy: usize,
  w: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  filters: i32,
  stride: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const rows = batch * height
  const begin = shareBegin(rows, 1)
  const end = shareEnd(rows, 1)
  if (begin == end) return
  const pixel = (<usize>channels) << 2
  const dxRow = <usize>width * pixel
  const dyRow = (<usize>filters) << 2
  const runBytes = <usize>kernelWidth * pixel
  const rearranged = scratch()
  const list = rearranged + WEIGHTS_BYTES
  rearrange(w, kernelHeight, kernelWidth * channels, filters, rearranged)
  memory.fill(dx + <usize>begin * dxRow, 0, <usize>(end - begin) * dxRow)
  for (let image = begin / height; image * height < end; image++) {
    const firstRow = max(begin - image * height, 0)
    const lastRow = min(end - image * height, height)
    const dxImage = dx + <usize>(image * height) * dxRow
    // From the last position to the first, since what reaches a pixel from earlier positions comes from later taps.
    for (let oy = outHeight - 1; oy >= 0; oy--) {
      const iy = oy * stride - top
      const kyBegin = max(0, firstRow - iy)
      const kyEnd = min(kernelHeight, lastRow - iy)
      if (kyBegin >= kyEnd) continue
      for (let ox = outWidth - 1; ox >= 0; ox--) {
        const ix = ox * stride - left
        const kxBegin = max(0, -ix)
        const length = (min(kernelWidth, width - ix) - kxBegin) * channels
        if (length <= 0) continue
        const from = dy + <usize>((image * outHeight + oy) * outWidth + ox) * dyRow
        for (let o = 0; o < filters; o += ENTRIES) {
          const most = min(ENTRIES, filters - o)
          const count = listFilters(from + ((<usize>o) << 2), most, <usize>o * runBytes, runBytes, list)
          if (count == 0) continue
          for (let ky = kyBegin; ky < kyEnd; ky++) {
            addRows(
              list,
              count,
              rearranged + <usize>(ky * filters) * runBytes + <usize>kxBegin * pixel,
              dxImage + <usize>(iy + ky) * dxRow + <usize>(ix + kxBegin) * pixel,
              length,
            )
          }
        }
      }
    }
  }
}

/** y [kernelHeight, filters, run] = w [kernelHeight, run, filters]: what one value of dy multiplies lies side by side. */
function rearrange(w: usize, kernelHeight: i32, run: i32, filters: i32, y: usize): void {
  for (let ky = 0; ky < kernelHeight; ky++) {
    for (let o = 0; o < filters; o++) {
      let from = w + ((<usize>(ky * run * filters + o)) << 2)
      for (let i = 0; i < run; i++) {
        store<f32>(y, load<f32>(from))
        from += (<usize>filters) << 2
        y += 4
      }
    }
  }
}

/** Lists the values of `count` that are not zeros, with offsets from `offset` on, `offsetStep` apart. Returns how many. */
function listFilters(dy: usize, count: i32, offset: usize, offsetStep: usize, list: usize): i32 {
  let to = list
  for (let i = 0; i < count; i++) {
    const value = load<f32>(dy + ((<usize>i) << 2))
    store<f32>(to, value)
    store<usize>(to + OFFSETS, offset)
    to += (<usize>(value != 0)) << 2
    offset += offsetStep
  }
  return <i32>((to - list) >> 2)
}

/** y[j] += sum over the entries, in their order and one by one, of value times row[j]: `length` floats. */
function addRows(list: usize, count: i32, rows: usize, y: usize, length: i32): void {
  for (; length >= 48; length -= 48) {
    addRows48(list, count, rows, y)
    rows += 192
    y += 192
  }
  for (; length >= 16; length -= 16) {
    let s0 = v128.load(y)
    let s1 = v128.load(y, 16)
    let s2 = v128.load(y, 32)
    let s3 = v128.load(y, 48)
    const end = list + ((<usize>count) << 2)
    for (let e = list; e < end; e += 4) {
      const x = v128.load32_splat(e)
      const row = rows + load<usize>(e + OFFSETS)
      s0 = multiplyAdd(x, v128.load(row), s0)
      s1 = multiplyAdd(x, v128.load(row, 16), s1)
      s2 = multiplyAdd(x, v128.load(row, 32), s2)
      s3 = multiplyAdd(x, v128.load(row, 48), s3)
    }
    v128.store(y, s0)
    v128.store(y, s1, 16)
    v128.store(y, s2, 32)
    v128.store(y, s3, 48)
    rows += 64
    y += 64
  }
  for (; length > 0; length -= 4) {
    const zero = f32x4.splat(0)
    let sum = loadLanes(y, length)
    const end = list + ((<usize>count) << 2)
    for (let e = list; e < end; e += 4) {
      const row = rows + load<usize>(e + OFFSETS)
      const values = length >= 4 ? v128.load(row) : loadTail(row, length, zero)
      sum = multiplyAdd(v128.load32_splat(e), values, sum)
    }
    storeLanes(y, length, sum)
    rows += 16
    y += 16
  }
}

/** Twelve sums fill the registers of x64 that the factor and a product leave. */
function addRows48(list: usize, count: i32, rows: usize, y: usize): void {
  let s0 = v128.load(y)
  let s1 = v128.load(y, 16)
  let s2 = v128.load(y, 32)
  let s3 = v128.load(y, 48)
  let s4 = v128.load(y, 64)
  let s5 = v128.load(y, 80)
  let s6 = v128.load(y, 96)
  let s7 = v128.load(y, 112)
  let s8 = v128.load(y, 128)
  let s9 = v128.load(y, 144)
  let s10 = v128.load(y, 160)
  let s11 = v128.load(y, 176)
  const end = list + ((<usize>count) << 2)
  for (let e = list; e < end; e += 4) {
    const x = v128.load32_splat(e)
    const row = rows + load<usize>(e + OFFSETS)
    s0 = multiplyAdd(x, v128.load(row), s0)
    s1 = multiplyAdd(x, v128.load(row, 16), s1)
    s2 = multiplyAdd(x, v128.load(row, 32), s2)
    s3 = multiplyAdd(x, v128.load(row, 48), s3)
    s4 = multiplyAdd(x, v128.load(row, 64), s4)
    s5 = multiplyAdd(x, v128.load(row, 80), s5)
    s6 = multiplyAdd(x, v128.load(row, 96), s6)
    s7 = multiplyAdd(x, v128.load(row, 112), s7)
    s8 = multiplyAdd(x, v128.load(row, 128), s8)
    s9 = multiplyAdd(x, v128.load(row, 144), s9)
    s10 = multiplyAdd(x, v128.load(row, 160), s10)
    s11 = multiplyAdd(x, v128.load(row, 176), s11)
  }
  v128.store(y, s0)
  v128.store(y, s1, 16)
  v128.store(y, s2, 32)
  v128.store(y, s3, 48)
  v128.store(y, s4, 64)
  v128.store(y, s5, 80)
  v128.store(y, s6, 96)
  v128.store(y, s7, 112)
  v128.store(y, s8, 128)
  v128.store(y, s9, 144)
  v128.store(y, s10, 160)
  v128.store(y, s11, 176)
}
