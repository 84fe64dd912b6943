/**
 * Philox 4x32-10, the counter-based random generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011), section 4.3. The twin of assembly/philox.ts. Words are uint32; numbers that are passed in may
 * be signed or unsigned.
 */

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
/** The key's increments between rounds: the golden ratio and the square root of 3, less 1, times 2^32. */
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/** Working memory of the functions below. */
const block = new Uint32Array(4)
const retried = new Uint32Array(16)

/** Writes the four random words of one counter and key to out[0 .. 3]. */
export function philox4x32(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  let c0 = counter0
  let c1 = counter1
  let c2 = counter2
  let c3 = counter3
  let k0 = key0
  let k1 = key1
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0)
    const low0 = Math.imul(MULTIPLIER_0, c0)
    const high1 = multiplyHigh(MULTIPLIER_1, c2)
    const low1 = Math.imul(MULTIPLIER_1, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/**
 * The random words of the 16 elements 16 * group .. 16 * group + 15, to words[0 .. 15]. Element e takes word
 * (e >>> 2) & 3 of block 4 * (e >>> 4) + (e & 3), a block being Philox at the counter (block, step, attempt, 0) and the
 * key (seed, stream): so four blocks in the four lanes of SIMD registers give their words in the order of the elements.
 */
export function elementWords(
  group: number,
  step: number,
  attempt: number,
  seed: number,
  stream: number,
  words: Uint32Array,
): void {
  for (let lane = 0; lane < 4; lane++) {
    philox4x32(4 * group + lane, step, attempt, 0, seed, stream, block)
    for (let word = 0; word < 4; word++) words[4 * word + lane] = block[word]!
  }
}

/**
 * A random order of 0 .. count - 1, the same as the instruction `permutation` gives: Fisher and Yates's shuffle from the last place
 * down (Knuth, The Art of Computer Programming, volume 2, algorithm P). Place i is swapped with place
 * floor(word * (i + 1) / 2^32), where `word` is the word of element i; words that would favour a place are refused, and
 * the next `attempt` at the word of element i is made (Lemire, "Fast random integer generation in an interval", 2019).
 */
export function permutation(count: number, seed: number, stream: number, step: number): Uint32Array {
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  const words = new Uint32Array(16)
  let group = -1
  for (let i = count - 1; i > 0; i--) {
    if (i >>> 4 !== group) {
      group = i >>> 4
      elementWords(group, step, 0, seed, stream, words)
    }
    const j = bounded(words[i & 15]!, i, step, seed, stream)
    const last = order[i]!
    order[i] = order[j]!
    order[j] = last
  }
  return order
}

/** An unbiased integer in 0 .. i, from the first word of element i or, rarely, from later attempts. */
function bounded(first: number, i: number, step: number, seed: number, stream: number): number {
  const range = i + 1
  let word = first
  let low = Math.imul(word, range) >>> 0
  if (low < range) {
    const refused = 2 ** 32 % range
    for (let attempt = 1; low < refused; attempt++) {
      elementWords(i >>> 4, step, attempt, seed, stream, retried)
      word = retried[i & 15]!
      low = Math.imul(word, range) >>> 0
    }
  }
  return multiplyHigh(word, range)
}

/** The upper 32 bits of a product of two uint32, from products of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  // Neither sum exceeds 32 bits, and `| 0` keeps them integers.
  const middle0 = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0
  const middle1 = (Math.imul(aLow, bHigh) + (middle0 & 0xffff)) | 0
  return (Math.imul(aHigh, bHigh) + (middle0 >>> 16) + (middle1 >>> 16)) >>> 0
}
