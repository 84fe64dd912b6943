import type { Command } from 'commander'
import { createTrainer, type Dataset, dataset, printProgram, programCost, standardisation } from '../index.js'
import { quantity } from '../program/print.js'
import { sizeOf } from '../program/tensor.js'
import { engineFrom } from './engine-options.js'
import { fromOption, UsageError } from './errors.js'
import { exitCodeHelp } from './exit-codes.js'
import {
  addModelOptions,
  type ModelChoice,
  modelFileHelp,
  modelFromFile,
  perceptron,
} from './model-options.node.js'
import { printJson, printLine } from './output.node.js'
import { describeMemory, memoryOf, programJson } from './program-report.js'
import { addTrainingOptions, type TrainingChoice, trainingFrom } from './training-options.js'

interface InspectOptions extends ModelChoice, TrainingChoice {
  readonly json?: boolean
}

const examples = `
Examples:
  lanegrad inspect
  lanegrad inspect --hidden 2048,2048 --dropout 0.5 --batch 32
  lanegrad inspect --model model.json --json`

/** What models are built for without a model file: MNIST's shape. */
const MNIST = { sampleShape: [28, 28], classes: 10 }

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('print the program of one training step, its floating-point operations and its memory')
  addModelOptions(command)
  addTrainingOptions(command)
  command
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${modelFileHelp}\n${exitCodeHelp}`)
    .action(inspect)
}

async function inspect(options: InspectOptions): Promise<void> {
  if (options.batch === 'full') {
    throw new UsageError("--batch: inspect loads no data, so it needs a number, not 'full'.")
  }
  const training = trainingFrom(options)
  const given = await modelFromFile(options)
  const model = given ?? perceptron(options, MNIST)
  const samples = blank(options.batch, model.input, model.output.at(-1)!)
  const engine = await engineFrom({ threads: 1 })
  const standard = options.standardise ? { standardisation: standardisation(samples) } : {}
  const trainer = fromOption('', () => createTrainer(engine, model, { ...training, ...standard }))
  const program = given
    ? trainer.trainingProgram(samples)
    : fromOption('', () => trainer.trainingProgram(samples))
  const memory = memoryOf(program)
  if (options.json) {
    const parameters = model.parameters.map(({ name, tensor }) => ({ name, shape: tensor.shape }))
    printJson({
      model: model.config,
      parameters,
      program: programJson(program),
      ...programCost(program),
      memory,
    })
    return
  }
  const perSample = programCost(program).flops / options.batch
  printLine(...model.summary().split('\n'), '')
  printLine(...printProgram(program).split('\n'))
  printLine(`${quantity(perSample, 'FLOP')} a sample`, '')
  printLine(...describeMemory(memory))
}

/** As many samples as a batch has: a program depends on their shape alone. */
function blank(count: number, sampleShape: readonly number[], classes: number): Dataset {
  const images = new Uint8Array(count * sizeOf(sampleShape))
  return dataset({ name: 'images', inputs: images, targets: new Uint8Array(count), sampleShape, classes })
}
