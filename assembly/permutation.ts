import { elementWords, WORDS_BYTES } from './philox'
import { scratch } from './scratch'
import { isFirstThread } from './threads'

/**
 * x = a random order of 0 .. count - 1 (int32) for the step *step: Fisher and Yates's shuffle from the last place down
 * (Knuth, The Art of Computer Programming, volume 2, algorithm P). Place i is swapped with place
 * floor(word * (i + 1) / 2^32), where `word` is the word of element i; words that would favour a place are refused, and
 * the next `attempt` at the word of element i is made (Lemire, "Fast random integer generation in an interval", 2019).
 */
export function permutation(x: usize, count: i32, seed: i32, stream: i32, step: usize): void {
  if (!isFirstThread()) return
  for (let i = 0; i < count; i++) store<i32>(x + ((<usize>i) << 2), i)
  const words = scratch()
  let group = -1
  for (let i = count - 1; i > 0; i--) {
    if (i >>> 4 != group) {
      group = i >>> 4
      elementWords(group, load<i32>(step), 0, seed, stream, words)
    }
    const j = bounded(load<u32>(words + ((<usize>(i & 15)) << 2)), i, load<i32>(step), seed, stream)
    const placeI = x + ((<usize>i) << 2)
    const placeJ = x + ((<usize>j) << 2)
    const last = load<i32>(placeI)
    store<i32>(placeI, load<i32>(placeJ))
    store<i32>(placeJ, last)
  }
}

/** An unbiased integer in 0 .. i, from the first word of element i or, rarely, from later attempts. */
function bounded(word: u32, i: i32, step: i32, seed: i32, stream: i32): u32 {
  const range = <u32>(i + 1)
  let product = <u64>word * range
  if (<u32>product < range) {
    // 2^32 mod range, in 32 bits.
    const refused = <u32>(0 - range) % range
    const words = scratch() + WORDS_BYTES
    for (let attempt = 1; <u32>product < refused; attempt++) {
      elementWords(i >>> 4, step, attempt, seed, stream, words)
      product = <u64>load<u32>(words + ((<usize>(i & 15)) << 2)) * range
    }
  }
  return <u32>(product >>> 32)
}
