/**
 * The functions of ../math.ts in double precision, from the runtime's own library: what gradients are checked against may
 * differ in its last bits between runtimes.
 */
export const { exp, log, tanh } = Math

/** 1 / (1 + e^-x) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** sin(2 pi u) */
export function sinTurns(u: number): number {
  return Math.sin(2 * Math.PI * u)
}

/** cos(2 pi u) */
export function cosTurns(u: number): number {
  return Math.cos(2 * Math.PI * u)
}

/** log(1 + e^x) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** e^x - 1 */
export const expm1Negative = Math.expm1

/** e^(-t^2 / 2) */
export function gaussian(t: number): number {
  return Math.exp(-0.5 * t * t)
}

/**
 * Phi(-t) for t >= 0, given g = e^(-t^2 / 2): below 3 by the series of Abramowitz and Stegun, Handbook of Mathematical
 * Functions (1964), 26.2.11, else by the continued fraction 26.2.14.
 */
export function normalTail(t: number, g: number): number {
  const density = g / Math.sqrt(2 * Math.PI)
  if (t < 3) {
    let term = t
    let sum = t
    for (let n = 3; term > sum * Number.EPSILON; n += 2) {
      term *= (t * t) / n
      sum += term
    }
    return 0.5 - density * sum
  }
  let fraction = t
  for (let n = 100; n > 0; n--) fraction = t + n / fraction
  return density / fraction
}
