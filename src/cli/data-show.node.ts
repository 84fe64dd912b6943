import { type Command, Option } from 'commander'
import { encode } from 'fast-png'
import { type Dataset, picturesByClass, picturesDataset, subset } from '../index.js'
import { drawSheet, drawText, picturesOf } from './contact-sheet.js'
import { addSourceOptions, DATA_HELP, type DataChoice, refuseSourceOptions } from './data-options.js'
import { UsageError } from './errors.js'
import { exitCodeHelp } from './exit-codes.js'
import { checkDistinct, checkOutput, writeOutput } from './files.node.js'
import { counted } from './format.js'
import { loadWithProgress } from './load.node.js'
import { colours, columns, finishUnread, printDrawing, printLine, printNote } from './output.node.js'
import { named, type OwnFiles, readOwn, shortName, sourceOf } from './own-files.node.js'
import { addOwnOptions, checkOwnOptions, type OwnChoice, ownDataHelp, refuseTarget } from './own-options.js'
import { path, wholeNumber } from './parse.js'
import { readColours } from './picture.node.js'
import { table } from './table.js'

interface ShowOptions extends Omit<DataChoice, 'data'>, OwnChoice {
  readonly part: 'train' | 'test'
  readonly start: number
  readonly count: number
  readonly png?: string
}

const examples = `
Examples:
  lanegrad data show
  lanegrad data show digits --count 40
  lanegrad data show fashion-mnist --part test --start 100 --count 400 --png fashion.png
  lanegrad data show penguins.csv --count 5
  lanegrad data show pictures.zip --size 32 --png pictures.png`

export function addShow(group: Command): void {
  const command = group
    .command('show')
    .argument('[name|path]', DATA_HELP, path)
    .description(
      'a contact sheet of images with their labels, in the terminal or as PNG; the rows of a table',
    )
  addSourceOptions(command)
  addOwnOptions(command, ['target', 'delimiter', 'size', 'channels'])
  command
    .addOption(new Option('--part <name>', 'of the data set').choices(['train', 'test']).default('train'))
    .option('--start <position>', 'the first sample shown', wholeNumber(0), 0)
    .option('--count <samples>', 'how many are shown', wholeNumber(1), 12)
    .option('--png <file>', 'write a PNG in place of drawing in the terminal', path)
    .addHelpText('after', `${examples}\n${ownDataHelp}\n${exitCodeHelp}`)
    .action(show)
}

async function show(given: string | undefined, options: ShowOptions): Promise<void> {
  const source = await sourceOf(given, '')
  if ('path' in source) refuseSourceOptions(options)
  else checkOwnOptions(options, null)
  if (options.png !== undefined) {
    await checkOutput(options.png)
    await checkDistinct([{ option: '--png', path: options.png }], [])
    finishUnread()
  }
  if ('path' in source) return showOwn(source.path, options)
  const end = options.start + options.count
  const limit = options.limit === undefined ? end : Math.min(options.limit, end)
  const data = await loadWithProgress({ ...options, limit, ...named(source.name) })
  const set = data[options.part]
  await draw(set, options)
}

/** The first rows of a table or an array as text, pictures as those of a data set with a name. */
async function showOwn(path: string, options: ShowOptions): Promise<void> {
  const files = await readOwn(path, options)
  refuseTarget(options, files.kind)
  if (files.kind === 'pictures') {
    const { size, channels = 1 } = options
    const decoding = { decode: readColours, channels, ...(size && { size }) }
    const pictures = await picturesByClass(files.files, path, decoding)
    const names = pictures.classNames
    await draw(picturesDataset(pictures, shortName(path)), options, names)
    return
  }
  if (options.png !== undefined) throw new UsageError(`--png goes with pictures, which ${path} are not.`)
  const { columns, rows } = files.kind === 'table' ? files.table : rowsOfArrays(files)
  if (options.start >= rows.length) throw tooFar(path, rows.length, options.start)
  const shown = rows.slice(options.start, options.start + options.count)
  printLine(`${shortName(path)}: ${counted(shown.length, 'row')} from ${options.start} on`)
  printLine(...table([columns, ...shown.map((row) => row.map(shortened))], columns.length))
}

/** Characters of a cell that are shown. */
const LONGEST_CELL = 24

function shortened(cell: string): string {
  return cell.length > LONGEST_CELL ? `${cell.slice(0, LONGEST_CELL - 1)}\u2026` : cell
}

/** Elements of an array's row that are shown. */
const MOST_ELEMENTS = 8

function rowsOfArrays({ inputs, targets }: Extract<OwnFiles, { kind: 'arrays' }>): {
  columns: string[]
  rows: string[][]
} {
  const [count = 1] = inputs.shape
  const size = inputs.data.length / count
  const shown = Math.min(size, MOST_ELEMENTS)
  const columns = Array.from({ length: shown }, (_, i) => String(i))
  const more = shown < size ? ['...'] : []
  const rows = Array.from({ length: count }, (_, row) => [
    ...columns.map((_, i) => String(inputs.data[row * size + i]!)),
    ...more,
    ...(targets ? [String(targets.data[row]!)] : []),
  ])
  return { columns: [...columns, ...more, ...(targets ? ['target'] : [])], rows }
}

const tooFar = (name: string, count: number, start: number) =>
  new UsageError(`${name}: expected --start below its ${counted(count, 'sample')}, found ${start}.`)

async function draw(set: Dataset, options: ShowOptions, names: readonly string[] = []): Promise<void> {
  if (options.start >= set.count) throw tooFar(set.name, set.count, options.start)
  const length = Math.min(options.count, set.count - options.start)
  const shown = subset(
    set,
    Array.from({ length }, (_, i) => options.start + i),
  )
  const pictures = picturesOf(shown, names)
  const caption = `${set.name}: ${counted(shown.count, 'sample')} from ${options.start} on`
  if (options.png === undefined) {
    printLine(caption)
    printDrawing(drawText(pictures, columns(), colours()))
    return
  }
  await writeOutput(options.png, encode({ ...drawSheet(pictures), channels: 1 }))
  printNote(`${caption}, written to ${options.png}`)
}
