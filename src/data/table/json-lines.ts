import { DataError } from '../../errors.js'
import { read } from '../../schema/schema.js'
import { text } from '../../schema/values.js'
import { bytesOrText, showCell, type Table, textOf } from './table.js'

/**
 * Reads JSON lines: an object a line, all with the same fields. Lists and objects inside become columns of their own,
 * named `field.0` or `field.name`; null is no value.
 *
 * @param source bytes of UTF-8, or the text
 * @param name file or URL, for messages
 * @throws DataError naming the file, the line, what was expected and what was found: a line that is no JSON object, fields
 *   that differ from those of the first line, no lines
 */
export function readJsonLines(source: Uint8Array | string, name: string): Table {
  read(DataError, 'readJsonLines', 'source', bytesOrText, source)
  read(DataError, 'readJsonLines', 'name', text, name)
  const rows: string[][] = []
  const lines: number[] = []
  let columns: readonly string[] | null = null
  for (const [index, content] of textOf(source, name)
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (content.trim() === '') continue
    const line = index + 1
    const cells = cellsOf(content, `${name}: line ${line}`)
    columns ??= [...cells.keys()]
    checkFields(columns, cells, `${name}: line ${line}`, lines[0] ?? line)
    rows.push(columns.map((column) => cells.get(column)!))
    lines.push(line)
  }
  if (columns === null) throw new DataError(`${name}: expected a JSON object a line, found an empty file`)
  return { name, columns, rows, lines }
}

function cellsOf(text: string, where: string): Map<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DataError(`${where}: expected a JSON object, found ${showCell(text)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DataError(`${where}: expected a JSON object, found ${showCell(text)}`)
  }
  const cells = new Map<string, string>()
  collect(value, '', cells, where)
  return cells
}

/** Levels of objects inside of objects that are read. */
const DEEPEST = 32

function collect(value: object, prefix: string, cells: Map<string, string>, where: string): void {
  if (prefix.split('.').length > DEEPEST) {
    throw new DataError(`${where}: expected at most ${DEEPEST} levels of objects, found more`)
  }
  for (const [key, inner] of Object.entries(value)) {
    const column = prefix + key
    if (typeof inner === 'object' && inner !== null) collect(inner, `${column}.`, cells, where)
    else cells.set(column, inner === null ? '' : String(inner))
  }
}

function checkFields(
  columns: readonly string[],
  cells: ReadonlyMap<string, string>,
  where: string,
  first: number,
): void {
  const missing = columns.find((column) => !cells.has(column))
  if (missing !== undefined) {
    throw new DataError(
      `${where}: expected the fields of line ${first}, found none called ${showCell(missing)}`,
    )
  }
  const known = new Set(columns)
  for (const column of cells.keys()) {
    if (!known.has(column)) {
      throw new DataError(`${where}: expected the fields of line ${first}, found ${showCell(column)} too`)
    }
  }
}
