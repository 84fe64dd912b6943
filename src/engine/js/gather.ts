import type { Views } from './views.js'

const { fround, min } = Math

/** The row of the batch's row r; an index outside of 0 .. count - 1 is taken for the last. */
function rowAt(u32: Uint32Array, indices: number, r: number, count: number): number {
  return min(u32[(indices >>> 2) + r]!, (count - 1) >>> 0)
}

/** y[r, j] = (source[indices[r], j] - mean[j]) * scale[j]; without mean and scale source. See assembly/gather.ts. */
export function gather(
  { f32, u32 }: Views,
  source: number,
  indices: number,
  mean: number,
  scale: number,
  y: number,
  rows: number,
  size: number,
  count: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = (source >>> 2) + rowAt(u32, indices, r, count) * size
    const to = (y >>> 2) + r * size
    if (mean === 0) {
      f32.copyWithin(to, from, from + size)
      continue
    }
    for (let j = 0; j < size; j++) {
      f32[to + j] = fround(f32[from + j]! - f32[(mean >>> 2) + j]!) * f32[(scale >>> 2) + j]!
    }
  }
}

/** y[r, j] = (source[indices[r], j] / 255 - mean[j]) * scale[j]; without mean and scale source / 255. */
export function gatherBytes(
  { u8, u32, f32 }: Views,
  source: number,
  indices: number,
  mean: number,
  scale: number,
  y: number,
  rows: number,
  size: number,
  count: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = source + rowAt(u32, indices, r, count) * size
    const to = (y >>> 2) + r * size
    for (let j = 0; j < size; j++) {
      const pixel = fround(u8[from + j]! / 255)
      if (mean === 0) f32[to + j] = pixel
      else f32[to + j] = fround(pixel - f32[(mean >>> 2) + j]!) * f32[(scale >>> 2) + j]!
    }
  }
}

/** y[r] = labels[indices[r]]. */
export function gatherLabels(
  { u8, u32, i32 }: Views,
  labels: number,
  indices: number,
  y: number,
  rows: number,
  count: number,
): void {
  for (let r = 0; r < rows; r++) i32[(y >>> 2) + r] = u8[labels + rowAt(u32, indices, r, count)]!
}
