import { NO_ID } from '../../../assembly/codes.js'
import type { Views } from './views.js'

/** y[r * rowStep + j * idStep] = source[indices[r], j], or source[r, j] without indices; see assembly/gather-ids.ts. */
export function gatherIds(
  { i32, u32 }: Views,
  source: number,
  indices: number,
  y: number,
  count: number,
  rows: number,
  size: number,
  rowStep: number,
  idStep: number,
): void {
  for (let r = 0; r < rows; r++) {
    const row = indices === 0 ? r : u32[(indices >>> 2) + r]!
    const isThere = row < count
    for (let j = 0; j < size; j++) {
      i32[(y >>> 2) + r * rowStep + j * idStep] = isThere ? i32[(source >>> 2) + row * size + j]! : NO_ID
    }
  }
}

/** mask[i] = 0 where ids[i] = id, else 1. */
export function idMask({ f32, i32 }: Views, ids: number, mask: number, count: number, id: number): void {
  for (let i = 0; i < count; i++) f32[(mask >>> 2) + i] = i32[(ids >>> 2) + i] === id ? 0 : 1
}
