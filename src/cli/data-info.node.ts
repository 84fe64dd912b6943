import type { Command } from 'commander'
import { rowOf } from '../data/dataset.js'
import type { Dataset } from '../index.js'
import { addSourceOptions, DATA_HELP, type DataChoice, refuseSourceOptions } from './data-options.js'
import { exitCodeHelp } from './exit-codes.js'
import { grouped, percent } from './format.js'
import { loadWithProgress } from './load.node.js'
import { printJson, printLine } from './output.node.js'
import { named, sourceOf } from './own-files.node.js'
import { ownInfo } from './own-info.node.js'
import { addOwnOptions, checkOwnOptions, type OwnChoice, ownDataHelp } from './own-options.js'
import { path } from './parse.js'
import { table } from './table.js'

const examples = `
Examples:
  lanegrad data info
  lanegrad data info fashion-mnist --data-dir ./data
  lanegrad data info digits --json
  lanegrad data info penguins.csv --target species
  lanegrad data info pictures.zip`

export function addInfo(group: Command): void {
  const command = group
    .command('info')
    .argument('[name|path]', DATA_HELP, path)
    .description('counts, shapes, balance of the classes, mean pixel or columns, and where the data are')
  addSourceOptions(command)
  addOwnOptions(command, ['target', 'ignore', 'categories', 'task', 'delimiter', 'size', 'channels'])
  command
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${ownDataHelp}\n${exitCodeHelp}`)
    .action(info)
}

interface PartInfo {
  readonly samples: number
  readonly shape: readonly number[]
  readonly elements: 'uint8' | 'float32'
  /** Samples of each class. */
  readonly classes: readonly number[]
  /** Mean of all elements; bytes stand for 0..1. */
  readonly mean: number
  /** Part of the elements that are zero. */
  readonly zeros: number
}

async function info(
  given: string | undefined,
  options: Omit<DataChoice, 'data'> & OwnChoice & { readonly json?: boolean },
): Promise<void> {
  const source = await sourceOf(given, '')
  if ('path' in source) {
    refuseSourceOptions(options)
    return ownInfo(source.path, options)
  }
  checkOwnOptions(options, null)
  const data = await loadWithProgress({ ...options, ...named(source.name) })
  const parts = { train: measure(data.train), test: measure(data.test) }
  if (options.json) {
    const { name, synthetic } = data.train
    printJson({ name, synthetic, folder: data.folder, ...parts })
    return
  }
  printLine(`from  ${data.folder ?? 'drawn by a seeded generator'}`)
  printLine('', ...describe('training part', data.train.name, parts.train))
  printLine('', ...describe('test part', data.test.name, parts.test))
}

function measure(set: Dataset): PartInfo {
  const { inputs: images, targets: labels, count, sampleSize, sampleShape } = set
  const classes = new Array<number>(set.classes).fill(0)
  let sum = 0
  let zeros = 0
  for (let i = 0; i < count; i++) {
    const row = rowOf(set, i)
    classes[labels[row]!]!++
    for (let j = row * sampleSize; j < (row + 1) * sampleSize; j++) {
      sum += images[j]!
      if (images[j] === 0) zeros++
    }
  }
  const elements = images instanceof Uint8Array ? 'uint8' : 'float32'
  const total = count * sampleSize
  return {
    ...{ samples: count, shape: sampleShape, elements, classes },
    mean: sum / total / (elements === 'uint8' ? 255 : 1),
    zeros: zeros / total,
  }
}

function describe(
  part: string,
  name: string,
  { samples, shape, elements, classes, mean, zeros }: PartInfo,
): string[] {
  const rows = classes.map((count, label) => [String(label), grouped(count), percent(count / samples)])
  return [
    `${part}, ${name}: ${grouped(samples)} samples of shape [${shape.join(', ')}], ${elements}`,
    `mean pixel ${mean.toFixed(4)}, ${percent(zeros)} of the pixels are zero`,
    ...table([['class', 'samples', 'part'], ...rows]),
  ]
}
