import { type Command, Option } from 'commander'
import { createEngine, type Engine, type EngineName } from '../index.js'

export interface EngineChoice {
  readonly engine?: EngineName
}

const engineNames: readonly EngineName[] = ['simd', 'js']

export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option('--engine <name>', 'what does the arithmetic (default: the fastest here)').choices(
      engineNames,
    ),
  )
}

export function engineFrom({ engine }: EngineChoice): Promise<Engine> {
  return createEngine(engine === undefined ? {} : { engine })
}
