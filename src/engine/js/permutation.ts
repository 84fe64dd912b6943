import { permutation as order } from './philox.js'
import type { Views } from './views.js'

/** x = a random order of 0 .. count - 1 (int32) for the step *step. */
export function permutation(
  memory: Views,
  x: number,
  count: number,
  seed: number,
  stream: number,
  step: number,
): void {
  memory.u32.set(order(count, seed, stream, memory.u32[step >>> 2]!), x >>> 2)
}
