import { addSpan } from './add'
import { shareBegin, shareEnd } from './threads'

/**
 * Rows of a table by their ids, such as the vectors of tokens. For the places p = 0 .. count - 1:
 *
 *   y[p, :] = table[ids[p], :], or zeros where the table has no such row     embedding
 *   dtable[ids[p], :] += dy[p, :] in increasing p                            embeddingBackward
 *
 * ids int32 [count], table and dtable [rows, size], y and dy [count, size]. Places whose id is `padding` or no row give
 * no gradient. Threads share the columns of dtable, never a sum: each reads all ids, and however often one of them occurs,
 * all have the same to do.
 */
export function embedding(ids: usize, table: usize, y: usize, count: i32, rows: i32, size: i32): void {
  const bytes = (<usize>size) << 2
  for (let p = shareBegin(count, 1), end = shareEnd(count, 1); p < end; p++) {
    const id = load<u32>(ids + ((<usize>p) << 2))
    const to = y + <usize>p * bytes
    if (id < <u32>rows) memory.copy(to, table + <usize>id * bytes, bytes)
    else memory.fill(to, 0, bytes)
  }
}

/** See above. */
export function embeddingBackward(
  ids: usize,
  dy: usize,
  dtable: usize,
  count: i32,
  rows: i32,
  size: i32,
  padding: i32,
): void {
  const bytes = (<usize>size) << 2
  const begin = shareBegin(size, 16)
  const columns = shareEnd(size, 16) - begin
  const offset = (<usize>begin) << 2
  for (let p: usize = 0; p < <usize>count; p++) {
    const id = load<u32>(ids + (p << 2))
    if (id >= <u32>rows || id == <u32>padding) continue
    addSpan(dy + p * bytes + offset, dtable + <usize>id * bytes + offset, columns)
  }
}
