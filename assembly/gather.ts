import { shareBegin, shareEnd } from './threads'

/**
 * Gathering a batch: row r of the batch is row indices[r] of a data set that lies in linear memory.
 *
 *   y[r, j] = (source[indices[r], j] - mean[j]) * scale[j]               gather        float32
 *   y[r, j] = (source[indices[r], j] / 255 - mean[j]) * scale[j]         gatherBytes   uint8 -> float32
 *   y[r]    = labels[indices[r]]                                         gatherLabels  uint8 -> int32
 *
 * source [count, size], indices [rows] int32, mean and scale [size] or both address 0: then y is the source, bytes scaled
 * to 0..1. y [rows, size]. An index outside of 0 .. count - 1 is taken for the last.
 */

// @ts-ignore: decorator
@inline
function rowAt(indices: usize, r: i32, count: i32): usize {
  return <usize>min<u32>(load<u32>(indices + ((<usize>r) << 2)), <u32>(count - 1))
}

/** See above. */
export function gather(
  source: usize,
  indices: usize,
  mean: usize,
  scale: usize,
  y: usize,
  rows: i32,
  size: i32,
  count: i32,
): void {
  const bytes = (<usize>size) << 2
  for (let r = shareBegin(rows, 1), end = shareEnd(rows, 1); r < end; r++) {
    const from = source + rowAt(indices, r, count) * bytes
    const to = y + <usize>r * bytes
    if (mean == 0) memory.copy(to, from, bytes)
    else standardise(from, mean, scale, to, size)
  }
}

export function standardise(from: usize, mean: usize, scale: usize, to: usize, size: i32): void {
  const end = from + ((<usize>size) << 2)
  for (; from + 16 <= end; from += 16, mean += 16, scale += 16, to += 16) {
    v128.store(to, f32x4.mul(f32x4.sub(v128.load(from), v128.load(mean)), v128.load(scale)))
  }
  for (; from < end; from += 4, mean += 4, scale += 4, to += 4) {
    store<f32>(to, (load<f32>(from) - load<f32>(mean)) * load<f32>(scale))
  }
}

/** See above. */
export function gatherBytes(
  source: usize,
  indices: usize,
  mean: usize,
  scale: usize,
  y: usize,
  rows: i32,
  size: i32,
  count: i32,
): void {
  for (let r = shareBegin(rows, 1), end = shareEnd(rows, 1); r < end; r++) {
    const from = source + rowAt(indices, r, count) * <usize>size
    const to = y + ((<usize>r * <usize>size) << 2)
    if (mean == 0) scalePixels(from, to, size)
    else standardisePixels(from, mean, scale, to, size)
  }
}

function scalePixels(from: usize, to: usize, size: i32): void {
  const levels = f32x4.splat(255)
  const end = from + <usize>size
  for (; from + 16 <= end; from += 16, to += 64) {
    const bytes = v128.load(from)
    const low = i16x8.extend_low_i8x16_u(bytes)
    const high = i16x8.extend_high_i8x16_u(bytes)
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), levels), 0)
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), levels), 16)
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), levels), 32)
    v128.store(to, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), levels), 48)
  }
  for (; from < end; from++, to += 4) store<f32>(to, <f32>load<u8>(from) / 255)
}

function standardisePixels(from: usize, mean: usize, scale: usize, to: usize, size: i32): void {
  const levels = f32x4.splat(255)
  const end = from + <usize>size
  for (; from + 4 <= end; from += 4, mean += 16, scale += 16, to += 16) {
    const pixels = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)))
    const scaled = f32x4.div(f32x4.convert_i32x4_u(pixels), levels)
    v128.store(to, f32x4.mul(f32x4.sub(scaled, v128.load(mean)), v128.load(scale)))
  }
  for (; from < end; from++, mean += 4, scale += 4, to += 4) {
    store<f32>(to, (<f32>load<u8>(from) / 255 - load<f32>(mean)) * load<f32>(scale))
  }
}

/** See above. */
export function gatherLabels(labels: usize, indices: usize, y: usize, rows: i32, count: i32): void {
  for (let r = shareBegin(rows, 16), end = shareEnd(rows, 16); r < end; r++) {
    store<i32>(y + ((<usize>r) << 2), <i32>load<u8>(labels + rowAt(indices, r, count)))
  }
}
