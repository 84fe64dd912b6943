/** base^exponent for a whole exponent from 0 up, by squaring: the same double everywhere, unlike Math.pow's. */
export function power(base: number, exponent: number): number {
  let result = 1
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
    square *= square
  }
  return result
}
