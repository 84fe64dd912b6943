/** Tables as data sets. */
import { DataError } from '../../errors.js'
import { read } from '../../schema/schema.js'
import { assemble } from '../assemble.js'
import { classIds } from '../class-ids.js'
import type { Dataset } from '../dataset.js'
import { aTableEncoding, encodeTable, type TableEncoding } from './encoding.js'
import { aTable, type Table } from './table.js'

/**
 * A data set of a table's rows, by an encoding that was learnt on it or on another: float32 inputs of shape [size], and
 * class ids or standardised numbers as targets.
 *
 * @throws DataError for an encoding without a target, and as `encodeTable`
 */
export function tableDataset(table: Table, encoding: TableEncoding): Dataset {
  read(DataError, 'tableDataset', 'table', aTable, table)
  read(DataError, 'tableDataset', 'encoding', aTableEncoding, encoding)
  if (encoding.targets.length === 0) {
    throw new DataError(
      `${table.name}: expected an encoding with a target to learn, found one without: learnEncoding(table, { target }) has one`,
    )
  }
  const { inputs, size, targets, classNames } = encodeTable(table, encoding)
  const common = { name: table.name, inputs, sampleShape: [size] }
  return targets instanceof Float32Array
    ? assemble({ ...common, targets, targetShape: [encoding.targets.length] })
    : assemble({ ...common, ...classIds(targets!, classNames!.length) })
}
