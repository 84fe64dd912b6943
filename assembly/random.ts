import { storeTail } from './lanes'
import { cosTurns, log, sinTurns } from './math'
import { elementWords } from './philox'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/**
 * Random draws for the initial values of parameters: element e of a tensor takes the word of element e at step 0, for
 * the tensor's own stream.
 */

/** 2^-24: a word's upper 24 bits times this are a float in [0, 1). */
const UNIT: f32 = 5.96046448e-8

/**
 * x[e] = low + (high - low) u with u = (word >>> 8) / 2^24, each operation rounded to float32. A result that rounds up to
 * `high` becomes `low`, so that all lie in [low, high).
 */
export function uniform(x: usize, count: i32, low: f32, high: f32, seed: i32, stream: i32): void {
  const end = shareEnd(count, 16)
  const words = scratch()
  const lows = f32x4.splat(low)
  const highs = f32x4.splat(high)
  const widths = f32x4.splat(high - low)
  for (let group = shareBegin(count, 16); group < end; group += 16) {
    elementWords(group >>> 4, 0, 0, seed, stream, words)
    for (let p = words; p < words + 64; p += 16) {
      const value = f32x4.add(lows, f32x4.mul(widths, unit(v128.load(p), 0)))
      v128.store(p, v128.bitselect(value, lows, f32x4.lt(value, highs)))
    }
    storeWords(x + ((<usize>group) << 2), words, min(16, end - group))
  }
}

/**
 * x[e] = mean + deviation z, z standard normal by G. E. P. Box and M. E. Muller, "A note on the generation of random
 * normal deviates" (1958): words a and b of a block give sqrt(-2 log u) cos(2 pi v) to the element of a and
 * sqrt(-2 log u) sin(2 pi v) to that of b, where u = ((a >>> 8) + 1) / 2^24, v = (b >>> 8) / 2^24, and (a, b) are the
 * words (0, 1) and (2, 3) of each block. |z| is at most 5.77.
 */
export function normal(x: usize, count: i32, mean: f32, deviation: f32, seed: i32, stream: i32): void {
  normalSpan(x, shareBegin(count, 16), shareEnd(count, 16), mean, deviation, seed, stream)
}

/** The elements begin .. end - 1 of `normal`; `begin` is a multiple of 16. */
export function normalSpan(
  x: usize,
  begin: i32,
  end: i32,
  mean: f32,
  deviation: f32,
  seed: i32,
  stream: i32,
): void {
  const words = scratch()
  const means = f32x4.splat(mean)
  const deviations = f32x4.splat(deviation)
  const minusTwo = f32x4.splat(-2)
  for (let group = begin; group < end; group += 16) {
    elementWords(group >>> 4, 0, 0, seed, stream, words)
    for (let p = words; p < words + 64; p += 32) {
      const radius = f32x4.sqrt(f32x4.mul(minusTwo, log(unit(v128.load(p), 1))))
      const turn = unit(v128.load(p, 16), 0)
      const cosine = f32x4.mul(radius, cosTurns(turn))
      const sine = f32x4.mul(radius, sinTurns(turn))
      v128.store(p, f32x4.add(means, f32x4.mul(deviations, cosine)))
      v128.store(p, f32x4.add(means, f32x4.mul(deviations, sine)), 16)
    }
    storeWords(x + ((<usize>group) << 2), words, min(16, end - group))
  }
}

/** ((word >>> 8) + more) / 2^24, exactly. */
// @ts-ignore: decorator
@inline
function unit(words: v128, more: i32): v128 {
  const integers = i32x4.add(i32x4.shr_u(words, 8), i32x4.splat(more))
  return f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.splat(UNIT))
}

/** Copies the first `count` (up to 16) of the floats at `words` to `x`. */
function storeWords(x: usize, words: usize, count: i32): void {
  for (; count >= 4; count -= 4, x += 16, words += 16) v128.store(x, v128.load(words))
  if (count > 0) storeTail(x, count, v128.load(words))
}
