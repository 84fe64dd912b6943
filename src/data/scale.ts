/** Numbers brought to mean 0 and deviation 1, and back. */

/** A standardised value is (x - mean) / deviation. */
export interface Scale {
  readonly mean: number
  /** Of the population; 1 where all values are the same. */
  readonly deviation: number
}

/**
 * Mean and standard deviation of values, in float64 and in their order. Only + - * / and the square root are used: the same
 * bits in every runtime.
 */
export function scaleOf(values: ArrayLike<number>): Scale {
  const count = values.length
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i]!
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) * (values[i]! - mean)
  const deviation = Math.sqrt(squares / count)
  // What rounding leaves of equal values is no deviation.
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) && Math.fround(deviation) > 0 ? deviation : 1 }
}
