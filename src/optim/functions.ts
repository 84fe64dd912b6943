/**
 * The functions that learning rates and bias corrections need, in double precision from +, -, *, / and square roots
 * alone: the same double in every engine, which the functions of `Math` do not promise.
 */

/**
 * base^exponent for base >= 0 and exponent >= 0: the whole part of the exponent by squaring, its binary fraction by
 * repeated square roots.
 */
export function power(base: number, exponent: number): number {
  let result = 1
  for (let square = base, rest = Math.floor(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
    square *= square
  }
  for (let root = base, rest = exponent % 1; rest > 0; rest %= 1) {
    root = Math.sqrt(root)
    rest *= 2
    if (rest >= 1) result *= root
  }
  return result
}

/** (1 + cos(pi x)) / 2 for x from 0 to 1: falls from 1 to 0 along half a wave. */
export function halfCosine(x: number): number {
  // cos^2(pi x / 2), as the sine of an angle of at most pi / 4.
  return x < 0.5 ? 1 - squaredSine(x) : squaredSine(1 - x)
}

/** sin^2(pi x / 2) for x from 0 to 1/2, by Taylor's series up to the power 17. */
function squaredSine(x: number): number {
  const angle = (Math.PI / 2) * x
  const z = angle * angle
  let sum = 1
  for (let n = 16; n > 0; n -= 2) sum = 1 - (z / (n * (n + 1))) * sum
  const sine = angle * sum
  return sine * sine
}
