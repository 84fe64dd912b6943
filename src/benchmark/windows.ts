/** Median and spread of several measurements of one figure. */
export interface Measured {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Summarises measurements of the same thing, at least one. */
export function summarise(values: readonly number[]): Measured {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, least: sorted[0]!, most: sorted.at(-1)! }
}

/**
 * Measures several things in turn, A B C A B C ..., so that a machine which slows down slows all of them, after one turn
 * that does not count. What was found of each, window by window.
 */
export async function interleave<K extends string>(
  windows: number,
  runs: Readonly<Record<K, () => number | Promise<number>>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(runs) as K[]
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>
  for (let window = -1; window < windows; window++) {
    for (const name of names) {
      const value = await runs[name]()
      if (window >= 0) found[name].push(value)
    }
  }
  return found
}

/** Ratios of windows that were measured next to each other: what slows the machine for a while slows both. */
export function ratios(values: readonly number[], base: readonly number[]): Measured {
  return summarise(values.map((value, window) => value / base[window]!))
}
