import { Argument, type Command } from 'commander'
import { fetchFamily } from '../data/mnist.js'
import { type FamilyName, familyNames, published } from './data-options.js'
import { exitCodeHelp } from './exit-codes.js'
import { catchInterrupt } from './interrupt.node.js'
import { showDownloads } from './load.node.js'
import { printLine } from './output.node.js'
import { path, urls } from './parse.js'

const examples = `
Examples:
  lanegrad data fetch
  lanegrad data fetch kmnist
  lanegrad data fetch mnist --cache-dir ./data
  lanegrad data fetch mnist --mirror http://mirror.example/mnist/`

interface FetchOptions {
  readonly cacheDir?: string
  readonly mirror?: readonly string[]
}

export function addFetch(group: Command): void {
  group
    .command('fetch')
    .addArgument(new Argument('[name]', 'data set').choices(familyNames).default('mnist'))
    .description('download a data set into the cache, each file checked by its SHA-256')
    .option(
      '--cache-dir <folder>',
      'where data sets are kept (default: lanegrad in XDG_CACHE_HOME or ~/.cache)',
      path,
    )
    .option('--mirror <url...>', "base URLs to try in turn, in place of the data set's own", urls)
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .action(fetchData)
}

async function fetchData(name: FamilyName, { cacheDir, mirror }: FetchOptions): Promise<void> {
  const interrupt = catchInterrupt()
  const { onProgress, stop } = showDownloads()
  const family = published[name]
  try {
    const folder = await fetchFamily(family, {
      ...{ signal: interrupt.signal, onProgress },
      ...(cacheDir === undefined ? {} : { cacheDir }),
      ...(mirror === undefined ? {} : { mirrors: mirror }),
    })
    stop()
    printLine(`${family.name} is in ${folder}`)
  } finally {
    stop()
    interrupt.release()
  }
}
