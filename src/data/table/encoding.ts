/**
 * From the texts of a table to the numbers of a network: which columns are read, as what, and what their texts stand for.
 * An encoding is learnt on the rows that a network is trained on and is plain data, so that a saved model can carry it.
 */
import { DataError } from '../../errors.js'
import {
  either,
  Fault,
  leaf,
  list,
  object,
  optional,
  read,
  type Schema,
  variants,
} from '../../schema/schema.js'
import { finite, oneOf, positive, text, truth } from '../../schema/values.js'
import { scaleOf } from '../scale.js'
import { aTable, showCell, type Table } from './table.js'

/** A column of numbers, which becomes one element of a sample: (x - mean) / deviation. */
export interface NumberColumn {
  readonly type: 'number'
  readonly column: string
  /** What stands in for a missing value; null where such a row is an error. */
  readonly fill: number | null
  /** Of the values that it was learnt on; 0 where they stay as they are. */
  readonly mean: number
  /** Standard deviation of these values; 1 where they are all the same, or stay as they are. */
  readonly deviation: number
}

/** A column of categories, which becomes one element a category: 1 for the row's own, else 0. */
export interface CategoryColumn {
  readonly type: 'category'
  readonly column: string
  /** Numbers by their value, before texts in the order of their characters' codes. */
  readonly categories: readonly string[]
  /** The category that stands in for a missing value; null where such a row is an error. */
  readonly fill: string | null
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
  /**
   * Missing values: an error, by default (see `completeRows`), or filled with the column's mean, of categories with the
   * most frequent one. Targets are never filled.
   */
  readonly missing?: 'error' | 'mean'
  /** False keeps numbers as they are; true, the default, brings each column of them to mean 0 and deviation 1. */
  readonly standardise?: boolean
}

/** Samples of a table: see `encodeTable`. */
export interface EncodedTable {
  /** [rows, size] */
  readonly inputs: Float32Array
  readonly size: number
  /** Class ids [rows], or standardised numbers [rows, columns]; null where the encoding has no target. */
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

const columnName: Schema<string | readonly string[]> = either(text, list<string>('names of columns', text))
const columnNames = list<string>('names of columns', text)

const encodingOptions = object<EncodingOptions>({
  ...{ target: optional(columnName), task: optional(oneOf('classes', 'numbers')) },
  ...{ ignore: optional(columnNames), categories: optional(columnNames) },
  ...{ missing: optional(oneOf('error', 'mean')), standardise: optional(truth) },
})

const encodedColumn = variants<EncodedColumn>('an encoded column', {
  number: object<Omit<NumberColumn, 'type'>>({
    ...{ column: text, mean: finite, deviation: positive },
    fill: either(
      finite,
      leaf<null>('null', (value) => value === null),
    ),
  }),
  category: object<Omit<CategoryColumn, 'type'>>({
    ...{ column: text, categories: list<string>('categories', text, 1) },
    fill: either(
      text,
      leaf<null>('null', (value) => value === null),
    ),
  }),
})

const encodingFields = object<TableEncoding>({
  inputs: list('encoded columns', encodedColumn, 1),
  targets: list('encoded columns', encodedColumn),
})

/** An argument, or the part of a file, that is an encoding: no column twice, no category twice, targets of one kind. */
export const aTableEncoding: Schema<TableEncoding> = {
  expected: 'an encoding, such as learnEncoding(...) gives',
  read(value, path) {
    const encoding = encodingFields.read(value, path)
    const { inputs, targets } = encoding
    const columns = [...inputs, ...targets]
    refuseTwice(
      columns.map(({ column }) => column),
      `${path}.inputs and targets`,
      'columns',
    )
    for (const column of columns) {
      if (column.type === 'number') continue
      const { categories, fill } = column
      refuseTwice(categories, `${path}.categories`, 'categories')
      if (fill !== null && !categories.includes(fill)) throw new Fault(`${path}.fill`, 'a category', fill)
    }
    if (targets.length > 1 && targets.some(({ type }) => type !== 'number')) {
      throw new Fault(`${path}.targets`, 'one column of categories, or columns of numbers', targets)
    }
    return encoding
  },
}

function refuseTwice(names: readonly string[], path: string, what: string): void {
  const seen = new Set<string>()
  const twice = names.find((name) => seen.size === seen.add(name).size)
  if (twice !== undefined) throw new Fault(path, `different ${what}`, twice)
}

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
export function completeRows(table: Table, columns?: readonly string[]): { table: Table; dropped: number } {
  read(DataError, 'completeRows', 'table', aTable, table)
  const wanted =
    columns === undefined ? table.columns : read(DataError, 'completeRows', 'columns', columnNames, columns)
  const places = wanted.map((column) => placeOf(table, column))
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
 * Learns how a table's columns are read: as numbers where a column has nothing else, else as categories. To be learnt on
 * the training part of the data alone.
 *
 * @throws DataError naming the file, the column and, where there is one, the line: a column that is unknown, named twice,
 *   empty or more name than category, a text among numbers, a target of one class alone
 */
export function learnEncoding(table: Table, options: EncodingOptions = {}): TableEncoding {
  read(DataError, 'learnEncoding', 'table', aTable, table)
  const checked = read(DataError, 'learnEncoding', 'options', encodingOptions, options)
  const { ignore = [], categories = [], missing = 'error', standardise = true } = checked
  const targets = targetsOf(checked)
  for (const column of [...targets, ...ignore, ...categories]) placeOf(table, column)
  const twice = [...targets, ...ignore].find((column, i, all) => all.indexOf(column) < i)
  if (twice !== undefined) {
    throw new DataError(
      `${table.name}: column ${showCell(twice)}: expected once among target and ignore, found twice`,
    )
  }
  const inputs = table.columns.filter((column) => !targets.includes(column) && !ignore.includes(column))
  if (inputs.length === 0) {
    throw new DataError(`${table.name}: expected columns besides the target and those left out, found none`)
  }
  const learn = { fill: missing === 'mean', standardise }
  return {
    inputs: inputs.map((column) =>
      learnColumn(table, column, categories.includes(column) ? 'category' : null, learn),
    ),
    targets: learnTargets(table, checked),
  }
}

const targetsOf = ({ target = [] }: EncodingOptions): readonly string[] =>
  typeof target === 'string' ? [target] : target

/** What of an encoding is about the targets, which may have classes in rows that are not trained on. */
export function learnTargets(table: Table, options: EncodingOptions): EncodedColumn[] {
  const { task, categories = [], standardise = true } = options
  const targets = targetsOf(options)
  const told = task === undefined ? null : task === 'classes' ? 'category' : 'number'
  const learnt = targets.map((column) => {
    const type = categories.includes(column) ? 'category' : targets.length > 1 ? 'number' : told
    return learnColumn(table, column, type, { fill: false, standardise })
  })
  const [first] = learnt
  if (first?.type === 'category' && learnt.length > 1) {
    throw new DataError(
      `${table.name}: column ${showCell(first.column)}: expected numbers where several columns are targets, found categories`,
    )
  }
  if (first?.type === 'category' && first.categories.length === 1) {
    throw new DataError(
      `${table.name}: column ${showCell(first.column)}: expected two or more classes, found ${showCell(first.categories[0]!)} alone`,
    )
  }
  return learnt
}

function learnColumn(
  table: Table,
  column: string,
  type: EncodedColumn['type'] | null,
  { fill, standardise }: { readonly fill: boolean; readonly standardise: boolean },
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
  if (!isNumber) {
    const texts = present.map(({ text }) => text.trim())
    const categories = categoriesOf(table, column, texts)
    return { type: 'category', column, categories, fill: fill ? mostFrequent(texts, categories) : null }
  }
  const fault = present.find(({ text }) => numberOf(text) === null)
  if (fault) {
    throw new DataError(
      `${placeName(table, fault.i, column)}: expected a number as in ${numbers.length} of the column's ${present.length} ` +
        `values, found ${showCell(fault.text)}; a column of categories is named as one`,
    )
  }
  const { mean, deviation } = scaleOf(numbers.map(({ text }) => numberOf(text)!))
  const scale = standardise ? { mean, deviation } : { mean: 0, deviation: 1 }
  return { type: 'number', column, fill: fill ? mean : null, ...scale }
}

function categoriesOf(table: Table, column: string, texts: readonly string[]): readonly string[] {
  const found = [...new Set(texts)]
  if (found.length <= MOST_CATEGORIES) return found.sort(byValue)
  throw new DataError(
    `${table.name}: column ${showCell(column)}: expected numbers or at most ${MOST_CATEGORIES} categories, found ` +
      `${found.length} different texts, such as ${showCell(found[0]!)}: leave it out`,
  )
}

/** The first of several that are as frequent. */
function mostFrequent(texts: readonly string[], categories: readonly string[]): string {
  const counts = new Map(categories.map((category) => [category, 0]))
  for (const text of texts) counts.set(text, counts.get(text)! + 1)
  return categories.reduce((best, category) => (counts.get(category)! > counts.get(best)! ? category : best))
}

/** Numbers before texts: an order that the order of the rows has no part in. */
function byValue(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== null && y !== null && x !== y) return x - y
  if ((x === null) !== (y === null)) return x === null ? 1 : -1
  return a < b ? -1 : 1
}

/**
 * The samples of a table by an encoding that was learnt on it or on another: numbers as they are, categories as one
 * element each.
 *
 * @throws DataError naming the file, the line and the column: a column that is not there, a text where a number was
 *   learnt, a missing value, a class that the training part did not have
 */
export function encodeTable(table: Table, encoding: TableEncoding): EncodedTable {
  read(DataError, 'encodeTable', 'table', aTable, table)
  read(DataError, 'encodeTable', 'encoding', aTableEncoding, encoding)
  const columns = encoding.inputs.map((column) => ({ column, place: placeOf(table, column.column) }))
  const widths = encoding.inputs.map(widthOf)
  const size = encodedSize(encoding)
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
        else if (!isMissing(row[place]!)) unseen++
        else if (column.fill === null) throw missingAt(table, i, column.column, 'a category')
        else inputs[at + ids[j]!.get(column.fill)!] = 1
      }
      at += widths[j]!
    }
  }
  return { inputs, size, unseen, ...encodeTargets(table, encoding.targets) }
}

const widthOf = (column: EncodedColumn) => (column.type === 'number' ? 1 : column.categories.length)

/** Elements of one sample. */
export function encodedSize({ inputs }: TableEncoding): number {
  return inputs.reduce((sum, column) => sum + widthOf(column), 0)
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

function readNumber(table: Table, i: number, place: number, number: NumberColumn): number {
  const { column, fill, mean, deviation } = number
  const text = table.rows[i]![place]!
  const value = numberOf(text) ?? (isMissing(text) ? fill : Number.NaN)
  if (value === null) throw missingAt(table, i, column, 'a number')
  const standard = (value - mean) / deviation
  if (Number.isFinite(Math.fround(standard))) return standard
  throw new DataError(`${placeName(table, i, column)}: expected a number, found ${showCell(text)}`)
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
