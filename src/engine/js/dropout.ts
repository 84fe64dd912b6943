import { elementWords } from './philox.js'
import type { Views } from './views.js'

const words = new Uint32Array(16)

/**
 * y[e] = scale x[e] where the random word of element e at the step *step is at least `threshold` (uint32), else 0. x and
 * y may be the same memory.
 */
export function dropout(
  memory: Views,
  x: number,
  y: number,
  count: number,
  threshold: number,
  scale: number,
  seed: number,
  stream: number,
  step: number,
): void {
  const { i32, f32 } = memory
  x >>>= 2
  y >>>= 2
  threshold >>>= 0
  for (let e = 0; e < count; e++) {
    if ((e & 15) === 0) elementWords(e >>> 4, i32[step >>> 2]!, 0, seed, stream, words)
    f32[y + e] = words[e & 15]! >= threshold ? f32[x + e]! * scale : 0
  }
}
