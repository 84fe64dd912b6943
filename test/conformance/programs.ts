import {
  type AugmentOptions,
  activation,
  adagrad,
  adam,
  adamw,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  type ClipSpec,
  concatenate,
  conv2d,
  cosineDecay,
  dense,
  dropout,
  exponentialDecay,
  flatten,
  globalAveragePooling2d,
  gru,
  inverseTimeDecay,
  type LayerSpec,
  type LossSpec,
  layerNormalization,
  lstm,
  masking,
  maxPooling2d,
  type OptimizerSpec,
  oneCycle,
  patches,
  type Rate,
  reduceOnPlateau,
  rmsprop,
  rows,
  sgd,
  simpleRNN,
  stepDecay,
  timeDistributed,
  warmUp,
} from '../../src/index.js'
import { type ComposedProgram, compositions } from './compositions.js'

/** One training of the conformance set: plain data, the same for every runtime. */
export interface ConformanceProgram {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  /** Samples of the built-in digits, and how many of them a step takes; the last step of an epoch may take fewer. */
  readonly samples: number
  readonly batch: number
  readonly epochs: number
  readonly optimizer: OptimizerSpec
  readonly loss?: LossSpec
  readonly clip?: ClipSpec
  readonly augment?: AugmentOptions
  readonly standardised?: boolean
  readonly shuffle?: boolean
}

/** Steps that every program takes in all. */
export const STEPS = 50

/** Ten steps an epoch, the last with fewer samples, for neither divides evenly among 2, 3, 4 or 7 threads. */
const byTens = { samples: 331, batch: 35, epochs: 5 }
/** For what takes longer. */
const small = { samples: 97, batch: 10, epochs: 5 }

/** An optimizer or a schedule, tried on a network that is quick to train. */
const onPerceptron = (name: string, optimizer: OptimizerSpec): ConformanceProgram => ({
  ...{ name, ...small, optimizer },
  layers: [flatten(), dense(24, { activation: 'tanh' }), dense(10)],
})
const schedule = (name: string, rate: Rate) =>
  onPerceptron(`schedule: ${name}`, sgd({ learningRate: rate, momentum: 0.5 }))

export const programs: readonly (ConformanceProgram | ComposedProgram)[] = [
  {
    ...{ name: 'MLP with dropout', ...byTens, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
    layers: [flatten(), dense(100, { activation: 'relu' }), dropout(0.5), dense(10)],
  },
  {
    ...{
      name: 'MLP with every activation',
      ...byTens,
      optimizer: adam({ learningRate: 0.002 }),
      standardised: true,
    },
    layers: [
      ...[flatten(), dense(33, { activation: 'relu' }), dense(32, { activation: 'tanh' })],
      ...[dense(31, { activation: 'sigmoid' }), dense(30, { activation: 'softplus' })],
      concatenate([
        [dense(9, { activation: 'hardSigmoid' }), dense(8, { activation: 'elu' })],
        [dense(9, { activation: 'silu' }), dense(8, { activation: 'gelu' })],
        [dense(9, { activation: 'geluTanh' }), dense(8, { activation: { leakyRelu: 0.1 } })],
        [activation({ elu: 0.5 })],
      ]),
      dense(10),
    ],
  },
  {
    ...{ name: 'MLP, all samples in one step', samples: 60, batch: 60, epochs: STEPS },
    ...{ optimizer: sgd({ learningRate: 0.5 }), standardised: true },
    layers: [flatten(), dense(40, { activation: 'tanh', kernelInitializer: 'lecunUniform' }), dense(10)],
  },
  {
    ...{ name: 'LSTM', ...byTens, optimizer: adam({ learningRate: 0.005 }) },
    layers: [rows(), lstm(14), dense(10)],
  },
  {
    ...{ name: 'LSTM, two layers with dropout', ...small, optimizer: rmsprop({ learningRate: 0.003 }) },
    layers: [
      ...[
        rows(),
        lstm(13, {
          returnSequences: true,
          dropout: 0.2,
          recurrentDropout: 0.3,
          recurrentActivation: 'hardSigmoid',
        }),
      ],
      ...[lstm(11, { initialState: 'trained', goBackwards: true }), dense(10)],
    ],
  },
  {
    ...{ name: 'LSTM in both directions, masked', ...small, optimizer: adam({ learningRate: 0.005 }) },
    layers: [rows(), masking(), bidirectional(lstm(12)), dense(10)],
  },
  {
    ...{ name: 'GRU', ...byTens, optimizer: adam({ learningRate: 0.005 }) },
    layers: [rows(), gru(14), dense(10)],
  },
  {
    ...{ name: 'GRU, reset before the product', ...small, optimizer: rmsprop({ learningRate: 0.003 }) },
    layers: [rows(), gru(15, { reset: 'before', recurrentDropout: 0.2, l2: 0.001 }), dense(10)],
  },
  {
    ...{
      name: 'SimpleRNN on 112 patches',
      ...small,
      optimizer: rmsprop({ learningRate: 0.001 }),
      clip: { value: 0.5 },
    },
    layers: [patches(7), simpleRNN(17, { truncate: 30 }), dense(10)],
  },
  {
    ...{ name: 'SimpleRNN, stateful', samples: 100, batch: 10, epochs: 5, shuffle: false },
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    layers: [
      rows(),
      simpleRNN(19, {
        stateful: true,
        activation: 'relu',
        recurrentInitializer: { type: 'identity', gain: 0.5 },
      }),
      dense(10),
    ],
  },
  {
    ...{
      name: 'SimpleRNN, softmax averaged over the steps',
      ...small,
      optimizer: sgd({ learningRate: 0.1 }),
    },
    layers: [rows(), simpleRNN(20, { returnSequences: true }), timeDistributed(dense(10))],
    loss: { type: 'averagedSoftmaxCrossEntropy' },
  },
  {
    ...{ name: 'CNN', ...small, optimizer: adam({ learningRate: 0.003 }) },
    layers: [
      ...[conv2d(6, 3, { activation: 'relu', padding: 'same' }), maxPooling2d(2)],
      ...[conv2d(9, 3, { activation: 'relu' }), maxPooling2d(2, { strides: 3 }), flatten(), dense(10)],
    ],
  },
  {
    ...{
      name: 'CNN with batch normalisation',
      ...small,
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    },
    layers: [
      ...[
        conv2d(5, 5, { strides: 2, useBias: false }),
        batchNormalization(),
        activation('relu'),
        dropout(0.2),
      ],
      ...[
        conv2d(8, [3, 2], { activation: 'silu' }),
        averagePooling2d(2),
        batchNormalization(),
        globalAveragePooling2d(),
        dense(10),
      ],
    ],
  },
  {
    ...{
      name: 'MLP with layer and batch normalisation',
      ...byTens,
      optimizer: adam({ learningRate: 0.003 }),
    },
    layers: [
      ...[
        flatten(),
        dense(30),
        layerNormalization(),
        activation('relu'),
        dense(20),
        batchNormalization(),
        activation('tanh'),
        dense(10),
      ],
    ],
  },
  {
    ...{
      name: 'augmentation: moved, turned and scaled',
      ...small,
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    },
    augment: { shift: 2, rotate: 15, scale: 0.1 },
    standardised: true,
    layers: [flatten(), layerNormalization(), dense(20, { activation: 'relu' }), dense(10)],
  },
  {
    ...{ name: 'augmentation: elastic', ...small, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) },
    augment: { elastic: { alpha: 34, sigma: 4 } },
    layers: [flatten(), dense(20, { activation: 'relu' }), dense(10)],
  },
  onPerceptron('SGD', sgd({ learningRate: 0.1 })),
  onPerceptron('SGD with momentum', sgd({ learningRate: 0.03, momentum: 0.9 })),
  onPerceptron("SGD with Nesterov's momentum", sgd({ learningRate: 0.03, momentum: 0.9, nesterov: true })),
  onPerceptron('SGD with weight decay', sgd({ learningRate: 0.1, weightDecay: 0.01 })),
  onPerceptron('RMSProp', rmsprop({ learningRate: 0.002 })),
  onPerceptron(
    'RMSProp, epsilon inside the root',
    rmsprop({ learningRate: 0.002, decay: 0.99, epsilon: 1e-6, epsilonInside: true }),
  ),
  onPerceptron('Adagrad', adagrad({ learningRate: 0.02, initialAccumulatorValue: 0.1 })),
  onPerceptron('Adam', adam({ learningRate: 0.003 })),
  onPerceptron('Adam with weight decay', adam({ learningRate: 0.003, weightDecay: 0.01 })),
  onPerceptron('AdamW', adamw({ learningRate: 0.003, weightDecay: 0.1 })),
  onPerceptron('AMSGrad', adam({ learningRate: 0.003, amsgrad: true })),
  schedule('steps', stepDecay({ start: 0.1, factor: 0.5, every: 15 })),
  schedule('exponential', exponentialDecay({ start: 0.1, factor: 0.3, every: 40 })),
  schedule('inverse time', inverseTimeDecay({ start: 0.1, decay: 0.7, every: 9 })),
  schedule(
    'warm-up and cosine',
    warmUp({ steps: 12, next: cosineDecay({ start: 0.1, end: 0.001, steps: 30 }) }),
  ),
  schedule('one cycle', oneCycle({ highest: 0.3, steps: 45 })),
  schedule('plateau', reduceOnPlateau({ start: 0.4, factor: 0.5, patience: 0, threshold: 0.5 })),
  {
    ...onPerceptron('gradients clipped by norm, penalties', adam({ learningRate: 0.003 })),
    clip: { norm: 0.5 },
    layers: [flatten(), dense(24, { activation: 'tanh', l1: 0.001, l2: 0.01 }), dense(10, { l2: 0.1 })],
  },
  {
    ...onPerceptron('loss: softmax cross-entropy, smoothed', adam({ learningRate: 0.003 })),
    loss: { type: 'softmaxCrossEntropy', labelSmoothing: 0.1 },
  },
  {
    ...onPerceptron('loss: binary cross-entropy', adam({ learningRate: 0.003 })),
    loss: { type: 'binaryCrossEntropy' },
  },
  {
    ...onPerceptron('loss: mean squared error', adam({ learningRate: 0.003 })),
    loss: { type: 'meanSquaredError', reduction: 'mean' },
  },
  {
    ...onPerceptron('loss: categorical cross-entropy of a softmax', adam({ learningRate: 0.003 })),
    loss: { type: 'categoricalCrossEntropy' },
    layers: [flatten(), dense(24, { activation: 'tanh' }), dense(10), activation('softmax')],
  },
  ...compositions,
]
