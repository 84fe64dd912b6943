import { NO_ID } from './codes'
import { shareBegin, shareEnd } from './threads'

/**
 * y[r * rowStep + j * idStep] = source[indices[r], j] for r < rows and j < size: rows of int32 ids in any order, batch
 * first or time first. Without indices (0) row r is source[r, :]. Where the source [count, size] has no row indices[r], y
 * is NO_ID.
 */
export function gatherIds(
  source: usize,
  indices: usize,
  y: usize,
  count: i32,
  rows: i32,
  size: i32,
  rowStep: i32,
  idStep: i32,
): void {
  // Time first, neighbours in memory belong to different rows: whole cache lines for each thread.
  const end = shareEnd(rows, 16)
  const step = (<usize>idStep) << 2
  for (let r = shareBegin(rows, 16); r < end; r++) {
    const row = indices ? load<u32>(indices + ((<usize>r) << 2)) : r
    const isThere = row < <u32>count
    let from = source + ((<usize>row * <usize>size) << 2)
    let to = y + ((<usize>r * <usize>rowStep) << 2)
    for (let j = 0; j < size; j++) {
      store<i32>(to, isThere ? load<i32>(from) : NO_ID)
      from += 4
      to += step
    }
  }
}

/** mask[i] = 0 where ids[i] = id, else 1; ids int32 [count], mask float32 [count]. */
export function idMask(ids: usize, mask: usize, count: i32, id: i32): void {
  const end = (<usize>shareEnd(count, 16)) << 2
  for (let i = (<usize>shareBegin(count, 16)) << 2; i < end; i += 4) {
    store<f32>(mask + i, load<i32>(ids + i) == id ? 0 : 1)
  }
}
