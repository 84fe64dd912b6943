import { sumOf } from './regularise.js'
import type { Views } from './views.js'

/** x[i] = min(max(x[i], -limit), limit); see assembly/clip.ts. */
export function clipValue({ f32 }: Views, x: number, count: number, limit: number): void {
  const at = x >>> 2
  for (let i = 0; i < count; i++) f32[at + i] = Math.min(Math.max(f32[at + i]!, -limit), limit)
}

/** x[i] = x[i] * (limit / norm) where norm > limit, with norm = sqrt(sum of `squares`). */
export function clipNorm(
  memory: Views,
  x: number,
  squares: number,
  count: number,
  blocks: number,
  limit: number,
): void {
  const norm = Math.sqrt(sumOf(memory, squares, blocks))
  if (!(norm > limit)) return
  const factor = Math.fround(limit / norm)
  const { f32 } = memory
  const at = x >>> 2
  for (let i = 0; i < count; i++) f32[at + i] = f32[at + i]! * factor
}
