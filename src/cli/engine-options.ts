import { type Command, Option } from 'commander'
import { createEngine, type Engine, type EngineName, engineNames } from '../index.js'
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
}

export function engineFrom({ engine, threads }: EngineChoice): Promise<Engine> {
  return createEngine({
    ...(engine === undefined ? {} : { engine }),
    ...(threads === undefined ? {} : { threads }),
  })
}
