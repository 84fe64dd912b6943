import type { Command } from 'commander'
import { suggest } from '../experiments/registry.js'
import { UsageError } from './errors.js'

/** `help`, which knows the commands of groups and says so of a name that it does not know. */
export function addHelp(parent: Command): void {
  parent
    .helpCommand(false)
    .command('help')
    .argument('[commands...]', 'a command, or a group and one of its commands')
    .description('everything about one command')
    .action((names: readonly string[]) => names.reduce(commandOf, parent).outputHelp())
}

function commandOf(parent: Command, name: string): Command {
  const known = parent.createHelp().visibleCommands(parent)
  const found = known.find((command) => command.name() === name)
  if (found) return found
  if (known.length === 0) throw new UsageError(`help: '${parent.name()}' has no command '${name}' below it.`)
  const names = known.map((command) => command.name())
  throw new UsageError(`help: unknown command '${name}'; ${suggest(name, names)}`)
}
