import { Argument, type Command, Option } from 'commander'
import { encode } from 'fast-png'
import { subset } from '../index.js'
import { drawSheet, drawText, picturesOf } from './contact-sheet.js'
import { addSourceOptions, type DataChoice, type DataName, dataNames } from './data-options.js'
import { UsageError } from './errors.js'
import { exitCodeHelp } from './exit-codes.js'
import { checkDistinct, checkOutput, writeOutput } from './files.node.js'
import { counted } from './format.js'
import { loadWithProgress } from './load.node.js'
import { colours, columns, finishUnread, printDrawing, printLine, printNote } from './output.node.js'
import { path, wholeNumber } from './parse.js'

interface ShowOptions extends Omit<DataChoice, 'data'> {
  readonly part: 'train' | 'test'
  readonly start: number
  readonly count: number
  readonly png?: string
}

const examples = `
Examples:
  lanegrad data show
  lanegrad data show digits --count 40
  lanegrad data show fashion-mnist --part test --start 100 --count 400 --png fashion.png`

export function addShow(group: Command): void {
  const command = group
    .command('show')
    .addArgument(
      new Argument('[name]', 'data set (default: mnist; the built-in digits where it cannot be had)').choices(
        dataNames,
      ),
    )
    .description('a contact sheet of images with their labels, in the terminal or as PNG')
  addSourceOptions(command)
  command
    .addOption(new Option('--part <name>', 'of the data set').choices(['train', 'test']).default('train'))
    .option('--start <position>', 'the first sample shown', wholeNumber(0), 0)
    .option('--count <samples>', 'how many are shown', wholeNumber(1), 12)
    .option('--png <file>', 'write a PNG in place of drawing in the terminal', path)
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .action(show)
}

async function show(name: DataName | undefined, options: ShowOptions): Promise<void> {
  if (options.png !== undefined) {
    await checkOutput(options.png)
    await checkDistinct([{ option: '--png', path: options.png }], [])
    finishUnread()
  }
  const end = options.start + options.count
  const limit = options.limit === undefined ? end : Math.min(options.limit, end)
  const data = await loadWithProgress({ ...options, limit, ...(name === undefined ? {} : { data: name }) })
  const set = data[options.part]
  if (options.start >= set.count) {
    throw new UsageError(
      `${set.name}: expected --start below its ${counted(set.count, 'sample')}, found ${options.start}.`,
    )
  }
  const length = Math.min(options.count, set.count - options.start)
  const shown = subset(
    set,
    Array.from({ length }, (_, i) => options.start + i),
  )
  const pictures = picturesOf(shown)
  const caption = `${set.name}: ${counted(shown.count, 'sample')} from ${options.start} on`
  if (options.png === undefined) {
    printLine(caption)
    printDrawing(drawText(pictures, columns(), colours()))
    return
  }
  await writeOutput(options.png, encode({ ...drawSheet(pictures), channels: 1 }))
  printNote(`${caption}, written to ${options.png}`)
}
