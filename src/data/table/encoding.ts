/**
 * From the texts of a table to the numbers of a network: which columns are read, as what, and what their texts stand for.
 * An encoding is learnt on the rows that a network is trained on and is plain data, so that a saved model can carry it.
 */
import { DataError } from '../../errors.js'
import { showCell, type Table } from './table.js'

/** A column of numbers, which becomes one element of a sample. */
export interface NumberColumn {
  readonly type: 'number'
  readonly column: string
  /** What stands in for a missing value; null where such a row is an error. */
  readonly fill: number | null
}

/** A column of categories, which becomes one element a category: 1 for the row's own, else 0. */
export interface CategoryColumn {
  readonly type: 'category'
  readonly column: string
  /** In the order of their first appearance. */
  readonly categories: readonly string[]
}

export type EncodedColumn = NumberColumn | CategoryColumn

/** How the rows of a table become samples: plain data. */
export interface TableEncoding {
  readonly inputs: readonly EncodedColumn[]
  /** One column of categories for a classification; one or more of numbers for a regression; none for inputs alone. */
  readonly targets: readonly EncodedColumn[]
}

export interface EncodingOptions {
  /** The column to be predicted; several, all of numbers, for a regression of as many values; none for inputs alone. */
  readonly target?: string | readonly string[]
  /** What the target is: `classes` or `numbers`; without it numbers where all of it are numbers, else classes. */
  readonly task?: 'classes' | 'numbers'
  /** Columns that are left out, such as a row's number. */
  readonly ignore?: readonly string[]
  /** Columns that are categories although all their texts are numbers, such as a postal code. */
  readonly categories?: readonly string[]
  /** Rows with missing values: an error, by default, left out (see `completeRows`), or filled with the column's mean. */
  readonly missing?: 'error' | 'mean'
}

/** Samples of a table: see `encodeTable`. */
export interface EncodedTable {
  /** [rows, size] */
  readonly inputs: Float32Array
  readonly size: number
  /** Class ids [rows], or numbers [rows, columns]; null where the encoding has no target. */
  readonly targets: Int32Array | Float32Array | null
  /** Names of the classes, where the target is one. */
  readonly classNames: readonly string[] | null
  /** Cells whose category the encoding has never seen: zeros stand for them. */
  readonly unseen: number
}

/** What files write where there is no value. */
const missingTexts = new Set(['', 'na', 'n/a', 'nan', 'null', '?'])
/** Distinct texts from which on a column is rather a name than a category. */
const MOST_CATEGORIES = 1000
/** A column with so large a part of numbers is one of numbers, with faults. */
const MOSTLY = 0.9

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** Whether a cell has no value: nothing, `NA`, `NaN`, `null`, `?` and their like. */
export function isMissing(text: string): boolean {
  return missingTexts.has(text.trim().toLowerCase())
}

function numberOf(text: string): number | null {
  const trimmed = text.trim()
  return NUMBER.test(trimmed) && Number.isFinite(Math.fround(Number(trimmed))) ? Number(trimmed) : null
}

/**
 * The rows of a table in which no cell of these columns is missing, and how many were left out.
 *
 * @throws DataError where that leaves none, and for a column that the table does not have
 */
export function completeRows(table: Table, columns = table.columns): { table: Table; dropped: number } {
  const places = columns.map((column) => placeOf(table, column))
  const kept = table.rows.flatMap((row, i) => (places.every((place) => !isMissing(row[place]!)) ? [i] : []))
  if (kept.length === 0)
    throw new DataError(`${table.name}: expected rows without missing values, found none`)
  const rows = kept.map((i) => table.rows[i]!)
  return {
    table: { ...table, rows, lines: kept.map((i) => table.lines[i]!) },
    dropped: table.rows.length - kept.length,
  }
}

/**
 * Learns how a table's columns are read: numbers where a column has nothing else, categories in the order of their first
 * appearance. To be learnt on the training part of the data alone.
 *
 * @throws DataError naming the file, the column and, where there is one, the line: a column that is unknown, empty or
 *   more name than category, a text among numbers, a missing value
 */
export function learnEncoding(table: Table, options: EncodingOptions = {}): TableEncoding {
  const { target = [], task, ignore = [], categories = [], missing = 'error' } = options
  const targets = typeof target === 'string' ? [target] : target
  for (const column of [...targets, ...ignore, ...categories]) placeOf(table, column)
  const inputs = table.columns.filter((column) => !targets.includes(column) && !ignore.includes(column))
  if (inputs.length === 0) {
    throw new DataError(`${table.name}: expected columns besides the target and those left out, found none`)
  }
  const learn = (column: string, type: EncodedColumn['type'] | null, fill: boolean): EncodedColumn =>
    learnColumn(table, column, categories.includes(column) ? 'category' : type, fill)
  const type = task === undefined ? null : task === 'classes' ? 'category' : 'number'
  const learnt = targets.map((column) => learn(column, targets.length > 1 ? 'number' : type, false))
  return { inputs: inputs.map((column) => learn(column, null, missing === 'mean')), targets: learnt }
}

function learnColumn(
  table: Table,
  column: string,
  type: EncodedColumn['type'] | null,
  fill: boolean,
): EncodedColumn {
  const place = placeOf(table, column)
  const present = table.rows.flatMap((row, i) => (isMissing(row[place]!) ? [] : [{ text: row[place]!, i }]))
  if (present.length === 0) {
    throw new DataError(
      `${table.name}: column ${showCell(column)}: expected values, found none: leave it out`,
    )
  }
  const numbers = present.filter(({ text }) => numberOf(text) !== null)
  const isNumber = type === 'number' || (type === null && numbers.length > MOSTLY * present.length)
  if (!isNumber) return { type: 'category', column, categories: categoriesOf(table, column, present) }
  const fault = present.find(({ text }) => numberOf(text) === null)
  if (fault) {
    throw new DataError(
      `${placeName(table, fault.i, column)}: expected a number as in ${numbers.length} of the column's ${present.length} ` +
        `values, found ${showCell(fault.text)}; a column of categories is named as one`,
    )
  }
  const sum = numbers.reduce((total, { text }) => total + numberOf(text)!, 0)
  return { type: 'number', column, fill: fill ? sum / numbers.length : null }
}

function categoriesOf(
  table: Table,
  column: string,
  present: readonly { readonly text: string }[],
): readonly string[] {
  const found = [...new Set(present.map(({ text }) => text.trim()))]
  if (found.length <= MOST_CATEGORIES) return found
  throw new DataError(
    `${table.name}: column ${showCell(column)}: expected numbers or at most ${MOST_CATEGORIES} categories, found ` +
      `${found.length} different texts, such as ${showCell(found[0]!)}: leave it out`,
  )
}

/**
 * The samples of a table by an encoding that was learnt on it or on another: numbers as they are, categories as one
 * element each.
 *
 * @throws DataError naming the file, the line and the column: a column that is not there, a text where a number was
 *   learnt, a missing value, a class that the training part did not have
 */
export function encodeTable(table: Table, encoding: TableEncoding): EncodedTable {
  const columns = encoding.inputs.map((column) => ({ column, place: placeOf(table, column.column) }))
  const widths = encoding.inputs.map((column) => (column.type === 'number' ? 1 : column.categories.length))
  const size = widths.reduce((sum, width) => sum + width, 0)
  const inputs = new Float32Array(table.rows.length * size)
  const ids = encoding.inputs.map((column) => (column.type === 'category' ? idsOf(column) : null))
  let unseen = 0
  for (const [i, row] of table.rows.entries()) {
    let at = i * size
    for (const [j, { column, place }] of columns.entries()) {
      if (column.type === 'number') inputs[at] = readNumber(table, i, place, column)
      else {
        const id = ids[j]!.get(row[place]!.trim())
        if (id !== undefined) inputs[at + id] = 1
        else if (isMissing(row[place]!)) throw missingAt(table, i, column.column, 'a category')
        else unseen++
      }
      at += widths[j]!
    }
  }
  return { inputs, size, unseen, ...encodeTargets(table, encoding.targets) }
}

function encodeTargets(
  table: Table,
  columns: readonly EncodedColumn[],
): Pick<EncodedTable, 'targets' | 'classNames'> {
  const [first] = columns
  if (first === undefined) return { targets: null, classNames: null }
  if (first.type === 'category') {
    const place = placeOf(table, first.column)
    const ids = idsOf(first)
    const targets = Int32Array.from(table.rows, (row, i) => {
      const id = ids.get(row[place]!.trim())
      if (id !== undefined) return id
      if (isMissing(row[place]!)) throw missingAt(table, i, first.column, 'a class')
      throw new DataError(
        `${placeName(table, i, first.column)}: expected a class that the training part has, found ${showCell(row[place]!)}`,
      )
    })
    return { targets, classNames: first.categories }
  }
  const targets = new Float32Array(table.rows.length * columns.length)
  for (const [j, column] of columns.entries()) {
    if (column.type !== 'number') continue
    const place = placeOf(table, column.column)
    for (let i = 0; i < table.rows.length; i++) {
      targets[i * columns.length + j] = readNumber(table, i, place, column)
    }
  }
  return { targets, classNames: null }
}

const idsOf = ({ categories }: CategoryColumn) => new Map(categories.map((category, id) => [category, id]))

function readNumber(table: Table, i: number, place: number, { column, fill }: NumberColumn): number {
  const text = table.rows[i]![place]!
  const value = numberOf(text)
  if (value !== null) return value
  if (!isMissing(text)) {
    throw new DataError(`${placeName(table, i, column)}: expected a number, found ${showCell(text)}`)
  }
  if (fill === null) throw missingAt(table, i, column, 'a number')
  return fill
}

function missingAt(table: Table, i: number, column: string, expected: string): DataError {
  const found = showCell(table.rows[i]![placeOf(table, column)]!)
  return new DataError(
    `${placeName(table, i, column)}: expected ${expected}, found a missing value, ${found}: leave such rows out or fill them`,
  )
}

function placeOf(table: Table, column: string): number {
  const place = table.columns.indexOf(column)
  if (place >= 0) return place
  const known = table.columns.slice(0, 20).map(showCell).join(', ')
  throw new DataError(`${table.name}: expected a column called ${showCell(column)}, found ${known}`)
}

function placeName({ name, lines }: Table, i: number, column: string): string {
  return `${name}: line ${lines[i]}, column ${showCell(column)}`
}
