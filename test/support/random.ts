/** A small seeded generator for test data (Marsaglia's xorshift32): whole numbers in [low, high]. */
export function randomIntegers(seed: number): (low: number, high: number) => number {
  let state = seed | 1
  return (low, high) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return low + ((state >>> 0) % (high - low + 1))
  }
}
