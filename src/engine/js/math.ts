/**
 * The scalar twins of assembly/math.ts, where formulas and constants are explained: exp, log, tanh, sigmoid, sine and
 * cosine in float32, one rounding an operation except where the result is exact anyway (differences of neighbours, and
 * products with powers of two or with the short LN_2_HIGH), the same bits in every JavaScript engine. Errors are in units
 * in the last place (ulp) of the exact result, for float32 arguments.
 */

const f = Math.fround

/** 1.5 * 2^52: adding it to a float64 rounds to an integer, ties to even, as adding 1.5 * 2^23 does in float32. */
const ROUND = 6755399441055744
const LOG2_E = f(1.44269502)
const LN_2 = f(0.693147182)
const LN_2_HIGH = f(0.693145752)
const LN_2_LOW = f(1.42860677e-6)

const E2 = f(0.5)
const E3 = f(0.166665494)
const E4 = f(0.0416674651)
const E5 = f(0.00836619735)
const E6 = f(0.00138366979)

const EXP_HIGHEST = 89
const EXP_LOWEST = -104
const TANH_HIGHEST = 9.5

const L1 = f(0.666666627)
const L2 = f(0.400009722)
const L3 = f(0.284987926)
const L4 = f(0.242788315)
const SMALLEST_NORMAL = 2 ** -126
const TWO_TO_24 = 2 ** 24
const SQRT_HALF_BITS = 0x3f3504f3

const S0 = f(6.28318548)
const S1 = f(-41.3418694)
const S2 = f(81.6265259)
const S3 = f(-76.8181229)
const C0 = f(-19.7392082)
const C1 = f(64.9391403)
const C2 = f(-85.423111)
const C3 = f(58.5601959)

const SQRT_2_LESS_1 = f(0.414213568)
const EXPM1_LOWEST = -20
const MILLS = [
  0.478553176, -0.0977125987, 0.000787385041, 0.0380484983, -0.0302632079, 0.0103715723, 0.00029438833,
  -0.0013878349, 9.525715e-5, 0.000147375729,
].map(f)

/** One float and its bits. */
const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** 2^n at place n + POWER_0: a look-up is quicker than writing the bits of a float and reading them back. */
const POWER_0 = 151
const powers = new Float64Array(POWER_0 + 130)
powers[POWER_0] = 1
for (let place = POWER_0 + 1; place < powers.length; place++) powers[place] = powers[place - 1]! * 2
for (let place = POWER_0 - 1; place >= 0; place--) powers[place] = powers[place + 1]! / 2

/** e^x, at most 1.03 ulp off, denormal results included. */
export function exp(x: number): number {
  const bounded = Math.max(Math.min(x, EXP_HIGHEST), EXP_LOWEST)
  const n = f(bounded * LOG2_E) + ROUND - ROUND
  const p = f(expm1Reduced(reduce(bounded, n)) + 1)
  return f(p * powerOfTwo(n))
}

/** x - n ln 2 */
function reduce(x: number, n: number): number {
  return f(f(x - n * LN_2_HIGH) - f(n * LN_2_LOW))
}

/** e^r - 1 for |r| <= ln(2) / 2. */
function expm1Reduced(r: number): number {
  const r2 = f(r * r)
  const low = f(E2 + f(E3 * r))
  const middle = f(E4 + f(E5 * r))
  const p = f(low + f(r2 * f(middle + f(r2 * E6))))
  return f(r + f(r2 * p))
}

/** 2^n for n from -151 to 129, not rounded to float32. */
function powerOfTwo(n: number): number {
  return powers[(n | 0) + POWER_0]!
}

/** 1 / (1 + e^-x), at most 1.89 ulp off, denormal results included. */
export function sigmoid(x: number): number {
  const e = exp(-Math.abs(x))
  const g = f(e / f(e + 1))
  const base = x < 0 ? e : 1
  return f(base - f(base * g))
}

/** tanh(x), at most 1.97 ulp off. */
export function tanh(x: number): number {
  const magnitude = Math.abs(x)
  const y = Math.min(magnitude, TANH_HIGHEST) * -2
  const n = f(y * LOG2_E) + ROUND - ROUND
  const r = f(y - f(n * LN_2))
  const scale = powerOfTwo(n)
  const q = scale * expm1Reduced(r)
  const above = f(f(1 - scale) - q)
  const below = f(f(1 + scale) + q)
  const result = f(above / below)
  return x < 0 ? -result : x === 0 ? x : result
}

/** Natural logarithm, at most 0.84 ulp off, of denormals too; -infinity for 0 and NaN below. */
export function log(x: number): number {
  if (x < 0) return Number.NaN
  if (x === 0) return -Infinity
  if (!(x < Infinity)) return x
  const tiny = x < SMALLEST_NORMAL
  float[0] = tiny ? x * TWO_TO_24 : x
  const offset = bits[0]! - SQRT_HALF_BITS
  const n = (offset >> 23) + (tiny ? -24 : 0)
  bits[0] = (offset & 0x7fffff) + SQRT_HALF_BITS
  const m = float[0]!
  const d = f(m - 1)
  return logReduced(d, n)
}

/** log(1 + d) + n ln 2 for 1 + d between sqrt(1/2) and sqrt(2). */
function logReduced(d: number, n: number): number {
  const s = f(d / f(d + 2))
  const z = f(s * s)
  const h = f(f(d * d) * 0.5)
  const low = f(L1 + f(z * L2))
  const high = f(L3 + f(z * L4))
  const p = f(z * f(low + f(f(z * z) * high)))
  const small = f(f(s * f(h + p)) + f(n * LN_2_LOW))
  return f(f(f(small - h) + d) + f(n * LN_2_HIGH))
}

/** log(1 + e^x), at most 1.7 ulp off, denormal results included. */
export function softplus(x: number): number {
  const e = exp(-Math.abs(x))
  const large = e > SQRT_2_LESS_1
  const d = large ? f(f(e - 1) * 0.5) : e
  return f(Math.max(x, 0) + logReduced(d, large ? 1 : 0))
}

/** e^x - 1 for x <= 0, at most 1 ulp off. */
export function expm1Negative(x: number): number {
  const bounded = Math.max(x, EXPM1_LOWEST)
  const n = f(bounded * LOG2_E) + ROUND - ROUND
  const scale = powerOfTwo(n)
  return f(f(scale - 1) + scale * expm1Reduced(reduce(bounded, n)))
}

/** e^(-t^2 / 2) for |t| <= 15, at most 1.5 ulp off. */
export function gaussian(t: number): number {
  const q = f(t * t)
  float[0] = t
  bits[0]! &= 0xfffff000
  const upper = float[0]!
  const lower = f(t - upper)
  const cross = f(f(f(upper * upper) - q) + f(f(upper + upper) * lower))
  const rest = f(cross + f(lower * lower))
  const e = exp(f(q * -0.5))
  return f(e + f(e * f(rest * -0.5)))
}

/** Phi(-t) for 0 <= t <= 15, given g = e^(-t^2 / 2); at most 4.2 ulp off. */
export function normalTail(t: number, g: number): number {
  const v = f(f(t - 3.5) / f(t + 3.5))
  let p = MILLS[MILLS.length - 1]!
  for (let m = MILLS.length - 2; m >= 0; m--) p = f(MILLS[m]! + f(v * p))
  return f(g * f(p / f(t + 1)))
}

/** sin(2 pi u) for u in [0, 1], at most 1.57 ulp off. */
export function sinTurns(u: number): number {
  const k = u * 4 + ROUND - ROUND
  return quadrant(u, k, k)
}

/** cos(2 pi u) for u in [0, 1], at most 1.57 ulp off. */
export function cosTurns(u: number): number {
  const k = u * 4 + ROUND - ROUND
  return quadrant(u, k, k + 1)
}

/** Sine (`quarter` even) or cosine of 2 pi (u - k/4), negated for `quarter` mod 4 = 2 and 3. */
function quadrant(u: number, k: number, quarter: number): number {
  const r = f(u - f(k * 0.25))
  const z = f(r * r)
  const value =
    (quarter & 1) === 0 ? f(r * horner(z, S0, S1, S2, S3)) : f(1 + f(z * horner(z, C0, C1, C2, C3)))
  return (quarter & 2) === 0 ? value : -value
}

/** c0 + z (c1 + z (c2 + z c3)) */
function horner(z: number, c0: number, c1: number, c2: number, c3: number): number {
  const inner = f(c2 + f(z * c3))
  return f(c0 + f(z * f(c1 + f(z * inner))))
}
