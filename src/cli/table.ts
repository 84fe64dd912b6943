/** Lines of lined-up cells: the first column to the left, the others to the right, unless `left` says more. */
export function table(rows: readonly (readonly string[])[], left = 1): string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return rows.map((row) => line(row).trimEnd())
}
