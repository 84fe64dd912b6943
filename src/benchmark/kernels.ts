/**
 * Every kernel of the core on sizes of training on MNIST. Products and convolutions count FLOPs; the others count the
 * elements of their largest operand, since what they do with each differs.
 */
import { Activation, ElementLoss } from '../../assembly/codes.js'
import * as instruction from '../program/instructions.js'
import type { Tensor } from '../program/tensor.js'
import type { Benchmark } from './benchmark.js'
import { type KernelProgram, kernelBenchmark } from './kernel-program.js'

type Emit = (program: KernelProgram) => void

const elementwise = (id: string, title: string, elements: number, emit: Emit) =>
  kernelBenchmark({ id, title, group: 'kernels', elements }, emit)
const product = (id: string, title: string, emit: Emit) =>
  kernelBenchmark({ id, title, group: 'kernels' }, emit)

/** A hidden layer of 512 units in a batch of 128, and the weights before it. */
const BATCH = 128
const UNITS = 512
const PIXELS = 784
const CLASSES = 10
const HIDDEN = BATCH * UNITS
const WEIGHTS = PIXELS * UNITS

const activations = Object.values(Activation).filter(
  (value): value is Activation => typeof value === 'number' && value !== Activation.None,
)
/** These take the derivative from the input, the others from the output. */
const fromInput = [Activation.Silu, Activation.Gelu, Activation.GeluTanh]

function activation(code: Activation): Benchmark[] {
  const name = Activation[code]!.replace(/^./, (letter) => letter.toLowerCase())
  const shared = { count: HIDDEN, activation: code, slope: 0.1 }
  return [
    elementwise(name, `${name}, 128 x 512`, HIDDEN, (p) =>
      p.emit(instruction.activate, { x: p.signed([HIDDEN]), y: p.constant(0, [HIDDEN]), ...shared }),
    ),
    elementwise(`${name}-backward`, `${name} backward, 128 x 512`, HIDDEN, (p) => {
      const value = p.positive([HIDDEN])
      p.emit(instruction.activateBackward, {
        ...(fromInput.includes(code) ? { x: value, y: null } : { x: null, y: value }),
        ...{ dy: p.signed([HIDDEN]), dx: p.constant(0, [HIDDEN]), ...shared },
      })
    }),
  ]
}

const data: Benchmark[] = [
  elementwise('fill', 'fill, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.fill, { x: p.constant(0, [HIDDEN]), count: HIDDEN, value: 1 }),
  ),
  elementwise('copy', 'copy, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.copy, { x: p.signed([HIDDEN]), y: p.constant(0, [HIDDEN]), count: HIDDEN }),
  ),
  elementwise('add', 'add, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.add, { x: p.signed([HIDDEN]), y: p.constant(0, [HIDDEN]), count: HIDDEN }),
  ),
  elementwise('gather', 'gather 128 float images, standardised', BATCH * PIXELS, (p) =>
    p.emit(instruction.gather, { source: p.signed([1000, PIXELS]), ...gathered(p) }),
  ),
  elementwise('gather-bytes', 'gather 128 byte images, standardised', BATCH * PIXELS, (p) =>
    p.emit(instruction.gatherBytes, { source: p.below(256, [1000, PIXELS], 'u8'), ...gathered(p) }),
  ),
  elementwise('gather-labels', 'gather 128 labels', BATCH, (p) => {
    const [labels, indices] = [p.below(CLASSES, [1000], 'u8'), p.below(1000, [BATCH])]
    p.emit(instruction.gatherLabels, {
      ...{ labels, indices, y: p.constant(0, [BATCH], 'i32'), rows: BATCH, count: 1000 },
    })
  }),
  elementwise('copy-blocks', 'batch first to time first, 128 x 28 x 28', BATCH * PIXELS, (p) =>
    p.emit(instruction.copyBlocks, {
      ...{ x: p.signed([BATCH, 28, 28]), y: p.constant(0, [28, BATCH, 28]), outer: 28, inner: BATCH },
      ...{ size: 28, xOuter: 28, xInner: PIXELS, yOuter: BATCH * 28, yInner: 28 },
    }),
  ),
  elementwise('augment', 'move, turn, zoom 64 images', 64 * PIXELS, (p) => distort(p, 0)),
  elementwise('augment-elastic', 'the same with elastic distortion', 64 * PIXELS, (p) => distort(p, 12)),
  elementwise('column-sum', 'column sums, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.columnSum, {
      ...{ x: p.signed([BATCH, UNITS]), y: p.constant(0, [UNITS]), rows: BATCH, columns: UNITS },
      accumulate: 0,
    }),
  ),
]

function gathered(p: KernelProgram) {
  return {
    ...{ indices: p.below(1000, [BATCH]), mean: p.positive([PIXELS]), scale: p.positive([PIXELS]) },
    ...{ y: p.constant(0, [BATCH, PIXELS]), rows: BATCH, size: PIXELS, count: 1000 },
  }
}

function distort(p: KernelProgram, radius: number): void {
  p.emit(instruction.augment, {
    ...{ x: p.positive([64, PIXELS]), y: p.constant(0, [64, PIXELS]), mean: null, scale: null, rows: 64 },
    ...{ height: 28, width: 28, channels: 1, shift: 2, rotate: 0.04, zoom: 0.1, radius, sigma: 4, alpha: 30 },
    ...{ seed: 1, stream: 1, step: p.constant(1, [1], 'i32') },
  })
}

const random: Benchmark[] = [
  elementwise('dropout', 'dropout, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.dropout, {
      ...{ x: p.signed([HIDDEN]), y: p.constant(0, [HIDDEN]), count: HIDDEN, threshold: 2 ** 31, scale: 2 },
      ...{ seed: 1, stream: 1, step: p.constant(1, [1], 'i32') },
    }),
  ),
  elementwise('uniform', 'uniform weights, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.uniform, {
      ...{ x: p.constant(0, [WEIGHTS]), count: WEIGHTS, low: -1, high: 1, seed: 1, stream: 1 },
    }),
  ),
  elementwise('normal', 'normal weights, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.normal, {
      ...{ x: p.constant(0, [WEIGHTS]), count: WEIGHTS, mean: 0, deviation: 1, seed: 1, stream: 1 },
    }),
  ),
  elementwise('orthogonal', 'orthogonal weights, 128 x 128', 128 * 128, (p) => {
    const [x, work] = [p.constant(0, [128, 128]), p.constant(0, [128, 128])]
    p.emit(instruction.orthogonal, { x, work, rows: 128, columns: 128, gain: 1, seed: 1, stream: 1 })
  }),
  elementwise('permutation', 'order of 60,000 samples', 60_000, (p) =>
    p.emit(instruction.permutation, {
      ...{ x: p.constant(0, [60_000], 'i32'), count: 60_000, seed: 1, stream: 1 },
      step: p.constant(1, [1], 'i32'),
    }),
  ),
]

const SCORES = BATCH * CLASSES
const scores = { rows: BATCH, classes: CLASSES }
const shapeOfScores = [BATCH, CLASSES]
const perRow = (p: KernelProgram) => ({
  loss: p.constant(0, [BATCH]),
  predicted: p.constant(0, [BATCH], 'i32'),
})
const pointwise = (p: KernelProgram) => ({
  ...{ x: p.signed(shapeOfScores), targets: p.positive(shapeOfScores), dx: p.constant(0, shapeOfScores) },
  ...{ loss: p.constant(0, [BATCH]), rows: BATCH, size: CLASSES, divisor: 1 },
})

const losses: Benchmark[] = [
  elementwise('softmax', 'softmax, 128 x 10', SCORES, (p) =>
    p.emit(instruction.softmax, { x: p.signed(shapeOfScores), y: p.constant(0, shapeOfScores), ...scores }),
  ),
  elementwise('softmax-backward', 'softmax backward, 128 x 10', SCORES, (p) =>
    p.emit(instruction.softmaxBackward, { ...outputsAndGradients(p), ...scores }),
  ),
  elementwise('log-softmax', 'log-softmax, 128 x 10', SCORES, (p) =>
    p.emit(instruction.logSoftmax, {
      ...{ x: p.signed(shapeOfScores), y: p.constant(0, shapeOfScores), ...scores },
    }),
  ),
  elementwise('log-softmax-backward', 'log-softmax backward, 128 x 10', SCORES, (p) =>
    p.emit(instruction.logSoftmaxBackward, { ...outputsAndGradients(p), ...scores }),
  ),
  elementwise('softmax-cross-entropy', 'softmax cross-entropy, 128 x 10', SCORES, (p) =>
    p.emit(instruction.softmaxCrossEntropy, {
      ...{ logits: p.signed(shapeOfScores), labels: p.below(CLASSES, [BATCH]) },
      ...{ dlogits: p.constant(0, shapeOfScores), ...perRow(p), ...scores, smoothing: 0 },
    }),
  ),
  elementwise('categorical-cross-entropy', 'categorical cross-entropy, 128 x 10', SCORES, (p) =>
    p.emit(instruction.categoricalCrossEntropy, {
      ...{ scores: p.positive(shapeOfScores), labels: p.below(CLASSES, [BATCH]) },
      ...{ dscores: p.constant(0, shapeOfScores), ...perRow(p), ...scores },
    }),
  ),
  elementwise('binary-cross-entropy', 'binary cross-entropy, 128 x 10', SCORES, (p) =>
    p.emit(instruction.binaryCrossEntropy, pointwise(p)),
  ),
  elementwise('squared-error', 'squared error, 128 x 10', SCORES, (p) =>
    p.emit(instruction.squaredError, pointwise(p)),
  ),
  elementwise('normalise-rows', 'normalise rows, 128 x 10', SCORES, (p) =>
    p.emit(instruction.normaliseRows, {
      ...{ x: p.positive(shapeOfScores), y: p.constant(0, shapeOfScores), ...scores },
    }),
  ),
  elementwise('one-hot', 'one hot, 128 x 10', SCORES, (p) =>
    p.emit(instruction.oneHot, {
      ...{ labels: p.below(CLASSES, [BATCH]), y: p.constant(0, shapeOfScores), ...scores },
    }),
  ),
  elementwise('arg-max', 'arg max, 128 x 10', SCORES, (p) =>
    p.emit(instruction.argMax, { x: p.signed(shapeOfScores), y: p.constant(0, [BATCH], 'i32'), ...scores }),
  ),
  elementwise('tally', 'tally of 128 samples', BATCH, (p) =>
    p.emit(instruction.tally, {
      ...{ loss: p.positive([BATCH]), predicted: p.below(CLASSES, [BATCH]) },
      ...{ labels: p.below(CLASSES, [BATCH]), totals: p.constant(0, [4], 'f64') },
      ...{ confusion: p.constant(0, [CLASSES, CLASSES], 'i32'), ...scores },
    }),
  ),
]

function outputsAndGradients(p: KernelProgram) {
  return { y: p.positive(shapeOfScores), dy: p.signed(shapeOfScores), dx: p.constant(0, shapeOfScores) }
}

/** A parameter with its gradient, and a rate so small that many thousand updates leave it in range. */
const update = (p: KernelProgram) => ({
  ...{ parameter: p.signed([WEIGHTS]), gradient: p.signed([WEIGHTS]), count: WEIGHTS },
})
const rate = (p: KernelProgram) => p.constant(1e-6, [1])
const moment = (p: KernelProgram) => p.positive([WEIGHTS])

const optimizers: Benchmark[] = [
  elementwise('sgd', 'SGD, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.sgd, {
      ...{ ...update(p), velocity: null, rate: rate(p), momentum: 0, weightDecay: 0, nesterov: 0 },
    }),
  ),
  elementwise('sgd-momentum', 'SGD with momentum, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.sgd, {
      ...{ ...update(p), velocity: moment(p), rate: rate(p), momentum: 0.9, weightDecay: 0, nesterov: 0 },
    }),
  ),
  elementwise('rmsprop', 'RMSProp, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.rmsprop, {
      ...{ ...update(p), square: moment(p), rate: rate(p) },
      ...{ decay: 0.9, complement: 0.1, epsilon: 1e-7, inside: 0 },
    }),
  ),
  elementwise('adagrad', 'Adagrad, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.adagrad, {
      ...{ ...update(p), square: moment(p), rate: rate(p), start: 0.1, epsilon: 1e-7 },
    }),
  ),
  elementwise('adam', 'Adam, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.adam, {
      ...{ ...update(p), mean: moment(p), square: moment(p), largest: null },
      ...{ scalars: p.constant(1e-6, [3]), beta1: 0.9, complement1: 0.1, beta2: 0.999, complement2: 0.001 },
      ...{ epsilon: 1e-8, weightDecay: 0, decoupled: 0 },
    }),
  ),
  elementwise('regularise', 'L1 and L2 gradient, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.regularise, { ...update(p), l1: 1e-6, l2: 1e-6 }),
  ),
  elementwise('penalty', 'L1 and L2 penalty, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.penalty, {
      ...{ x: p.signed([WEIGHTS]), sums: p.constant(0, [98], 'f64'), count: WEIGHTS, l1: 1e-4, l2: 1e-4 },
    }),
  ),
  elementwise('clip-value', 'clip by value, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.clipValue, { x: p.signed([WEIGHTS]), count: WEIGHTS, limit: 0.25 }),
  ),
  // The norm is barely above the limit, so that scaling again and again leaves numbers that are not denormal.
  elementwise('clip-norm', 'clip by norm, 784 x 512', WEIGHTS, (p) =>
    p.emit(instruction.clipNorm, {
      ...{ x: p.signed([WEIGHTS]), squares: p.constant(1, [98], 'f64'), count: WEIGHTS, blocks: 98 },
      limit: 0.9999999 * Math.sqrt(98),
    }),
  ),
]

const IMAGES = 64
/** The two convolutions of the CNN 3x3x16, pool, 3x3x32, pool: on MNIST's images, and on what is pooled from them. */
const first = {
  ...{ batch: IMAGES, height: 28, width: 28, channels: 1, kernelHeight: 3, kernelWidth: 3, filters: 16 },
  stride: 1,
}
const second = { ...first, height: 13, width: 13, channels: 16, filters: 32 }
type Convolution = typeof first
const imageOf = ({ batch, height, width, channels }: Convolution) => [batch, height, width, channels]
const outputOf = ({ batch, height, width, filters }: Convolution) => [batch, height - 2, width - 2, filters]
const filtersOf = ({ channels, filters }: Convolution) => [3, 3, channels, filters]
/** Of a gradient that comes through a ReLU and a pool of 2 x 2. */
const POOLED_ZEROS = 0.85
const pooled = {
  batch: IMAGES,
  height: 26,
  width: 26,
  channels: 16,
  windowHeight: 2,
  windowWidth: 2,
  stride: 2,
}
const before = [IMAGES, 26, 26, 16]
const after = [IMAGES, 13, 13, 16]
const POOLED = IMAGES * 26 * 26 * 16

const convolve = (id: string, title: string, size: Convolution, zeros: number) =>
  product(id, title, (p) =>
    p.emit(instruction.conv2d, {
      ...{ x: p.signed(imageOf(size), zeros), w: p.signed(filtersOf(size)), bias: p.signed([size.filters]) },
      ...{ y: p.constant(0, outputOf(size)), ...size, activation: Activation.Relu, slope: 0 },
    }),
  )
const filterGradient = (id: string, title: string, size: Convolution, zeros: number) =>
  product(id, title, (p) =>
    p.emit(instruction.conv2dFilters, {
      ...{ x: p.signed(imageOf(size), zeros), dy: p.signed(outputOf(size), POOLED_ZEROS) },
      ...{ dw: p.constant(0, filtersOf(size)), ...size },
    }),
  )

const images: Benchmark[] = [
  convolve('conv2d-images', '3x3x16 convolution of 64 images, 81% zeros', first, 0.81),
  convolve('conv2d', '3x3x32 convolution of 64 x 13x13x16', second, 0),
  filterGradient('conv2d-images-filters', '3x3x16 filter gradient', first, 0.81),
  filterGradient('conv2d-filters', '3x3x32 filter gradient', second, 0),
  product('conv2d-input', '3x3x32 input gradient', (p) => {
    const { batch, height, width, channels, kernelHeight, kernelWidth, filters, stride } = second
    p.emit(instruction.conv2dInput, {
      ...{ dy: p.signed(outputOf(second), POOLED_ZEROS), w: p.signed(filtersOf(second)) },
      ...{ dx: p.constant(0, imageOf(second)), batch, height, width, channels, kernelHeight, kernelWidth },
      ...{ filters, stride, top: 0, left: 0, outHeight: height - 2, outWidth: width - 2 },
    })
  }),
  elementwise('pad2d', 'pad 64 images of 28x28 to 30x30', IMAGES * 900, (p) =>
    p.emit(instruction.pad2d, {
      ...{ x: p.signed([IMAGES, 28, 28, 1]), y: p.constant(0, [IMAGES, 30, 30, 1]), batch: IMAGES },
      ...{ height: 28, width: 28, channels: 1, top: 1, left: 1, paddedHeight: 30, paddedWidth: 30 },
    }),
  ),
  elementwise('max-pool2d', 'max pool 2x2 of 64 x 26x26x16', POOLED, (p) => {
    const largest = p.constant(0, after, 'i32')
    p.emit(instruction.maxPool2d, { x: p.signed(before), y: p.constant(0, after), largest, ...pooled })
  }),
  elementwise('max-pool2d-backward', 'max pool backward', POOLED, (p) => {
    const [dy, largest] = [p.signed(after), p.below(4, after)]
    p.emit(instruction.maxPool2dBackward, { dy, largest, dx: p.constant(0, before), ...pooled })
  }),
  elementwise('average-pool2d', 'average pool 2x2 of 64 x 26x26x16', POOLED, (p) =>
    p.emit(instruction.averagePool2d, { x: p.signed(before), y: p.constant(0, after), ...pooled }),
  ),
  elementwise('average-pool2d-backward', 'average pool backward', POOLED, (p) =>
    p.emit(instruction.averagePool2dBackward, { dy: p.signed(after), dx: p.constant(0, before), ...pooled }),
  ),
]

const normal = { rows: BATCH, channels: UNITS }
const wide = [BATCH, UNITS]
const batchStatistics = (p: KernelProgram) => ({ mean: p.signed([UNITS]), inverse: p.positive([UNITS]) })
const rowStatistics = (p: KernelProgram) => ({ mean: p.signed([BATCH]), inverse: p.positive([BATCH]) })
const gradientsOfScale = (p: KernelProgram) => ({
  dscale: p.constant(0.5, [UNITS]),
  dshift: p.constant(0.5, [UNITS]),
})
const inputsAndGradients = (p: KernelProgram) => ({ x: p.signed(wide), dy: p.signed(wide) })

const normalisation: Benchmark[] = [
  elementwise('batch-norm-statistics', 'batch norm statistics, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.batchNormStatistics, {
      ...{ x: p.signed(wide), ...batchStatistics(p), runningMean: p.signed([UNITS]) },
      ...{ runningVariance: p.positive([UNITS]), ...normal, epsilon: 1e-3, momentum: 0.1 },
    }),
  ),
  elementwise('batch-norm', 'batch norm, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.batchNorm, {
      ...{ x: p.signed(wide), ...batchStatistics(p), scale: p.positive([UNITS]), shift: p.signed([UNITS]) },
      ...{ y: p.constant(0, wide), ...normal },
    }),
  ),
  elementwise('batch-norm-gradients', 'batch norm gradients, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.batchNormGradients, {
      ...inputsAndGradients(p),
      ...batchStatistics(p),
      ...gradientsOfScale(p),
      ...normal,
    }),
  ),
  elementwise('batch-norm-input', 'batch norm input gradient, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.batchNormInput, {
      ...{ ...inputsAndGradients(p), ...batchStatistics(p), scale: p.positive([UNITS]) },
      ...{ ...gradientsOfScale(p), dx: p.constant(0, wide), ...normal },
    }),
  ),
  elementwise('layer-norm', 'layer norm, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.layerNorm, {
      ...{ x: p.signed(wide), scale: p.positive([UNITS]), shift: p.signed([UNITS]) },
      ...{ y: p.constant(0, wide), ...rowStatistics(p), rows: BATCH, columns: UNITS, epsilon: 1e-3 },
    }),
  ),
  elementwise('layer-norm-gradients', 'layer norm gradients, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.layerNormGradients, {
      ...{ ...inputsAndGradients(p), ...rowStatistics(p), ...gradientsOfScale(p) },
      ...{ rows: BATCH, columns: UNITS },
    }),
  ),
  elementwise('layer-norm-input', 'layer norm input gradient, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.layerNormInput, {
      ...{ ...inputsAndGradients(p), ...rowStatistics(p), scale: p.positive([UNITS]) },
      ...{ dx: p.constant(0, wide), rows: BATCH, columns: UNITS },
    }),
  ),
]

const STEPS = 28
const UNITS_OF_STATE = 128
const sequence = { steps: STEPS, batch: BATCH, hidden: UNITS_OF_STATE, flags: 0 }
const states = [STEPS + 1, BATCH, UNITS_OF_STATE]
const state = [BATCH, UNITS_OF_STATE]
const none = { mask: null, valid: null }

/** z of so many gates, restored before each run: forward it becomes the gates, backward their gradients. */
const gates = (p: KernelProgram, count: number) =>
  p.restore(p.positive([STEPS, BATCH, count * UNITS_OF_STATE]))
const packed = (p: KernelProgram, count: number) => p.signed([count * UNITS_OF_STATE, UNITS_OF_STATE])
const gradient = (p: KernelProgram) => p.restore(p.signed(state))
const stepScores = [STEPS, BATCH, CLASSES]

function recurrent(
  id: string,
  forward: (p: KernelProgram, h: Tensor) => void,
  backward: (p: KernelProgram, h: Tensor) => void,
): Benchmark[] {
  return [
    product(id, `${id}, 28 steps, batch 128, 128 units`, (p) => forward(p, p.signed(states))),
    product(`${id}-backward`, `${id} backward`, (p) => backward(p, p.signed(states))),
  ]
}

const sequences: Benchmark[] = [
  ...recurrent(
    'simple-rnn',
    (p, h) =>
      p.emit(instruction.simpleRnn, {
        ...{ z: gates(p, 1), packed: packed(p, 1), h, masked: null, ...none, ...sequence },
      }),
    (p, h) =>
      p.emit(instruction.simpleRnnBackward, {
        ...{ z: gates(p, 1), packed: packed(p, 1), h, dy: null, dh: gradient(p), ...none, ...sequence },
        truncate: 0,
      }),
  ),
  ...recurrent(
    'lstm',
    (p, h) =>
      p.emit(instruction.lstm, {
        ...{ z: gates(p, 4), packed: packed(p, 4), h, c: p.signed(states), masked: null },
        ...{ ...none, ...sequence },
      }),
    (p) =>
      p.emit(instruction.lstmBackward, {
        ...{ z: gates(p, 4), packed: packed(p, 4), c: p.signed(states), dy: null },
        ...{ dh: gradient(p), dc: gradient(p), ...none, ...sequence, truncate: 0 },
      }),
  ),
  ...recurrent(
    'gru',
    (p, h) =>
      p.emit(instruction.gru, {
        ...{ z: gates(p, 3), packed: packed(p, 2), packedCandidate: packed(p, 1), h, masked: null },
        ...{ bias: p.signed([UNITS_OF_STATE]), inner: gates(p, 1), ...none, ...sequence },
      }),
    (p, h) =>
      p.emit(instruction.gruBackward, {
        ...{ z: gates(p, 3), packed: packed(p, 2), packedCandidate: packed(p, 1), h, inner: gates(p, 1) },
        ...{ dy: null, dh: gradient(p), ...none, ...sequence, truncate: 0 },
      }),
  ),
  elementwise('pack', 'pack recurrent weights, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.pack, {
      ...{ b: p.signed([BATCH, UNITS]), ldb: UNITS, packed: p.constant(0, [HIDDEN]), k: BATCH, n: UNITS },
      transposed: 0,
    }),
  ),
  elementwise('mask-steps', 'dropout mask over 28 steps, 128 x 128', STEPS * BATCH * 128, (p) => {
    const [x, mask, y] = [p.signed([STEPS, ...state]), p.signed(state, 0.5), p.constant(0, [STEPS, ...state])]
    p.emit(instruction.maskSteps, { x, mask, y, steps: STEPS, size: BATCH * 128 })
  }),
  elementwise('step-mask', 'padding in 128 sequences of 28 x 28', BATCH * PIXELS, (p) =>
    p.emit(instruction.stepMask, {
      ...{ x: p.constant(0, [STEPS, BATCH, 28]), mask: p.constant(0, [STEPS, BATCH]) },
      ...{ steps: STEPS, batch: BATCH, features: 28, value: 0, trailing: 0 },
    }),
  ),
  elementwise('begun-mask', 'steps from the first valid one on, 28 x 128', STEPS * BATCH, (p) =>
    p.emit(instruction.begunMask, {
      ...{ mask: p.constant(0, [STEPS, BATCH]), begun: p.constant(0, [STEPS, BATCH]) },
      ...{ steps: STEPS, batch: BATCH, reverse: 0 },
    }),
  ),
  elementwise('average-steps', 'average of 28 steps, 128 x 10', STEPS * SCORES, (p) =>
    p.emit(instruction.averageSteps, {
      ...{ x: p.positive(stepScores), y: p.constant(0, shapeOfScores), valid: null, steps: STEPS },
      ...{ rows: BATCH, size: SCORES },
    }),
  ),
  elementwise('averaged-cross-entropy', 'averaged cross-entropy, 28 x 128 x 10', STEPS * SCORES, (p) =>
    p.emit(instruction.averagedCrossEntropy, {
      ...{ logits: p.signed(stepScores), average: p.positive(shapeOfScores), ...perRow(p) },
      ...{ valid: null, weights: null, divisor: null },
      ...{ labels: p.below(CLASSES, [BATCH]), p: p.restore(p.positive(stepScores)) },
      ...{ logs: p.constant(0, [STEPS, BATCH]), steps: STEPS, ...scores },
    }),
  ),
]

/** A language model on 128 sequences of 28 tokens of a vocabulary of 1,000, and losses with weights. */
const VOCABULARY = 1000
const TOKENS = STEPS * BATCH
const VECTORS = TOKENS * UNITS_OF_STATE
const tokens = { count: TOKENS, rows: VOCABULARY, size: UNITS_OF_STATE }
const tokenIds = (p: KernelProgram) => p.below(VOCABULARY, [STEPS, BATCH])
const vectors = [STEPS, BATCH, UNITS_OF_STATE]
const table = [VOCABULARY, UNITS_OF_STATE]
const weighted = (p: KernelProgram, rows: number) => ({
  ...{ weights: p.positive([rows]), divisor: p.constant(rows, [1]), loss: p.constant(0, [rows]), rows },
})

function crossEntropyOfTokens(id: string, title: string, isSoft: boolean): Benchmark {
  const shape = [BATCH, VOCABULARY]
  return elementwise(id, `${title}, 128 x 1,000`, BATCH * VOCABULARY, (p) =>
    p.emit(instruction.weightedCrossEntropy, {
      ...{
        ...weighted(p, BATCH),
        logits: p.signed(shape),
        dlogits: p.constant(0, shape),
        classWeights: null,
      },
      ...(isSoft
        ? { labels: null, targets: p.positive(shape) }
        : { labels: p.below(VOCABULARY, [BATCH]), targets: null }),
      ...{ predicted: p.constant(0, [BATCH], 'i32'), classes: VOCABULARY, smoothing: 0 },
    }),
  )
}

const languageModels: Benchmark[] = [
  elementwise('embedding', 'vectors of 3,584 tokens, 128 wide', VECTORS, (p) =>
    p.emit(instruction.embedding, {
      ...{ ids: tokenIds(p), table: p.signed(table), y: p.constant(0, vectors), ...tokens },
    }),
  ),
  elementwise('embedding-backward', 'their gradients, summed', VECTORS, (p) =>
    p.emit(instruction.embeddingBackward, {
      ...{ ids: tokenIds(p), dy: p.signed(vectors), dtable: p.restore(p.constant(0, table)), ...tokens },
      padding: 0,
    }),
  ),
  elementwise('gather-ids', 'gather 128 sequences of 28 ids, time first', TOKENS, (p) =>
    p.emit(instruction.gatherIds, {
      ...{ source: p.below(VOCABULARY, [1000, STEPS]), indices: p.below(1000, [BATCH]) },
      ...{ y: p.constant(0, [STEPS, BATCH], 'i32'), count: 1000, rows: BATCH, size: STEPS },
      ...{ rowStep: 1, idStep: BATCH },
    }),
  ),
  elementwise('id-mask', 'mask of 3,584 ids', TOKENS, (p) =>
    p.emit(instruction.idMask, {
      ...{ ids: tokenIds(p), mask: p.constant(0, [STEPS, BATCH]), count: TOKENS, id: 0 },
    }),
  ),
  elementwise('loss-weights', 'weights of 3,584 rows', TOKENS, (p) =>
    p.emit(instruction.lossWeights, {
      ...{ labels: tokenIds(p), weights: null, mask: p.positive([TOKENS]), classWeights: null },
      ...{ w: p.constant(0, [TOKENS]), divisor: p.constant(0, [1]), rows: TOKENS, classes: VOCABULARY },
      ...{ ignored: 0, steps: 0, scale: 1, summed: 1 },
    }),
  ),
  crossEntropyOfTokens('weighted-cross-entropy', 'weighted cross-entropy', false),
  crossEntropyOfTokens('soft-cross-entropy', 'the same of soft targets', true),
  elementwise('element-loss', 'Huber loss with weights, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.elementLoss, {
      ...{ ...weighted(p, BATCH), x: p.signed([HIDDEN]), targets: p.signed([HIDDEN]), positive: null },
      ...{ dx: p.constant(0, [HIDDEN]), size: UNITS, kind: ElementLoss.Huber, delta: 0.2 },
    }),
  ),
  elementwise('tally-weighted', 'tally of 3,584 rows with weights', TOKENS, (p) =>
    p.emit(instruction.tallyWeighted, {
      ...{ ...weighted(p, TOKENS), predicted: p.below(CLASSES, [TOKENS]), classes: CLASSES },
      ...{ labels: p.below(CLASSES, [TOKENS]), totals: p.constant(0, [5], 'f64') },
      confusion: p.constant(0, [CLASSES, CLASSES], 'i32'),
    }),
  ),
  elementwise('multiply', 'product, 128 x 512', HIDDEN, (p) => {
    const [x, y, z] = [p.signed([HIDDEN]), p.signed([HIDDEN]), p.constant(0, [HIDDEN])]
    p.emit(instruction.multiply, { x, y, z, count: HIDDEN, accumulate: 0 })
  }),
  elementwise('scale', 'scale, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.scale, {
      ...{ x: p.signed([HIDDEN]), y: p.constant(0, [HIDDEN]), count: HIDDEN, factor: 0.5 },
    }),
  ),
  elementwise('scale-rows', 'scale rows, 128 x 512', HIDDEN, (p) =>
    p.emit(instruction.scaleRows, {
      ...{ x: p.signed([HIDDEN]), factors: p.positive([BATCH]), y: p.constant(0, [HIDDEN]) },
      ...{ rows: BATCH, size: UNITS },
    }),
  ),
]

export const kernelBenchmarks: readonly Benchmark[] = [
  ...data,
  ...activations.flatMap(activation),
  ...losses,
  ...random,
  ...optimizers,
  ...images,
  ...normalisation,
  ...sequences,
  ...languageModels,
]
