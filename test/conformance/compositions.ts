import { ElementLoss, NO_ID } from '../../assembly/codes.js'
import {
  adam,
  bidirectional,
  conv1d,
  dense,
  embedding,
  gru,
  lstm,
  masking,
  rmsprop,
  sgd,
  simpleRNN,
  timeDistributed,
} from '../../src/index.js'
import * as instruction from '../../src/program/instructions.js'
import { sizeOf } from '../../src/program/tensor.js'
import type { Batch, Composition, LossParts } from '../support/composition.js'
import { randomIntegers } from '../support/random.js'

/** A training of the conformance set that is written in instructions, on data drawn from a seed. */
export interface ComposedProgram extends Composition {
  readonly name: string
  readonly samples: number
  readonly epochs: number
  /** Batch number `index` of an epoch. */
  batchOf(index: number): Batch
}

const length = { samples: 35, batch: 7, epochs: 10 }
const batch = length.batch

const draw = (seed: number) => {
  const integers = randomIntegers(seed + 1)
  return {
    floats: (count: number) => Float32Array.from({ length: count }, () => integers(-1024, 1024) / 512),
    below: (limit: number, count: number) => Int32Array.from({ length: count }, () => integers(0, limit - 1)),
    ones: (count: number) => Float32Array.from({ length: count }, () => Math.min(integers(0, 3), 1)),
  }
}

const [STEPS, VOCABULARY, CLASSES] = [9, 13, 5]

/** Weights of `rows` rows and the divisor of their losses. */
function emitWeights(
  { program, scratch }: LossParts,
  rows: number,
  options: Partial<Parameters<typeof program.emit<typeof instruction.lossWeights.arguments>>[1]>,
) {
  const [w, divisor] = [scratch('weights', [rows]), scratch('divisor', [1])]
  program.emit(instruction.lossWeights, {
    ...{ labels: null, weights: null, mask: null, classWeights: null, w, divisor, rows, classes: 1 },
    ...{ ignored: NO_ID, steps: 0, scale: 1, summed: 0, ...options },
  })
  return { weights: w, divisor }
}

/** Next tokens, of which id 0 is ignored: the batch is gathered time first, and padding is masked. */
function tokens(parts: LossParts) {
  const { program, forward, data, kept, scratch } = parts
  const rows = STEPS * batch
  const labels = scratch('labels', [STEPS, batch], 'i32')
  program.emit(instruction.gatherIds, {
    ...{ source: data('targets', [batch, STEPS]), indices: data('order', [batch]), y: labels },
    ...{ count: batch, rows: batch, size: STEPS, rowStep: 1, idStep: batch },
  })
  const weighted = emitWeights(parts, rows, { labels, mask: forward.valid!, ignored: 0, summed: 1 })
  const [dlogits, loss] = [scratch('dlogits', forward.output.shape), scratch('loss', [rows])]
  const predicted = scratch('predicted', [rows], 'i32')
  const shared = { ...weighted, loss, predicted, labels, rows, classes: VOCABULARY }
  program.emit(instruction.weightedCrossEntropy, {
    ...{ ...shared, logits: forward.output, targets: null, classWeights: null, dlogits, smoothing: 0 },
  })
  const confusion = kept('confusion', [VOCABULARY, VOCABULARY], 'i32')
  program.emit(instruction.tallyWeighted, { ...shared, totals: kept('totals', [5], 'f64'), confusion })
  return dlogits
}

/** The average of the valid steps' softmax, with samples' weights. */
function averaged(parts: LossParts) {
  const { program, forward, data, kept, scratch } = parts
  const { output: logits, valid } = forward
  const labels = data('labels', [batch])
  const weighted = emitWeights(parts, batch, { weights: data('weights', [batch]), summed: 1 })
  const [p, average] = [scratch('p', logits.shape), scratch('average', [batch, CLASSES])]
  const [loss, predicted] = [scratch('loss', [batch]), scratch('predicted', [batch], 'i32')]
  const sizes = { steps: STEPS, rows: batch }
  program.emit(instruction.softmax, { x: logits, y: p, rows: STEPS * batch, classes: CLASSES })
  program.emit(instruction.averageSteps, { x: p, y: average, valid: valid!, ...sizes, size: batch * CLASSES })
  const shared = { ...weighted, loss, predicted, labels, classes: CLASSES }
  program.emit(instruction.averagedCrossEntropy, {
    ...{ ...shared, ...sizes, logits, average, valid: valid!, p, logs: scratch('logs', [STEPS, batch]) },
  })
  const totals = kept('totals', [5], 'f64')
  program.emit(instruction.tallyWeighted, { ...shared, rows: batch, totals, confusion: null })
  return p
}

/**
 * Every loss of elements and the cross-entropy of soft targets and of smoothed labels with classes' weights on one output,
 * their gradients scaled and added; the output gates itself.
 */
function mixture(parts: LossParts) {
  const { program, forward, data, kept, scratch } = parts
  const { output } = forward
  const count = sizeOf(output.shape)
  const [x, gradient] = [scratch('gated', output.shape), scratch('gradient', output.shape)]
  program.emit(instruction.multiply, { x: output, y: output, z: x, count, accumulate: 0 })
  program.emit(instruction.fill, { x: gradient, count, value: 0 })
  const labels = data('labels', [batch])
  const classWeights = data('classWeights', [CLASSES])
  const weights = data('weights', [batch])
  const totals = kept('totals', [5], 'f64')
  const loss = scratch('loss', [batch])
  const predicted = scratch('predicted', [batch], 'i32')
  const addGradient = (dx: ReturnType<typeof scratch>, factor: number) => {
    program.emit(instruction.scale, { x: dx, y: dx, count, factor })
    program.emit(instruction.add, { x: dx, y: gradient, count })
  }
  for (const kind of [0, 1, 2, 3] satisfies ElementLoss[]) {
    const weighted = emitWeights(parts, batch, { weights, scale: batch * CLASSES })
    const dx = scratch(`dx ${kind}`, output.shape)
    const positive = kind === ElementLoss.BinaryCrossEntropy ? classWeights : null
    program.emit(instruction.elementLoss, {
      ...{ ...weighted, x, targets: data('targets', output.shape), positive, dx, loss },
      ...{ rows: batch, size: CLASSES, kind, delta: 0.5 },
    })
    program.emit(instruction.tallyWeighted, {
      ...{ ...weighted, loss, predicted: null, labels: null, totals, confusion: null },
      ...{ rows: batch, classes: CLASSES },
    })
    addGradient(dx, 0.25)
  }
  for (const isSoft of [true, false]) {
    const weighted = emitWeights(parts, batch, { weights, scale: batch })
    const dx = scratch(isSoft ? 'dx soft' : 'dx smooth', output.shape)
    program.emit(instruction.weightedCrossEntropy, {
      ...{ ...weighted, logits: x, classWeights, dlogits: dx, loss, predicted, rows: batch },
      ...{ labels: isSoft ? null : labels, targets: isSoft ? data('targets', output.shape) : null },
      ...{ classes: CLASSES, smoothing: isSoft ? 0 : 0.1 },
    })
    program.emit(instruction.tallyWeighted, {
      ...{ ...weighted, loss, predicted, labels, totals, confusion: null, rows: batch, classes: CLASSES },
    })
    addGradient(dx, 0.5)
  }
  // The gradient of a square, half of it added to the other half.
  const dy = scratch('dy', output.shape)
  program.emit(instruction.multiply, { x: gradient, y: output, z: dy, count, accumulate: 0 })
  program.emit(instruction.multiply, { x: gradient, y: output, z: dy, count, accumulate: 1 })
  return dy
}

/** Features of which some steps are all zeros: before, after and in the middle. */
function padded(seed: number) {
  const { floats, ones } = draw(seed)
  const [x, isValid] = [floats(batch * STEPS * 3), ones(batch * STEPS)]
  return x.map((value, i) => (isValid[Math.floor(i / 3)] === 0 ? 0 : value))
}

export const compositions: readonly ComposedProgram[] = [
  {
    ...{
      name: 'tokens: embedding, masked LSTM, an ignored id',
      ...length,
      optimizer: adam({ learningRate: 0.01 }),
    },
    layers: [
      ...[embedding(VOCABULARY, 19, { maskZero: true, paddingId: 0 }), lstm(17, { returnSequences: true })],
      timeDistributed(dense(VOCABULARY)),
    ],
    ...{ input: [STEPS], loss: tokens },
    batchOf(index) {
      const { below } = draw(index)
      const x = below(VOCABULARY, batch * STEPS).map((id, at) => (at % STEPS > 6 ? 0 : id))
      return { x, targets: x.map((id, at) => (at % STEPS < 8 ? x[at + 1]! : id)), order: below(batch, batch) }
    },
  },
  {
    ...{ name: 'padding anywhere, softmax averaged over valid steps', ...length },
    optimizer: rmsprop({ learningRate: 0.003 }),
    layers: [
      masking(0, { padding: 'anywhere' }),
      bidirectional(gru(11, { returnSequences: true, zeroOutputForMask: true })),
      lstm(10, { returnSequences: true, initialState: 'trained', goBackwards: true }),
      simpleRNN(9, { returnSequences: true, initialState: 'trained' }),
      timeDistributed(dense(CLASSES)),
    ],
    ...{ input: [STEPS, 3], loss: averaged },
    batchOf(index) {
      const { below, ones } = draw(index)
      return { x: padded(index), labels: below(CLASSES, batch), weights: ones(batch) }
    },
  },
  {
    ...{ name: 'losses with weights on a convolution along steps', ...length },
    optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }),
    layers: [
      conv1d(8, 3, { padding: 'same', strides: 2, activation: 'tanh' }),
      gru(12, { reset: 'before' }),
      dense(CLASSES),
    ],
    ...{ input: [STEPS, 3], loss: mixture },
    batchOf(index) {
      const { floats, below, ones } = draw(index)
      return {
        ...{ x: floats(batch * STEPS * 3), labels: below(CLASSES, batch), weights: ones(batch) },
        targets: floats(batch * CLASSES).map((value) => Math.abs(value) / 2),
        classWeights: Float32Array.of(0.5, 1, 1.5, 2, 0),
      }
    },
  },
]
