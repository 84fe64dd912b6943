import { cosTurns, log, sinTurns } from './math.js'
import { elementWords } from './philox.js'
import type { Views } from './views.js'

const f = Math.fround
const UNIT = 2 ** -24
const words = new Uint32Array(16)

/** x[e] = low + (high - low) u with u = (word >>> 8) / 2^24; what rounds up to `high` becomes `low`. */
export function uniform(
  memory: Views,
  x: number,
  count: number,
  low: number,
  high: number,
  seed: number,
  stream: number,
): void {
  const { f32 } = memory
  const width = f(high - low)
  for (let e = 0; e < count; e++) {
    if ((e & 15) === 0) elementWords(e >>> 4, 0, 0, seed, stream, words)
    const value = f(low + f(width * unit(words[e & 15]!, 0)))
    f32[(x >>> 2) + e] = value < high ? value : low
  }
}

/** x[e] = mean + deviation z, z standard normal by Box and Muller; see assembly/random.ts for the pairs of words. */
export function normal(
  memory: Views,
  x: number,
  count: number,
  mean: number,
  deviation: number,
  seed: number,
  stream: number,
): void {
  const { f32 } = memory
  for (let e = 0; e < count; e++) {
    const lane = e & 15
    if (lane === 0) elementWords(e >>> 4, 0, 0, seed, stream, words)
    const radius = f(Math.sqrt(f(-2 * log(unit(words[lane & ~4]!, 1)))))
    const turn = unit(words[lane | 4]!, 0)
    const z = f(radius * ((lane & 4) === 0 ? cosTurns(turn) : sinTurns(turn)))
    f32[(x >>> 2) + e] = mean + f(deviation * z)
  }
}

/** ((word >>> 8) + more) / 2^24, exactly. */
function unit(word: number, more: number): number {
  return ((word >>> 8) + more) * UNIT
}
