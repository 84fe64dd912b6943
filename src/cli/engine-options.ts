import { type Command, Option } from 'commander'
import { createEngine, type Engine, type EngineName, engineNames } from '../index.js'
import { UsageError } from './errors.js'
import { wholeNumber } from './parse.js'

export interface EngineChoice {
  readonly engine?: EngineName
  readonly threads?: number
}

export function addEngineOption(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--engine <name>',
        'what does the arithmetic (default: the fastest here of those that give the same bits)',
      ).choices(engineNames),
    )
    .addOption(
      new Option(
        '--threads <count>',
        'how many threads share the work (default: as many as the machine offers)',
      ).argParser(wholeNumber(1, 64)),
    )
    .hook('preAction', (command) => checkThreads(command.opts()))
}

/** Those that `--threads` goes with. */
const withThreads: readonly EngineName[] = ['threads', 'relaxed-threads']

function checkThreads({ engine, threads }: EngineChoice): void {
  if (engine !== undefined && threads !== undefined && threads > 1 && !withThreads.includes(engine)) {
    throw new UsageError(
      `--threads ${threads} does not go with --engine ${engine}, which has one thread; ${withThreads.join(' and ')} have more.`,
    )
  }
}

/** @throws EngineError when it cannot run here */
export function engineFrom({ engine, threads }: EngineChoice): Promise<Engine> {
  return createEngine({
    ...(engine === undefined ? {} : { engine }),
    ...(threads === undefined ? {} : { threads }),
  })
}
