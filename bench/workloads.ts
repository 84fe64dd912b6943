import { adam, conv2d, dense, dropout, flatten, maxPool2d, type OptimizerSpec, sgd } from '../src/index.js'
import type { LayerSpec } from '../src/nn/layers/index.js'

/** A training job whose speed is measured, on images of 28x28 bytes in ten classes. */
export interface Workload {
  readonly id: string
  readonly title: string
  readonly layers: readonly LayerSpec[]
  readonly optimizer: OptimizerSpec
  readonly batchSize: number
}

export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'MLP 784-128-10 relu, SGD, batch 32',
    layers: [flatten(), dense(128, { activation: 'relu' }), dense(10)],
    optimizer: sgd({ rate: 0.01 }),
    batchSize: 32,
  },
  {
    id: 'W2',
    title: 'MLP 784-512-10 relu, SGD, batch 128',
    layers: [flatten(), dense(512, { activation: 'relu' }), dense(10)],
    optimizer: sgd({ rate: 0.01 }),
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
    optimizer: sgd({ rate: 0.0085 }),
    batchSize: 32,
  },
  {
    id: 'W4',
    title: 'MLP 784-100-10 tanh, SGD, batch 250',
    layers: [flatten(), dense(100, { activation: 'tanh' }), dense(10)],
    optimizer: sgd({ rate: 0.1 }),
    batchSize: 250,
  },
  {
    id: 'W10',
    title: 'CNN 3x3x16, pool, 3x3x32, pool, dense 10, Adam, batch 64',
    layers: [
      conv2d(16, 3, { activation: 'relu' }),
      maxPool2d(2),
      conv2d(32, 3, { activation: 'relu' }),
      maxPool2d(2),
      flatten(),
      dense(10),
    ],
    optimizer: adam({ rate: 0.001 }),
    batchSize: 64,
  },
]
