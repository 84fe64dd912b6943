import { type Command, Option } from 'commander'
import {
  type ActivationSpec,
  type Dataset,
  dense,
  dropout,
  flatten,
  type Initializer,
  type LayerSpec,
  type Model,
  ModelError,
  modelFromConfig,
  sequential,
} from '../index.js'
import { activation } from '../nn/activations.js'
import { initialiser } from '../nn/initialisers.js'
import { fromOption } from './errors.js'
import { readJson } from './files.node.js'
import { number, path, readBy, sizes, wholeNumber } from './parse.js'

/** A multilayer perceptron by its options, or any model by a JSON file. */
export interface ModelChoice {
  readonly model?: string
  readonly hidden: readonly number[]
  readonly activation: ActivationSpec
  readonly dropout: number
  readonly init?: Initializer
  readonly seed?: number
}

export function addModelOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--hidden <units>', 'units of the hidden layers, such as 512,256; "" for none')
        .argParser(sizes)
        .default([256], '256'),
    )
    .option(
      '--activation <name>',
      'of the hidden layers: relu, tanh, sigmoid, none, {"leakyRelu":0.01}',
      readBy(activation),
      'relu',
    )
    .option('--dropout <rate>', 'part of each hidden layer that is dropped', number(0, 1), 0.1)
    .option(
      '--init <name>',
      'how weights start: heNormal, glorotUniform, orthogonal, {"type":"normal","deviation":0.01} ... (default: heUniform before a ReLU, else glorotUniform)',
      readBy(initialiser),
    )
    .addOption(
      new Option('--model <file>', 'JSON file of a model, in place of the four options above')
        .argParser(path)
        .conflicts(['hidden', 'activation', 'dropout', 'init']),
    )
    .option(
      '--seed <number>',
      'of the weights, the dropout and the order of samples (default: 1)',
      wholeNumber(0, 2 ** 32 - 1),
    )
}

/** The parts of a data set that a model is built for. */
export type Samples = Pick<Dataset, 'sampleShape' | 'classes'>

/**
 * The model that `--model` names, or null without it.
 *
 * @throws DataError for a file that cannot be read, ModelError for a model that cannot be built
 */
export async function modelFromFile({ model: file, seed }: ModelChoice): Promise<Model | null> {
  if (file === undefined) return null
  const config = await readJson(file)
  const described = typeof config === 'object' && config !== null && !Array.isArray(config)
  try {
    return modelFromConfig(described ? { ...config, ...seedOf(seed) } : config)
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${file}: ${error.message}`) : error
  }
}

/**
 * The multilayer perceptron that the options describe, for samples of this shape and number of classes.
 *
 * @throws UsageError for options that no model can have
 */
export function perceptron(choice: ModelChoice, { sampleShape, classes }: Samples): Model {
  const { activation, hidden, init } = choice
  const kernel = init === undefined ? {} : { kernelInitializer: init }
  const layers: LayerSpec[] = [flatten()]
  for (const units of hidden) {
    layers.push(dense(units, { activation, ...kernel }))
    if (choice.dropout > 0) layers.push(dropout(choice.dropout))
  }
  layers.push(dense(classes, kernel))
  return fromOption('--hidden', () => sequential(layers, { input: sampleShape, ...seedOf(choice.seed) }))
}

function seedOf(seed: number | undefined): { seed?: number } {
  return seed === undefined ? {} : { seed }
}

/** What `--model` reads, for the help of commands. */
export const modelFileHelp = `
A model file:
  {"input": [28, 28],
   "layers": [{"type": "flatten"},
              {"type": "dense", "units": 128, "activation": "relu"},
              {"type": "dropout", "rate": 0.5},
              {"type": "dense", "units": 10}]}
The repository has more in examples/models: lstm.json, gru.json, cnn.json, patch-rnn.json, averaged-rnn.json.`
