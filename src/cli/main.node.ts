#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { LanegradError } from '../errors.js'
import { addBench } from './bench.node.js'
import { addData } from './data.js'
import { InterruptedError, UsageError } from './errors.js'
import { addEval } from './eval.node.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { addInspect } from './inspect.node.js'
import { endWithReader, printError } from './output.node.js'
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

function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const program = new Command('lanegrad')
    .description('Train neural networks on any CPU that runs JavaScript.')
    .version(version)
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .exitOverride()
  addTrain(program)
  addEval(program)
  addData(program)
  addInspect(program)
  addBench(program)
  addPredict(program)
  addReproduce(program)
  addReproduceWorker(program)
  return program
}

/** The exit code for what a command threw, after a word on standard error. */
function report(error: unknown): ExitCode {
  // Commander has already printed its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage
  if (error instanceof LanegradError) {
    printError(error.message)
    if (error instanceof InterruptedError) return ExitCode.Interrupted
    return error instanceof UsageError ? ExitCode.Usage : ExitCode.Failed
  }
  printError(`lanegrad has a bug; please report this:\n${error instanceof Error ? error.stack : error}`)
  return ExitCode.Failed
}

endWithReader()
try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
