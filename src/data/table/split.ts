/** Tables whose rows are held out before anything is learnt of them. */
import { DataError } from '../../errors.js'
import { read } from '../../schema/schema.js'
import { type Dataset, rowOf } from '../dataset.js'
import { dataset } from '../make-dataset.js'
import { holdout, type SplitOptions } from '../splits.js'
import { aTable, type Table } from './table.js'

/**
 * Holds a part of a table's rows back, those that `holdout` would hold back of as many samples: which they are depends on
 * their number, the fraction and the seed alone.
 *
 * @param fraction of the rows that are held back, between 0 and 1
 * @throws DataError when one of the parts would be empty
 */
export function holdoutRows(
  table: Table,
  fraction: number,
  options: SplitOptions = {},
): { train: Table; validation: Table } {
  read(DataError, 'holdoutRows', 'table', aTable, table)
  const { name, rows } = table
  const each = new Uint8Array(rows.length)
  const samples = dataset({ name, inputs: each, targets: each, sampleShape: [1], classes: 1 })
  const { train, validation } = holdout(samples, fraction, options)
  return { train: rowsOf(table, train), validation: rowsOf(table, validation) }
}

function rowsOf(table: Table, part: Dataset): Table {
  const kept = Array.from({ length: part.count }, (_, i) => rowOf(part, i))
  return { ...table, rows: kept.map((i) => table.rows[i]!), lines: kept.map((i) => table.lines[i]!) }
}
