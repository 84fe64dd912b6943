import { type Command, Option } from 'commander'
import {
  type AugmentOptions,
  type LossName,
  type LossSpec,
  ModelError,
  type OptimizerSpec,
  type Rate,
  type TrainerOptions,
} from '../index.js'
import { lossFrom } from '../nn/losses.js'
import { buildOptimizer } from '../optim/index.js'
import { read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { augmentOptions } from '../train/augment.js'
import { fromOption, UsageError } from './errors.js'
import { batchSize, jsonObject, nameOrJson, number, numberOrJson, positiveNumber } from './parse.js'

type OptimizerName = OptimizerSpec['type']

/** How one training step works. */
export interface TrainingChoice {
  readonly batch: number | 'full'
  readonly optimizer: OptimizerName | OptimizerSpec
  readonly learningRate?: Rate
  readonly momentum?: number
  readonly nesterov?: boolean
  readonly weightDecay?: number
  readonly clipNorm?: number
  readonly clipValue?: number
  readonly augment?: AugmentOptions
  readonly standardise?: boolean
  readonly loss: LossName | LossSpec
}

/** What the options say of a trainer; all but the standardisation, which the data give. */
export type TrainingOptions = Required<Pick<TrainerOptions, 'optimizer' | 'batchSize'>> &
  Pick<TrainerOptions, 'clip' | 'augment'> & { readonly loss: LossName | LossSpec }

/** Learning rates where none is given. */
const usualRates: Record<OptimizerName, number> = {
  ...{ sgd: 0.1, adagrad: 0.01, rmsprop: 0.001, adam: 0.001, adamw: 0.001 },
}

/** Of SGD by its name alone. */
const usualSgd = { momentum: 0.9, nesterov: false, weightDecay: 0 }

export function addTrainingOptions(command: Command): Command {
  return command
    .option('--batch <samples>', "samples a step, or 'full' for all at once", batchSize, 128)
    .option(
      '--optimizer <name>',
      `${Object.keys(usualRates).join(', ')}, or JSON such as {"type":"adam","beta2":0.99}`,
      nameOrJson,
      'sgd',
    )
    .option(
      '--learning-rate <number>',
      'learning rate, or a schedule such as {"type":"cosineDecay","start":0.1,"steps":2000} (default: 0.1 with sgd, 0.01 with adagrad, else 0.001)',
      numberOrJson,
    )
    .option('--momentum <number>', 'of sgd (default: 0.9)', number(0, 1))
    .option('--nesterov', "Nesterov's form of momentum, of sgd")
    .option(
      '--weight-decay <number>',
      'L2 regularisation of sgd and adam, decoupled decay of adamw (default: 0; adamw 0.01)',
      number(0),
    )
    .option('--clip-norm <limit>', 'scale all gradients down to this norm', positiveNumber)
    .addOption(
      new Option('--clip-value <limit>', 'clip every element of the gradients')
        .argParser(positiveNumber)
        .conflicts('clipNorm'),
    )
    .option(
      '--augment <json>',
      'distort training images at random: {"shift":2,"rotate":10,"scale":0.1,"elastic":{"alpha":34,"sigma":4}}, or some of these',
      jsonObject,
    )
    .option('--standardise', 'standardise each pixel by the training part, instead of scaling to 0..1')
    .option(
      '--loss <name>',
      'softmaxCrossEntropy, binaryCrossEntropy, meanSquaredError, averagedSoftmaxCrossEntropy, categoricalCrossEntropy, or JSON such as {"type":"softmaxCrossEntropy","labelSmoothing":0.1}',
      nameOrJson,
      'softmaxCrossEntropy',
    )
}

/**
 * The trainer's options, each checked as far as it can be without a model and data.
 *
 * @throws UsageError that names the option, the field, what was expected and what was found
 */
export function trainingFrom(choice: TrainingChoice): TrainingOptions {
  const { augment, clipNorm, clipValue, loss } = choice
  if (augment) fromOption('--augment', () => read(ModelError, 'augment', 'options', augmentOptions, augment))
  fromOption('--loss', () => lossFrom(loss))
  return {
    ...{ optimizer: optimizerFrom(choice), loss, batchSize: choice.batch },
    ...(clipNorm === undefined ? {} : { clip: { norm: clipNorm } }),
    ...(clipValue === undefined ? {} : { clip: { value: clipValue } }),
    ...(augment ? { augment } : {}),
  }
}

/** Whether the learning rate cannot do without validation. */
export function followsValidation(optimizer: OptimizerSpec): boolean {
  return buildOptimizer(optimizer).followsValidation
}

function isBuilt(spec: OptimizerSpec): boolean {
  try {
    buildOptimizer(spec)
    return true
  } catch (error) {
    if (error instanceof ModelError) return false
    throw error
  }
}

/** Single options go before the fields of a JSON object. */
function optimizerFrom({
  optimizer,
  learningRate,
  momentum,
  nesterov,
  weightDecay,
}: TrainingChoice): OptimizerSpec {
  const { type, ...fields } =
    typeof optimizer === 'object' ? optimizer : { type: optimizer, ...(optimizer === 'sgd' ? usualSgd : {}) }
  if (!Object.hasOwn(usualRates, type)) {
    throw new UsageError(
      `--optimizer: expected one of ${Object.keys(usualRates).join(', ')}, or the JSON of one of these types, found ${show(optimizer)}.`,
    )
  }
  const options = {
    ...{ '--learning-rate': { learningRate }, '--momentum': { momentum }, '--nesterov': { nesterov } },
    '--weight-decay': { weightDecay },
  }
  const given = Object.entries(options).filter(([, field]) => Object.values(field)[0] !== undefined)
  const withFirst = (count: number): OptimizerSpec => {
    const overrides = given.slice(0, count).map(([, field]) => field)
    return Object.assign({ type, learningRate: usualRates[type], ...fields }, ...overrides)
  }
  const spec = withFirst(given.length)
  if (!isBuilt(spec)) {
    // The first option with which it cannot be built is the one that is wrong.
    const names = ['--optimizer', ...given.map(([option]) => option)]
    for (const [i, option] of names.entries()) fromOption(option, () => buildOptimizer(withFirst(i)))
  }
  return spec
}
