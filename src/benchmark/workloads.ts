import { conv2d } from '../nn/layers/conv2d.js'
import { dense } from '../nn/layers/dense.js'
import { dropout } from '../nn/layers/dropout.js'
import { flatten } from '../nn/layers/flatten.js'
import { patches, rows } from '../nn/layers/framings.js'
import { gru } from '../nn/layers/gru.js'
import { lstm } from '../nn/layers/lstm.js'
import { maxPooling2d } from '../nn/layers/pool2d.js'
import { simpleRNN } from '../nn/layers/simple-rnn.js'
import type { LayerSpec } from '../nn/layers/spec.js'
import { timeDistributed } from '../nn/layers/time-distributed.js'
import type { LossName } from '../nn/losses.js'
import { adam } from '../optim/adam.js'
import type { OptimizerSpec } from '../optim/index.js'
import { rmsprop } from '../optim/rmsprop.js'
import { sgd } from '../optim/sgd.js'

/** A training job whose speed is measured, on images of 28x28 bytes in ten classes. */
export interface Workload {
  readonly id: string
  readonly title: string
  readonly layers: readonly LayerSpec[]
  readonly optimizer: OptimizerSpec
  /** `softmaxCrossEntropy` by default. */
  readonly loss?: LossName
  readonly batchSize: number
}

export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'MLP 784-128-10 relu, SGD, batch 32',
    layers: [flatten(), dense(128, { activation: 'relu' }), dense(10)],
    optimizer: sgd({ learningRate: 0.01 }),
    batchSize: 32,
  },
  {
    id: 'W2',
    title: 'MLP 784-512-10 relu, SGD, batch 128',
    layers: [flatten(), dense(512, { activation: 'relu' }), dense(10)],
    optimizer: sgd({ learningRate: 0.01 }),
    batchSize: 128,
  },
  {
    id: 'W3',
    title: 'MLP 784-2048-2048-10 relu, dropout 0.5, SGD, batch 32',
    layers: [
      flatten(),
      dense(2048, { activation: 'relu' }),
      dropout(0.5),
      dense(2048, { activation: 'relu' }),
      dropout(0.5),
      dense(10),
    ],
    optimizer: sgd({ learningRate: 0.0085 }),
    batchSize: 32,
  },
  {
    id: 'W4',
    title: 'MLP 784-100-10 tanh, SGD, batch 250',
    layers: [flatten(), dense(100, { activation: 'tanh' }), dense(10)],
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize: 250,
  },
  {
    id: 'W5',
    title: 'LSTM(16) rows, SGD, batch 128',
    layers: [rows(), lstm(16), dense(10)],
    optimizer: sgd({ learningRate: 0.01 }),
    batchSize: 128,
  },
  {
    id: 'W6',
    title: 'LSTM(128) rows, Adam, batch 128',
    layers: [rows(), lstm(128), dense(10)],
    optimizer: adam({ learningRate: 0.001 }),
    batchSize: 128,
  },
  {
    id: 'W7',
    title: 'RNN(128) 112 steps of 7, RMSProp, batch 50',
    layers: [patches(7), simpleRNN(128, { recurrentInitializer: 'identity' }), dense(10)],
    optimizer: rmsprop({ learningRate: 0.0002 }),
    batchSize: 50,
  },
  {
    id: 'W8',
    title: 'RNN(100) rows, averaged softmax, SGD, batch 100',
    layers: [
      rows(),
      simpleRNN(100, { returnSequences: true, useBias: false }),
      timeDistributed(dense(10, { useBias: false })),
    ],
    loss: 'averagedSoftmaxCrossEntropy',
    optimizer: sgd({ learningRate: 0.01 }),
    batchSize: 100,
  },
  {
    id: 'W9',
    title: 'GRU(128) rows, Adam, batch 128',
    layers: [rows(), gru(128), dense(10)],
    optimizer: adam({ learningRate: 0.001 }),
    batchSize: 128,
  },
  {
    id: 'W10',
    title: 'CNN 3x3x16, pool, 3x3x32, pool, dense 10, Adam, batch 64',
    layers: [
      conv2d(16, 3, { activation: 'relu' }),
      maxPooling2d(2),
      conv2d(32, 3, { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dense(10),
    ],
    optimizer: adam({ learningRate: 0.001 }),
    batchSize: 64,
  },
]
