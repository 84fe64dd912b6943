import { PENALTY_BLOCK } from '../../../assembly/codes.js'
import type { Views } from './views.js'

const { abs, fround } = Math

/** gradient[i] += l1 * sign(p[i]) + 2 * l2 * p[i]; see assembly/regularise.ts. */
export function regularise(
  { f32 }: Views,
  parameter: number,
  gradient: number,
  count: number,
  l1: number,
  l2: number,
): void {
  const [p, g] = [parameter >>> 2, gradient >>> 2]
  const doubleL2 = fround(2 * l2)
  for (let i = 0; i < count; i++) {
    const value = f32[p + i]!
    const one = value > 0 ? l1 : value < 0 ? -l1 : 0
    f32[g + i] = f32[g + i]! + fround(one + fround(doubleL2 * value))
  }
}

/** sums[b] = sum of (l1 + l2 |x|) |x| over the elements of block b, in float64. */
export function penalty(
  { f32, f64 }: Views,
  x: number,
  sums: number,
  count: number,
  l1: number,
  l2: number,
): void {
  const [from, to] = [x >>> 2, sums >>> 3]
  const partial = new Float64Array(4)
  for (let start = 0; start < count; start += PENALTY_BLOCK) {
    partial.fill(0)
    for (let i = start; i < Math.min(start + PENALTY_BLOCK, count); i++) {
      const value = abs(f32[from + i]!)
      partial[i % 4]! += (l1 + l2 * value) * value
    }
    f64[to + start / PENALTY_BLOCK] = partial[0]! + partial[1]! + (partial[2]! + partial[3]!)
  }
}

/** totals[0] += rows * sum, totals[3] += sum, for the sum of `blocks` penalties. */
export function addPenalty(memory: Views, sums: number, totals: number, blocks: number, rows: number): void {
  const at = totals >>> 3
  const sum = sumOf(memory, sums, blocks)
  memory.f64[at]! += rows * sum
  memory.f64[at + 3]! += sum
}

/** The sum of `count` doubles, one after the other. */
export function sumOf({ f64 }: Views, x: number, count: number): number {
  const from = x >>> 3
  let sum = 0
  for (let i = 0; i < count; i++) sum += f64[from + i]!
  return sum
}
