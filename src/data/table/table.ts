import { DataError } from '../../errors.js'
import { either, Fault, isPlainObject, list, object, type Schema } from '../../schema/schema.js'
import { bytes, text, wholeNumber } from '../../schema/values.js'

/** Rows of named columns as a file has them: texts, before anyone has said what they mean. */
export interface Table {
  /** File or URL, for messages. */
  readonly name: string
  readonly columns: readonly string[]
  /** [rows][columns]; an empty text where there is no value. */
  readonly rows: readonly (readonly string[])[]
  /** [rows] line of the file on which each row begins, from 1. */
  readonly lines: readonly number[]
}

const A_TABLE = 'a table, such as readCsv(...) gives'
const header = object<Pick<Table, 'name' | 'columns'>>({
  name: text,
  columns: list('names of columns', text, 1),
})
const lineNumbers = list('lines', wholeNumber(1))

/** An argument that is a table. It is the caller's own object, no copy. */
export const aTable: Schema<Table> = {
  expected: A_TABLE,
  read(value, path) {
    const { rows, lines, ...others } = (isPlainObject(value) ? value : {}) as Partial<Table>
    const { columns } = header.read(isPlainObject(value) ? others : value, path)
    if (!Array.isArray(rows) || rows.length === 0) throw new Fault(`${path}.rows`, 'a list of rows', rows)
    if (lineNumbers.read(lines, `${path}.lines`).length !== rows.length) {
      throw new Fault(`${path}.lines`, `a list of ${rows.length} lines, one for each row`, lines)
    }
    const isRow = (row: unknown) =>
      Array.isArray(row) && row.length === columns.length && row.every((cell) => typeof cell === 'string')
    const wrong = rows.findIndex((row) => !isRow(row))
    if (wrong >= 0)
      throw new Fault(`${path}.rows[${wrong}]`, `a list of ${columns.length} texts`, rows[wrong])
    return value as Table
  },
}

/** A cell as messages show it: cut where it is long, without line breaks and control characters. */
export function showCell(text: string): string {
  const most = 40
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}...` : text)
}

/** The content of a file of text. */
export const bytesOrText = either(bytes, text)

const LINE_FEED = 10

/**
 * Bytes of UTF-8, or a text as it is, without a byte order mark.
 *
 * @throws DataError naming the file and the line, for bytes that are not UTF-8
 */
export function textOf(source: Uint8Array | string, name: string): string {
  if (typeof source === 'string') return source.startsWith('\uFEFF') ? source.slice(1) : source
  const text = decoded(source)
  if (text !== null) return text
  let line = 1
  for (let start = 0; start < source.length; line++) {
    const end = source.indexOf(LINE_FEED, start)
    if (end < 0 || decoded(source.subarray(start, end)) === null) break
    start = end + 1
  }
  throw new DataError(
    `${name}: line ${line}: expected text in UTF-8, found bytes that are not: save it as UTF-8`,
  )
}

function decoded(bytes: Uint8Array): string | null {
  try {
    // A view of shared memory is refused by some runtimes.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice())
  } catch {
    return null
  }
}
