/**
 * exp, log, tanh, the sigmoid, sine and cosine on four float32 lanes, from additions, subtractions, multiplications,
 * divisions and bit operations alone, so that every engine gives the same bits. src/engine/js/math.ts holds the scalar
 * twins. Errors are the largest over all float32, in units in the last place (ulp) of the exact result.
 *
 * Range reduction as in W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980). The polynomials
 * are minimax fits of the relative error, their coefficients rounded to float32 one after the other, lowest first.
 */

import { multiplyAdd } from './lanes'

// One constant a line, at an address: V8 would rebuild a constant vector from instructions at each use.
const ONE = memory.data<f32>([1])
const TWO = memory.data<f32>([2])
const FOUR = memory.data<f32>([4])
const HALF = memory.data<f32>([0.5])
const QUARTER = memory.data<f32>([0.25])
/** The sign bit alone. */
const MINUS_ZERO = memory.data<f32>([-0.0])
const MINUS_TWO = memory.data<f32>([-2])

/** 1.5 * 2^23. Adding it rounds to an integer, ties to even, and leaves that integer in the low bits. */
const ROUND = memory.data<f32>([12582912])
const LOG2_E = memory.data<f32>([1.44269502])
const LN_2 = memory.data<f32>([0.693147182])
/** ln 2 in two parts; the high one has so few bits that its product with an exponent is exact. */
const LN_2_HIGH = memory.data<f32>([0.693145752])
const LN_2_LOW = memory.data<f32>([1.42860677e-6])

/** expm1(r) = r + r^2 (E2 + E3 r + E4 r^2 + E5 r^3 + E6 r^4) for |r| <= ln(2) / 2, to 2^-26 of the result. */
const E2 = memory.data<f32>([0.5])
const E3 = memory.data<f32>([0.166665494])
const E4 = memory.data<f32>([0.0416674651])
const E5 = memory.data<f32>([0.00836619735])
const E6 = memory.data<f32>([0.00138366979])

/** Beyond these exp is infinite, or rounds to 0, and tanh to 1. */
const EXP_HIGHEST = memory.data<f32>([89])
const EXP_LOWEST = memory.data<f32>([-104])
const TANH_HIGHEST = memory.data<f32>([9.5])
const TWO_TO_64 = memory.data<f32>([1.8446744073709552e19])
const TWO_TO_MINUS_64 = memory.data<f32>([5.42101086e-20])

/** log(1 + f) = 2 atanh(s) with s = f / (2 + f), and 2 atanh(s) = 2 s + s (L1 s^2 + L2 s^4 + L3 s^6 + L4 s^8). */
const L1 = memory.data<f32>([0.666666627])
const L2 = memory.data<f32>([0.400009722])
const L3 = memory.data<f32>([0.284987926])
const L4 = memory.data<f32>([0.242788315])
const SMALLEST_NORMAL = memory.data<f32>([1.17549435e-38])
const TWO_TO_24 = memory.data<f32>([16777216])
const MINUS_24 = memory.data<f32>([-24])
const INFINITY = memory.data<f32>([f32.POSITIVE_INFINITY])

/** sqrt(2) - 1 */
const SQRT_2_LESS_1 = memory.data<f32>([0.414213568])

/**
 * Phi(-t) e^(t^2 / 2) (1 + t) = M0 + M1 v + ... + M9 v^9 with v = (t - 3.5) / (t + 3.5) for 0 <= t <= 15, Phi being the
 * normal distribution: Mills' ratio, straightened as in M. Shepherd and J. Laframboise, Chebyshev approximation of
 * (1 + 2x) exp(x^2) erfc x (1981).
 */
const MILLS_SHIFT = memory.data<f32>([3.5])
const M0 = memory.data<f32>([0.478553176])
const M1 = memory.data<f32>([-0.0977125987])
const M2 = memory.data<f32>([0.000787385041])
const M3 = memory.data<f32>([0.0380484983])
const M4 = memory.data<f32>([-0.0302632079])
const M5 = memory.data<f32>([0.0103715723])
const M6 = memory.data<f32>([0.00029438833])
const M7 = memory.data<f32>([-0.0013878349])
const M8 = memory.data<f32>([9.525715e-5])
const M9 = memory.data<f32>([0.000147375729])
/** The upper half of a float's digits, whose square is exact. */
const UPPER_DIGITS = memory.data<u32>([0xfffff000])
const MINUS_HALF = memory.data<f32>([-0.5])
/** Below this e^x - 1 rounds to -1. */
const EXPM1_LOWEST = memory.data<f32>([-20])

/** sin(2 pi r) = r (S0 + S1 r^2 + ...) and cos(2 pi r) = 1 + r^2 (C0 + C1 r^2 + ...) for |r| <= 1/8. */
const S0 = memory.data<f32>([6.28318548])
const S1 = memory.data<f32>([-41.3418694])
const S2 = memory.data<f32>([81.6265259])
const S3 = memory.data<f32>([-76.8181229])
const C0 = memory.data<f32>([-19.7392082])
const C1 = memory.data<f32>([64.9391403])
const C2 = memory.data<f32>([-85.423111])
const C3 = memory.data<f32>([58.5601959])

// @ts-ignore: decorator
@inline
function all(constant: usize): v128 {
  return v128.load_splat<f32>(constant)
}

/** e^x, at most 1.03 ulp off, denormal results included. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // a < b ? b : a, written pmax(a, b), keeps a NaN in `a`; so does pmin.
  const bounded = f32x4.pmax(f32x4.pmin(x, all(EXP_HIGHEST)), all(EXP_LOWEST))
  const rounded = f32x4.add(f32x4.mul(bounded, all(LOG2_E)), all(ROUND))
  const p = f32x4.add(expm1Reduced(reduce(bounded, f32x4.sub(rounded, all(ROUND)))), all(ONE))
  // The exponent n in two halves, since 2^n itself may be out of range. Only the second product can round.
  const half = i32x4.shr_s(rounded, 1)
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(rounded, half)))
}

/** e^x for x <= 0, the same bits as `exp` in fewer operations. */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  const bounded = f32x4.pmax(x, all(EXP_LOWEST))
  const rounded = f32x4.add(f32x4.mul(bounded, all(LOG2_E)), all(ROUND))
  const p = f32x4.add(expm1Reduced(reduce(bounded, f32x4.sub(rounded, all(ROUND)))), all(ONE))
  // p * 2^(n + 64) is exact; the product with 2^-64 rounds where the result is denormal.
  const scale = i32x4.add(i32x4.shl(rounded, 23), all(TWO_TO_64))
  return f32x4.mul(f32x4.mul(p, scale), all(TWO_TO_MINUS_64))
}

/** x - n ln 2 */
// @ts-ignore: decorator
@inline
function reduce(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, all(LN_2_HIGH))), f32x4.mul(n, all(LN_2_LOW)))
}

/** e^r - 1 for |r| <= ln(2) / 2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const r2 = f32x4.mul(r, r)
  const low = multiplyAdd(all(E3), r, all(E2))
  const middle = multiplyAdd(all(E5), r, all(E4))
  const p = multiplyAdd(r2, multiplyAdd(r2, all(E6), middle), low)
  return multiplyAdd(r2, p, r)
}

/** 2^n, n being the low 9 bits of each lane as a signed number from -126 to 127: n is added to the exponent of 1. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), all(ONE))
}

/**
 * 1 / (1 + e^-x), at most 1.89 ulp off, denormal results included. With E = e^-|x| and g = E / (1 + E) it is 1 - g for
 * x >= 0 and E - E g for x < 0: the shorter g for x < 0 would be 2.4 ulp off, since 1 + E rounds.
 */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = expNegative(v128.or(x, all(MINUS_ZERO)))
  const g = f32x4.div(e, f32x4.add(e, all(ONE)))
  const base = v128.bitselect(e, all(ONE), i32x4.shr_s(x, 31))
  return f32x4.sub(base, f32x4.mul(base, g))
}

/**
 * tanh(x), at most 1.97 ulp off: (1 - E) / (1 + E) with E = e^(-2|x|) = 2^n (1 + q), so 1 - E = (1 - 2^n) - 2^n q, which
 * keeps its relative accuracy down to the smallest x. ln 2 in one part is enough, E being small where n is large.
 */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const magnitude = v128.andnot(x, all(MINUS_ZERO))
  const y = f32x4.mul(f32x4.pmin(magnitude, all(TANH_HIGHEST)), all(MINUS_TWO))
  const rounded = f32x4.add(f32x4.mul(y, all(LOG2_E)), all(ROUND))
  const r = f32x4.sub(y, f32x4.mul(f32x4.sub(rounded, all(ROUND)), all(LN_2)))
  const scale = powerOfTwo(rounded)
  const q = f32x4.mul(scale, expm1Reduced(r))
  const above = f32x4.sub(f32x4.sub(all(ONE), scale), q)
  const below = f32x4.add(f32x4.add(all(ONE), scale), q)
  return v128.or(f32x4.div(above, below), v128.xor(x, magnitude))
}

/**
 * Natural logarithm, at most 0.84 ulp off, of denormals too; -infinity for 0 and NaN below. x = 2^n (1 + f) with 1 + f
 * between sqrt(1/2) and sqrt(2).
 */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, all(SMALLEST_NORMAL))
  const normal = v128.bitselect(f32x4.mul(x, all(TWO_TO_24)), x, tiny)
  const SQRT_HALF_BITS = i32x4.splat(0x3f3504f3)
  const offset = i32x4.sub(normal, SQRT_HALF_BITS)
  const n = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23)), v128.and(tiny, all(MINUS_24)))
  const m = i32x4.add(v128.and(offset, i32x4.splat(0x7fffff)), SQRT_HALF_BITS)
  const f = f32x4.sub(m, all(ONE))
  const result = logReduced(f, n)
  // Infinity and NaN are their own logarithms; x <= 0 has -1/0 or (x - x)/0.
  const zero = f32x4.splat(0)
  const pole = f32x4.div(v128.bitselect(f32x4.sub(x, x), f32x4.neg(all(ONE)), f32x4.lt(x, zero)), zero)
  const finite = v128.bitselect(result, x, f32x4.lt(x, all(INFINITY)))
  return v128.bitselect(pole, finite, f32x4.le(x, zero))
}

/** log(1 + f) + n ln 2 for 1 + f between sqrt(1/2) and sqrt(2). */
// @ts-ignore: decorator
@inline
function logReduced(f: v128, n: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, all(TWO)))
  const z = f32x4.mul(s, s)
  const h = f32x4.mul(f32x4.mul(f, f), all(HALF))
  const low = f32x4.add(all(L1), f32x4.mul(z, all(L2)))
  const high = f32x4.add(all(L3), f32x4.mul(z, all(L4)))
  const p = f32x4.mul(z, f32x4.add(low, f32x4.mul(f32x4.mul(z, z), high)))
  const small = f32x4.add(f32x4.mul(s, f32x4.add(h, p)), f32x4.mul(n, all(LN_2_LOW)))
  return f32x4.add(f32x4.add(f32x4.sub(small, h), f), f32x4.mul(n, all(LN_2_HIGH)))
}

/** log(1 + e^x), at most 1.7 ulp off, denormal results included: max(x, 0) + log(1 + E) with E = e^-|x|. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const e = expNegative(v128.or(x, all(MINUS_ZERO)))
  // 1 + E is 2 (1 + (E - 1) / 2) where it lies above sqrt(2).
  const large = f32x4.gt(e, all(SQRT_2_LESS_1))
  const f = v128.bitselect(f32x4.mul(f32x4.sub(e, all(ONE)), all(HALF)), e, large)
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), logReduced(f, v128.and(large, all(ONE))))
}

/** e^x - 1 for x <= 0, at most 1 ulp off: (2^n - 1) + 2^n (e^r - 1). */
// @ts-ignore: decorator
@inline
export function expm1Negative(x: v128): v128 {
  const bounded = f32x4.pmax(x, all(EXPM1_LOWEST))
  const rounded = f32x4.add(f32x4.mul(bounded, all(LOG2_E)), all(ROUND))
  const scale = powerOfTwo(rounded)
  const q = f32x4.mul(scale, expm1Reduced(reduce(bounded, f32x4.sub(rounded, all(ROUND)))))
  return f32x4.add(f32x4.sub(scale, all(ONE)), q)
}

/** e^(-t^2 / 2) for |t| <= 15, at most 1.5 ulp off: what rounding t^2 to q takes away is made good afterwards. */
// @ts-ignore: decorator
@inline
export function gaussian(t: v128): v128 {
  const q = f32x4.mul(t, t)
  const upper = v128.and(t, all(UPPER_DIGITS))
  const lower = f32x4.sub(t, upper)
  const cross = f32x4.add(f32x4.sub(f32x4.mul(upper, upper), q), f32x4.mul(f32x4.add(upper, upper), lower))
  const rest = f32x4.add(cross, f32x4.mul(lower, lower))
  const e = expNegative(f32x4.mul(q, all(MINUS_HALF)))
  return f32x4.add(e, f32x4.mul(e, f32x4.mul(rest, all(MINUS_HALF))))
}

/**
 * Phi(-t), the part of the normal distribution below -t, for 0 <= t <= 15, given g = e^(-t^2 / 2); at most 4.2 ulp
 * off.
 */
// @ts-ignore: decorator
@inline
export function normalTail(t: v128, g: v128): v128 {
  const v = f32x4.div(f32x4.sub(t, all(MILLS_SHIFT)), f32x4.add(t, all(MILLS_SHIFT)))
  let p = horner(v, M6, M7, M8, M9)
  p = f32x4.add(all(M5), f32x4.mul(v, p))
  p = f32x4.add(all(M4), f32x4.mul(v, p))
  p = f32x4.add(all(M3), f32x4.mul(v, p))
  p = f32x4.add(all(M2), f32x4.mul(v, p))
  p = f32x4.add(all(M1), f32x4.mul(v, p))
  p = f32x4.add(all(M0), f32x4.mul(v, p))
  return f32x4.mul(g, f32x4.div(p, f32x4.add(t, all(ONE))))
}

/** sin(2 pi u) for u in [0, 1], at most 1.57 ulp off. */
// @ts-ignore: decorator
@inline
export function sinTurns(u: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(u, all(FOUR)), all(ROUND))
  return quadrant(u, rounded, rounded)
}

/** cos(2 pi u) for u in [0, 1], at most 1.57 ulp off. */
// @ts-ignore: decorator
@inline
export function cosTurns(u: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(u, all(FOUR)), all(ROUND))
  return quadrant(u, rounded, i32x4.add(rounded, i32x4.splat(1)))
}

/**
 * sin(2 pi (r + k/4)), r being u less its nearest multiple of 1/4 and k the low two bits of `quarter`: sine or cosine
 * of r, negated for k = 2 and 3.
 */
// @ts-ignore: decorator
@inline
function quadrant(u: v128, rounded: v128, quarter: v128): v128 {
  const r = f32x4.sub(u, f32x4.mul(f32x4.sub(rounded, all(ROUND)), all(QUARTER)))
  const z = f32x4.mul(r, r)
  const sine = f32x4.mul(r, horner(z, S0, S1, S2, S3))
  const cosine = f32x4.add(all(ONE), f32x4.mul(z, horner(z, C0, C1, C2, C3)))
  const odd = i32x4.shr_s(i32x4.shl(quarter, 31), 31)
  const sign = i32x4.shl(i32x4.shr_u(quarter, 1), 31)
  return v128.xor(v128.bitselect(cosine, sine, odd), sign)
}

/** c0 + z (c1 + z (c2 + z c3)) */
// @ts-ignore: decorator
@inline
function horner(z: v128, c0: usize, c1: usize, c2: usize, c3: usize): v128 {
  const inner = f32x4.add(all(c2), f32x4.mul(z, all(c3)))
  return f32x4.add(all(c0), f32x4.mul(z, f32x4.add(all(c1), f32x4.mul(z, inner))))
}
