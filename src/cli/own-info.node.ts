/** What is in files of the user's own. */
import { type EncodedColumn, isMissing } from '../data/table/encoding.js'
import { learnEncoding, type NpyArray, picturesByClass, type Table } from '../index.js'
import { UsageError } from './errors.js'
import { counted, grouped, percent, short } from './format.js'
import { printJson, printLine } from './output.node.js'
import { type OwnFiles, readOwn, shortName } from './own-files.node.js'
import type { OwnChoice } from './own-options.js'
import { readColours } from './picture.node.js'
import { table as lined } from './table.js'

/** Prints what files hold: columns and their kinds, missing values and ranges, the balance of classes. */
export async function ownInfo(path: string, options: OwnChoice & { readonly json?: boolean }): Promise<void> {
  const files = await readOwn(path, options)
  const { json, lines } = await infoOf(files, options)
  if (options.json) printJson({ path, kind: files.kind, ...json })
  else printLine(`from  ${path}`, '', ...lines)
}

interface Info {
  readonly json: object
  readonly lines: readonly string[]
}

function infoOf(files: OwnFiles, options: OwnChoice): Info | Promise<Info> {
  switch (files.kind) {
    case 'table':
      return tableInfo(files.table, options)
    case 'pictures':
      return picturesInfo(files, options)
    case 'arrays':
      return arraysInfo(files)
  }
}

interface ColumnInfo {
  readonly column: string
  /** Null where a column could not be learnt, and why that is. */
  readonly kind: EncodedColumn['type'] | null
  readonly problem?: string
  readonly missing: number
  readonly different: number
  readonly least?: number
  readonly most?: number
  readonly mean?: number
}

function tableInfo(whole: Table, { target = [], ignore = [], categories = [], task }: OwnChoice): Info {
  for (const column of [...target, ...ignore, ...categories]) {
    if (whole.columns.includes(column)) continue
    throw new UsageError(
      `expected a column of ${whole.name}, which has ${whole.columns.join(', ')}, found '${column}'.`,
    )
  }
  const columns = whole.columns.filter((column) => !ignore.includes(column))
  const infos = columns.map((column) =>
    columnInfo(whole, column, categories.includes(column) || (target.includes(column) && task === 'classes')),
  )
  const balances = target.flatMap((column) =>
    infos.find((info) => info.column === column)?.kind === 'category' ? [balanceOf(whole, column)] : [],
  )
  const rows = infos.map((info) => [
    ...[info.column, info.kind ?? 'unclear', grouped(info.missing), grouped(info.different)],
    ...[info.least, info.mean, info.most].map((value) => (value === undefined ? '' : short(value))),
  ])
  const problems = infos.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
  return {
    json: { rows: whole.rows.length, columns: infos, classes: balances },
    lines: [
      `${shortName(whole.name)}: ${counted(whole.rows.length, 'row')} of ${counted(columns.length, 'column')}`,
      ...lined([['column', 'kind', 'missing', 'different', 'least', 'mean', 'most'], ...rows], 2),
      ...problems,
      ...balances.flatMap(({ column, classes }) => ['', ...balanceLines(column, classes)]),
    ],
  }
}

function columnInfo(whole: Table, column: string, isCategory: boolean): ColumnInfo {
  const place = whole.columns.indexOf(column)
  const cells = whole.rows.map((row) => row[place]!.trim())
  const present = cells.filter((cell) => !isMissing(cell))
  const counts = { missing: cells.length - present.length, different: new Set(present).size }
  const only = { ...whole, columns: [column], rows: cells.map((cell) => [cell]) }
  let learnt: EncodedColumn
  try {
    learnt = learnEncoding(only, isCategory ? { categories: [column] } : {}).inputs[0]!
  } catch (error) {
    return { column, kind: null, problem: (error as Error).message, ...counts }
  }
  if (learnt.type === 'category') return { column, kind: 'category', ...counts }
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const cell of present) {
    least = Math.min(least, Number(cell))
    most = Math.max(most, Number(cell))
  }
  return { column, kind: 'number', ...counts, least, most, mean: learnt.mean }
}

interface Balance {
  readonly column: string
  readonly classes: readonly { readonly name: string; readonly samples: number }[]
}

function balanceOf(whole: Table, column: string): Balance {
  const place = whole.columns.indexOf(column)
  const only = { ...whole, columns: [column], rows: whole.rows.map((row) => [row[place]!]) }
  const [learnt] = learnEncoding(only, { categories: [column] }).inputs
  const counts = new Map(learnt?.type === 'category' ? learnt.categories.map((name) => [name, 0]) : [])
  for (const [cell] of only.rows) {
    const name = cell!.trim()
    if (counts.has(name)) counts.set(name, counts.get(name)! + 1)
  }
  return { column, classes: [...counts].map(([name, samples]) => ({ name, samples })) }
}

function balanceLines(title: string, classes: Balance['classes']): string[] {
  const all = classes.reduce((sum, { samples }) => sum + samples, 0)
  const rows = classes.map(({ name, samples }) => [name, grouped(samples), percent(samples / all)])
  return lined([[title, 'samples', 'part'], ...rows])
}

async function picturesInfo(
  { path, files }: Extract<OwnFiles, { kind: 'pictures' }>,
  { size, channels = 1 }: OwnChoice,
): Promise<Info> {
  // Without a size pictures of several would be refused, which is not what was asked.
  const sizes = new Map<string, number>()
  const decode = async (bytes: Uint8Array, name: string) => {
    const raster = await readColours(bytes, name)
    const shown = `${raster.height} x ${raster.width}`
    sizes.set(shown, (sizes.get(shown) ?? 0) + 1)
    return raster
  }
  const { targets, classNames } = await picturesByClass(files, path, {
    decode,
    channels,
    size: size ?? [1, 1],
  })
  const classes = classNames.map((name, id) => ({
    name,
    samples: targets.filter((other) => other === id).length,
  }))
  const shown = [...sizes].map(([size, pictures]) => ({ size, pictures }))
  return {
    json: { pictures: targets.length, sizes: shown, classes },
    lines: [
      `${shortName(path)}: ${counted(targets.length, 'picture')} of ${counted(classNames.length, 'class', 'classes')}`,
      ...lined([
        ['height x width', 'pictures'],
        ...shown.slice(0, 10).map(({ size, pictures }) => [size, grouped(pictures)]),
      ]),
      ...(shown.length > 10 ? [`and ${shown.length - 10} other sizes: --size brings all to one`] : []),
      '',
      ...balanceLines('class', classes),
    ],
  }
}

function arraysInfo({ path, inputs, targets }: Extract<OwnFiles, { kind: 'arrays' }>): Info {
  const parts = { inputs: arrayInfo(inputs), ...(targets && { targets: arrayInfo(targets) }) }
  const rows = Object.entries(parts).map(([name, { shape, elements, least, mean, most }]) => [
    ...[name, `[${shape.join(', ')}]`, elements, short(least), short(mean), short(most)],
  ])
  return {
    json: parts,
    lines: [
      `${shortName(path)}:`,
      ...lined([['array', 'shape', 'elements', 'least', 'mean', 'most'], ...rows], 3),
    ],
  }
}

function arrayInfo({ shape, data, type }: NpyArray) {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of data) {
    least = Math.min(least, value)
    most = Math.max(most, value)
    sum += value
  }
  return { shape, elements: type ?? '', least, mean: sum / data.length, most }
}
