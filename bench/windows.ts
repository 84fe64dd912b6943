/** Median and spread of several measurements of one figure. */
export interface Measured {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Summarises measurements of the same thing. */
export function summarise(values: readonly number[]): Measured {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, least: sorted[0]!, most: sorted.at(-1)! }
}

/**
 * Measures several things in turn, A B C A B C ..., so that a machine which slows down slows all of them, after one turn
 * that does not count.
 */
export async function interleave<K extends string>(
  windows: number,
  runs: Readonly<Record<K, () => number | Promise<number>>>,
): Promise<Record<K, Measured>> {
  const names = Object.keys(runs) as K[]
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>
  for (let window = -1; window < windows; window++) {
    for (const name of names) {
      const value = await runs[name]()
      if (window >= 0) found[name].push(value)
    }
  }
  return Object.fromEntries(names.map((name) => [name, summarise(found[name])])) as Record<K, Measured>
}

/** Rows of cells as text, the first column to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}
