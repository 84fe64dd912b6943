import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { LanegradError } from '../errors.js'
import { addBench } from './bench.node.js'
import { addData } from './data.js'
import { InterruptedError, UsageError } from './errors.js'
import { addEval } from './eval.node.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { addHelp } from './help.js'
import { addInspect } from './inspect.node.js'
import { helpOutput, printError, printNote } from './output.node.js'
import { addPredict } from './predict.node.js'
import { addReproduce } from './reproduce.node.js'
import { addReproduceWorker } from './reproduce-worker.node.js'
import { addTrain } from './train.node.js'

const examples = `
Examples:
  lanegrad train                         train on MNIST with the default recipe
  lanegrad data show --count 24          look at the images
  lanegrad inspect --hidden 512,512      what a training step does, and what it costs
  lanegrad bench                         how fast each engine is here
  lanegrad reproduce lstm-units --quick  an experiment of a published study
  lanegrad help train                    everything about one command`

/** All commands. What it is given to parse ends in an error, or does its work. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('lanegrad/package.json')), 'utf8'))
  const program = new Command('lanegrad')
    .description('Train neural networks on any CPU that runs JavaScript.')
    .version(version)
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .exitOverride()
    .configureOutput({ ...helpOutput, outputError: () => {} })
  addTrain(program)
  addEval(program)
  addData(program)
  addInspect(program)
  addBench(program)
  addPredict(program)
  addReproduce(program)
  addReproduceWorker(program)
  addHelp(program)
  return program
}

/** Commander stops with an error after help and the version, too, which it has printed by itself. */
function reportUsage({ code, exitCode, message }: CommanderError): ExitCode {
  if (exitCode === 0) return ExitCode.Done
  // Below its sentence it may have a line that asks: (Did you mean train?)
  const [sentence, hint] = message.replace(/^error: /, '').split(/\n(?=\(.*\)$)/) as [string, string?]
  const advice = code === 'commander.unknownCommand' ? ' (lanegrad help lists them all)' : ''
  if (code !== 'commander.help') printError(sentence + (hint ? ` ${hint}` : advice))
  return ExitCode.Usage
}

/** The exit code for what a command threw, after a word on standard error. */
export function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return reportUsage(error)
  if (error instanceof LanegradError) {
    printError(error.message)
    if (error instanceof InterruptedError) return ExitCode.Interrupted
    return error instanceof UsageError ? ExitCode.Usage : ExitCode.Failed
  }
  printError('lanegrad has a bug; please report this:')
  printNote(...String(error instanceof Error ? error.stack : error).split('\n'))
  return ExitCode.Failed
}
