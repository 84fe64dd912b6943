/**
 * Philox 4x32-10, the counter-based random generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011), section 4.3, for four blocks at once.
 */

const MULTIPLIER_0 = memory.data<u32>([0xd2511f53])
const MULTIPLIER_1 = memory.data<u32>([0xcd9e8d57])
/** The key's increments between rounds: the golden ratio and the square root of 3, less 1, times 2^32. */
const WEYL_0 = memory.data<u32>([0x9e3779b9])
const WEYL_1 = memory.data<u32>([0xbb67ae85])
const ROUNDS: i32 = 10

/** Bytes that `elementWords` writes. */
export const WORDS_BYTES: usize = 64

/**
 * Writes the random words of the 16 elements 16 * group .. 16 * group + 15 to `out`, as uint32. Element e takes word
 * (e >>> 2) & 3 of block 4 * (e >>> 4) + (e & 3), a block being Philox at the counter (block, step, attempt, 0) and the
 * key (seed, stream): so four blocks in the four lanes give their words in the order of the elements.
 */
export function elementWords(group: i32, step: i32, attempt: i32, seed: i32, stream: i32, out: usize): void {
  let c0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3))
  let c1 = i32x4.splat(step)
  let c2 = i32x4.splat(attempt)
  let c3 = i32x4.splat(0)
  let key0 = i32x4.splat(seed)
  let key1 = i32x4.splat(stream)
  for (let round = 0; round < ROUNDS; round++) {
    const multiplier0 = v128.load_splat<u32>(MULTIPLIER_0)
    const multiplier1 = v128.load_splat<u32>(MULTIPLIER_1)
    const first0 = i64x2.extmul_low_i32x4_u(c0, multiplier0)
    const last0 = i64x2.extmul_high_i32x4_u(c0, multiplier0)
    const first1 = i64x2.extmul_low_i32x4_u(c2, multiplier1)
    const last1 = i64x2.extmul_high_i32x4_u(c2, multiplier1)
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(first1, last1, 1, 3, 5, 7), c1), key0)
    c1 = v128.shuffle<i32>(first1, last1, 0, 2, 4, 6)
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(first0, last0, 1, 3, 5, 7), c3), key1)
    c3 = v128.shuffle<i32>(first0, last0, 0, 2, 4, 6)
    key0 = i32x4.add(key0, v128.load_splat<u32>(WEYL_0))
    key1 = i32x4.add(key1, v128.load_splat<u32>(WEYL_1))
  }
  v128.store(out, c0)
  v128.store(out, c1, 16)
  v128.store(out, c2, 32)
  v128.store(out, c3, 48)
}
