import type { Command } from 'commander'
import { addFetch } from './data-fetch.node.js'
import { addInfo } from './data-info.node.js'
import { addShow } from './data-show.node.js'
import { exitCodeHelp } from './exit-codes.js'
import { addHelp } from './help.js'

const examples = `
Examples:
  lanegrad data fetch fashion-mnist
  lanegrad data info
  lanegrad data show digits --count 40 --png digits.png`

export function addData(program: Command): void {
  const group = program
    .command('data')
    .description('download data sets, count them, look at them')
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
  addFetch(group)
  addInfo(group)
  addShow(group)
  addHelp(group)
}
