import Papa from 'papaparse'
import { DataError } from '../../errors.js'
import { leaf, object, optional, read } from '../../schema/schema.js'
import { text as aText, truth } from '../../schema/values.js'
import { bytesOrText, type Table, textOf } from './table.js'

export interface CsvOptions {
  /** Between the cells of a row; told from the first rows when left out: a comma, semicolon, tab or bar. */
  readonly delimiter?: string
  /** Whether the first row names the columns; true when left out. Without it they are called `0`, `1`, ... */
  readonly header?: boolean
}

const DELIMITER = 'one character that is neither a quote nor the end of a line'

const csvOptions = object<CsvOptions>({
  delimiter: optional(
    leaf<string>(DELIMITER, (value) => typeof value === 'string' && /^[^"\r\n]$/u.test(value)),
  ),
  header: optional(truth),
})

/**
 * Reads a CSV file (RFC 4180): cells in quotes may hold delimiters, line breaks and doubled quotes. Empty lines are passed
 * over.
 *
 * @param source bytes of UTF-8, or the text
 * @param name file or URL, for messages
 * @throws DataError naming the file, the line, what was expected and what was found: rows of another length than the
 *   first, quotes that do not close, columns of one name or none, no rows
 */
export function readCsv(source: Uint8Array | string, name: string, options: CsvOptions = {}): Table {
  read(DataError, 'readCsv', 'source', bytesOrText, source)
  read(DataError, 'readCsv', 'name', aText, name)
  const { delimiter = '', header = true } = read(DataError, 'readCsv', 'options', csvOptions, options)
  const text = textOf(source, name)
  const rows: string[][] = []
  const lines: number[] = []
  let start = 0
  let line = 1
  Papa.parse<string[]>(text, {
    delimiter,
    delimitersToGuess: [',', ';', '\t', '|'],
    step({ data, errors, meta }) {
      const fault = errors.find(({ type }) => type !== 'Delimiter')
      if (fault) throw new DataError(`${name}: line ${line}: ${faultOf(fault.code, fault.message)}`)
      if (data.length > 1 || data[0] !== '') {
        rows.push(data)
        lines.push(line)
      }
      line += lineBreaksIn(text, start, meta.cursor)
      start = meta.cursor
    },
  })
  if (rows.length === 0) throw new DataError(`${name}: expected rows of cells, found an empty file`)
  const columns = header ? rows.shift()!.map((cell) => cell.trim()) : rows[0]!.map((_, i) => String(i))
  const headerLine = header ? lines.shift()! : lines[0]!
  checkColumns(columns, `${name}: line ${headerLine}`)
  if (rows.length === 0) {
    throw new DataError(
      `${name}: expected rows after the names of the columns in line ${headerLine}, found none`,
    )
  }
  const wrong = rows.findIndex((row) => row.length !== columns.length)
  if (wrong >= 0) {
    throw new DataError(
      `${name}: line ${lines[wrong]}: expected ${columns.length} cells as in line ${headerLine}, found ${rows[wrong]!.length}`,
    )
  }
  return { name, columns, rows, lines }
}

const faults: ReadonlyMap<string, string> = new Map([
  ['MissingQuotes', 'a cell opens a quote that never closes'],
  ['InvalidQuotes', 'a cell goes on after its closing quote: quotes inside of quotes are doubled'],
])

function faultOf(code: string, message: string): string {
  return faults.get(code) ?? message
}

function lineBreaksIn(text: string, start: number, end: number): number {
  let count = 0
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    // A carriage return counts where no line feed follows it.
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) count++
  }
  return count
}

function checkColumns(columns: readonly string[], where: string): void {
  const seen = new Map<string, number>()
  for (const [i, column] of columns.entries()) {
    if (column === '')
      throw new DataError(`${where}: expected a name for column ${i + 1}, found an empty cell`)
    const first = seen.get(column)
    if (first !== undefined) {
      throw new DataError(
        `${where}: expected a name of its own for each column, found '${column}' for columns ${first + 1} and ${i + 1}`,
      )
    }
    seen.set(column, i)
  }
}
