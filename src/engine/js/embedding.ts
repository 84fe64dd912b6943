import { addSpan } from './add.js'
import type { Views } from './views.js'

/** y[p, :] = table[ids[p], :], or zeros where the table has no such row; see assembly/embedding.ts. */
export function embedding(
  { f32, u32 }: Views,
  ids: number,
  table: number,
  y: number,
  count: number,
  rows: number,
  size: number,
): void {
  for (let p = 0; p < count; p++) {
    const id = u32[(ids >>> 2) + p]!
    const to = (y >>> 2) + p * size
    const from = (table >>> 2) + id * size
    if (id < rows) f32.copyWithin(to, from, from + size)
    else f32.fill(0, to, to + size)
  }
}

/** dtable[ids[p], :] += dy[p, :] in increasing p, but for `padding`; see assembly/embedding.ts. */
export function embeddingBackward(
  { f32, u32 }: Views,
  ids: number,
  dy: number,
  dtable: number,
  count: number,
  rows: number,
  size: number,
  padding: number,
): void {
  for (let p = 0; p < count; p++) {
    const id = u32[(ids >>> 2) + p]!
    if (id >= rows || id === padding) continue
    addSpan(f32, (dy >>> 2) + p * size, (dtable >>> 2) + id * size, size)
  }
}
