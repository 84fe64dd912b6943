import type { Assertions } from './cases.js'

const QUIET_NAN = 0x7fc00000

/** The bits of floats, every NaN as the same one: engines differ in NaN payloads. */
export function bitsOf(x: Float32Array): Uint32Array {
  const bits = new Uint32Array(x.slice().buffer)
  for (let i = 0; i < x.length; i++) if (Number.isNaN(x[i])) bits[i] = QUIET_NAN
  return bits
}

/** Asserts that two arrays hold the same bits, and names the first place where they do not. */
export function sameBits(t: Assertions, found: Float32Array, wanted: Float32Array, message: string): void {
  const a = bitsOf(found)
  const b = bitsOf(wanted)
  const i = a.findIndex((bits, i) => bits !== b[i])
  const same = a.length === b.length && i === -1
  const difference = `: ${found[i]} at ${i}, not ${wanted[i]}; lengths ${a.length} and ${b.length}`
  t.ok(same, same ? message : message + difference)
}

/**
 * Floats that meet every branch: the special values, denormals, ordinary numbers up to 8 in magnitude and arbitrary bit
 * patterns, in turn, drawn from `integers`.
 */
export function mixedFloats(count: number, integers: (low: number, high: number) => number): Float32Array {
  const special = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    1e-45,
    -1e-45,
    1e-39,
    3.4e38,
    -3.4e38,
    88.72,
    -103.9,
    0.5,
    -0.5,
  ]
  const word = new Uint32Array(1)
  const float = new Float32Array(word.buffer)
  return Float32Array.from({ length: count }, () => {
    const kind = integers(0, 7)
    if (kind === 0) return special[integers(0, special.length - 1)]!
    if (kind < 6) return integers(-(2 ** 23), 2 ** 23) / 2 ** 20
    word[0] = integers(0, 2 ** 32 - 1)
    return float[0]!
  })
}
