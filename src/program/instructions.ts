import { Op } from '../../assembly/opcodes.js'

/**
 * What an argument is: memory that the instruction reads, writes or updates in place (an address in the encoding, 0
 * where an optional one is left out), a whole number, or a float.
 */
export type ArgumentKind = 'read' | 'write' | 'update' | 'int' | 'float'

type Values<A> = { readonly [K in keyof A]: number }

/** One kind of instruction: its opcode, its arguments in encoding order, and how many FLOPs it stands for. */
export interface InstructionType<A extends Record<string, ArgumentKind> = Record<string, ArgumentKind>> {
  readonly op: Op
  readonly name: string
  readonly arguments: A
  /** Floating-point operations, a multiplication and an addition counted as two; an activation as one an element. */
  flops(values: Values<A>): number
}

function define<const A extends Record<string, ArgumentKind>>(
  op: Op,
  name: string,
  args: A,
  flops: (values: Values<A>) => number = () => 0,
): InstructionType<A> {
  return { op, name, arguments: args, flops }
}

/** x[i] = value */
export const fill = define(Op.Fill, 'fill', { x: 'write', count: 'int', value: 'float' })

/** y[i] = x[i] */
export const copy = define(Op.Copy, 'copy', { x: 'read', y: 'write', count: 'int' })

/** y[r, j] = (source[indices[r], j] - mean[j]) * scale[j] from float32; without mean and scale y = source. */
export const gather = define(
  Op.Gather,
  'gather',
  { source: 'read', indices: 'read', mean: 'read', scale: 'read', y: 'write', rows: 'int', size: 'int' },
  (v) => 2 * v.rows * v.size,
)

/**
 * y[r, j] = (source[indices[r], j] / 255 - mean[j]) * scale[j] from uint8; without mean and scale y = source / 255.
 */
export const gatherBytes = define(
  Op.GatherBytes,
  'gatherBytes',
  { source: 'read', indices: 'read', mean: 'read', scale: 'read', y: 'write', rows: 'int', size: 'int' },
  (v) => 2 * v.rows * v.size,
)

/** y[r] = labels[indices[r]], uint8 to int32. */
export const gatherLabels = define(Op.GatherLabels, 'gatherLabels', {
  labels: 'read',
  indices: 'read',
  y: 'write',
  rows: 'int',
})

/**
 * C = activation(op(A) op(B) + bias), or without activation C += op(A) op(B): op(A) [m, k], op(B) [k, n], C [m, n],
 * bias [n], all row-major; lda, ldb and ldc are the distances between rows in elements; `flags` are GemmFlag bits.
 */
export const gemm = define(
  Op.Gemm,
  'gemm',
  {
    a: 'read',
    lda: 'int',
    b: 'read',
    ldb: 'int',
    c: 'update',
    ldc: 'int',
    m: 'int',
    n: 'int',
    k: 'int',
    flags: 'int',
    bias: 'read',
    activation: 'int',
    slope: 'float',
  },
  (v) => 2 * v.m * v.n * v.k,
)

/** y[c] = sum over r of x[r, c], in increasing r; added to y where `accumulate` is 1. */
export const columnSum = define(
  Op.ColumnSum,
  'columnSum',
  { x: 'read', y: 'update', rows: 'int', columns: 'int', accumulate: 'int' },
  (v) => v.rows * v.columns,
)

/** y = f(x); `slope` is leaky ReLU's, or ELU's factor. x and y may be the same memory. */
export const activate = define(
  Op.Activate,
  'activate',
  { x: 'read', y: 'write', count: 'int', activation: 'int', slope: 'float' },
  (v) => v.count,
)

/**
 * dx = dy * f'(x), with f' computed from the input x for silu, gelu and geluTanh, and from the output y = f(x) for all
 * others; the one that is not used may be left out. dy and dx may be the same.
 */
export const activateBackward = define(
  Op.ActivateBackward,
  'activateBackward',
  { x: 'read', y: 'read', dy: 'read', dx: 'write', count: 'int', activation: 'int', slope: 'float' },
  (v) => 2 * v.count,
)

/** y[r, :] = softmax(x[r, :]) */
export const softmax = define(
  Op.Softmax,
  'softmax',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** dx[r, :] = y * (dy - sum(y * dy)), rows of a softmax's output y. */
export const softmaxBackward = define(
  Op.SoftmaxBackward,
  'softmaxBackward',
  { y: 'read', dy: 'read', dx: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/**
 * Per row: loss[r] = -log softmax(logits[r])[labels[r]], predicted[r] = arg max (the first of equals), and where
 * `dlogits` is given dlogits[r] = (softmax(logits[r]) - one_hot(labels[r])) / rows. With label smoothing the target is
 * (1 - smoothing) * one_hot(labels[r]) + smoothing / classes.
 */
export const softmaxCrossEntropy = define(
  Op.SoftmaxCrossEntropy,
  'softmaxCrossEntropy',
  {
    logits: 'read',
    labels: 'read',
    dlogits: 'write',
    loss: 'write',
    predicted: 'write',
    rows: 'int',
    classes: 'int',
    smoothing: 'float',
  },
  (v) => 6 * v.rows * v.classes,
)

/**
 * Adds a batch to the running totals: totals[0] += sum of loss in float64, totals[1] += number of rows with
 * predicted = label, totals[2] += rows (float64 each); totals[3] = the batch's mean loss;
 * confusion[label, predicted] += 1 (int32).
 */
export const tally = define(Op.Tally, 'tally', {
  loss: 'read',
  predicted: 'read',
  labels: 'read',
  totals: 'update',
  confusion: 'update',
  rows: 'int',
  classes: 'int',
})

/**
 * y[i] = x[i] * scale where the random word of element i is at least `threshold` (as uint32), else 0. The word comes
 * from Philox keyed by (seed, stream) and counted by (element, *step), so forward and backward pass see one mask.
 */
export const dropout = define(
  Op.Dropout,
  'dropout',
  {
    x: 'read',
    y: 'write',
    count: 'int',
    threshold: 'int',
    scale: 'float',
    seed: 'int',
    stream: 'int',
    step: 'read',
  },
  (v) => v.count,
)

/** x[i] uniform in [low, high). */
export const uniform = define(Op.Uniform, 'uniform', {
  x: 'write',
  count: 'int',
  low: 'float',
  high: 'float',
  seed: 'int',
  stream: 'int',
})

/** x[i] normal with this mean and standard deviation. */
export const normal = define(Op.Normal, 'normal', {
  x: 'write',
  count: 'int',
  mean: 'float',
  deviation: 'float',
  seed: 'int',
  stream: 'int',
})

/** x[r, c] = value where r = c, else 0. */
export const identity = define(Op.Identity, 'identity', {
  x: 'write',
  rows: 'int',
  columns: 'int',
  value: 'float',
})

/**
 * x = gain * Q, with orthonormal columns where rows >= columns, else orthonormal rows. Q comes from a matrix of normal
 * draws; `work` holds rows * columns floats.
 */
export const orthogonal = define(Op.Orthogonal, 'orthogonal', {
  x: 'write',
  rows: 'int',
  columns: 'int',
  gain: 'float',
  seed: 'int',
  stream: 'int',
  work: 'write',
})

/** x = a random order of 0 .. count - 1 (int32), drawn for *step. */
export const permutation = define(Op.Permutation, 'permutation', {
  x: 'write',
  count: 'int',
  seed: 'int',
  stream: 'int',
  step: 'read',
})

/**
 * g = gradient + weightDecay * p; with momentum v = momentum * v + g, and g = v or with Nesterov g + momentum * v;
 * p -= *rate * g.
 */
export const sgd = define(
  Op.Sgd,
  'sgd',
  {
    parameter: 'update',
    gradient: 'read',
    velocity: 'update',
    count: 'int',
    rate: 'read',
    momentum: 'float',
    weightDecay: 'float',
    nesterov: 'int',
  },
  (v) => (v.momentum === 0 ? 2 : 4) * v.count,
)

/** v = decay * v + complement * g^2; p -= *rate * g / (sqrt(v) + epsilon), or / sqrt(v + epsilon) where `inside` is 1. */
export const rmsprop = define(
  Op.Rmsprop,
  'rmsprop',
  {
    parameter: 'update',
    gradient: 'read',
    square: 'update',
    count: 'int',
    rate: 'read',
    decay: 'float',
    complement: 'float',
    epsilon: 'float',
    inside: 'int',
  },
  (v) => 9 * v.count,
)

/** v += g^2; p -= *rate * g / (sqrt(start + v) + epsilon). */
export const adagrad = define(
  Op.Adagrad,
  'adagrad',
  {
    parameter: 'update',
    gradient: 'read',
    square: 'update',
    count: 'int',
    rate: 'read',
    start: 'float',
    epsilon: 'float',
  },
  (v) => 8 * v.count,
)

/**
 * One step of Adam, AdamW (`decoupled` 1) or AMSGrad (with `largest`), as in assembly/adam.ts; `scalars` are
 * rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t) and rate * weightDecay.
 */
export const adam = define(
  Op.Adam,
  'adam',
  {
    parameter: 'update',
    gradient: 'read',
    mean: 'update',
    square: 'update',
    largest: 'update',
    count: 'int',
    scalars: 'read',
    beta1: 'float',
    complement1: 'float',
    beta2: 'float',
    complement2: 'float',
    epsilon: 'float',
    weightDecay: 'float',
    decoupled: 'int',
  },
  (v) => 12 * v.count,
)

/** gradient += l1 * sign(parameter) + 2 * l2 * parameter. */
export const regularise = define(
  Op.Regularise,
  'regularise',
  { parameter: 'read', gradient: 'update', count: 'int', l1: 'float', l2: 'float' },
  (v) => 4 * v.count,
)

/** sums[b] = sum of (l1 + l2 |x|) |x| over the PENALTY_BLOCK elements of block b, in float64. */
export const penalty = define(
  Op.Penalty,
  'penalty',
  { x: 'read', sums: 'write', count: 'int', l1: 'float', l2: 'float' },
  (v) => 4 * v.count,
)

/** Adds the sum of the float64 `sums` [blocks] to each row's loss in the running totals of `tally`. */
export const addPenalty = define(
  Op.AddPenalty,
  'addPenalty',
  { sums: 'read', totals: 'update', blocks: 'int', rows: 'int' },
  (v) => v.blocks,
)

/** x = min(max(x, -limit), limit) */
export const clipValue = define(
  Op.ClipValue,
  'clipValue',
  { x: 'update', count: 'int', limit: 'float' },
  (v) => 2 * v.count,
)

/** x *= limit / norm where norm = sqrt(sum of the float64 `squares` [blocks]) > limit. */
export const clipNorm = define(
  Op.ClipNorm,
  'clipNorm',
  { x: 'update', squares: 'read', count: 'int', blocks: 'int', limit: 'float' },
  (v) => v.count,
)

/** y[r, c] = 1 where c = labels[r], else 0. */
export const oneHot = define(Op.OneHot, 'oneHot', { labels: 'read', y: 'write', rows: 'int', classes: 'int' })

/** y[r] = arg max of x[r, :] (the first of equals), as int32. */
export const argMax = define(Op.ArgMax, 'argMax', { x: 'read', y: 'write', rows: 'int', classes: 'int' })

const pointwise = {
  x: 'read',
  targets: 'read',
  dx: 'write',
  loss: 'write',
  rows: 'int',
  size: 'int',
  divisor: 'float',
} as const

/**
 * loss[r] = sum of the cross-entropies of sigmoid(x[r, :]) with targets[r, :] / divisor, and where `dx` is given
 * dx = (sigmoid(x) - targets) / (rows * divisor).
 */
export const binaryCrossEntropy = define(
  Op.BinaryCrossEntropy,
  'binaryCrossEntropy',
  pointwise,
  (v) => 8 * v.rows * v.size,
)

/** loss[r] = sum of (x[r, :] - targets[r, :])^2 / divisor, and dx = 2 (x - targets) / (rows * divisor). */
export const squaredError = define(Op.SquaredError, 'squaredError', pointwise, (v) => 4 * v.rows * v.size)

/** y[r, :] = log(softmax(x[r, :])) */
export const logSoftmax = define(
  Op.LogSoftmax,
  'logSoftmax',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** dx[r, :] = dy - exp(y) * sum(dy), rows of a log-softmax's output y. */
export const logSoftmaxBackward = define(
  Op.LogSoftmaxBackward,
  'logSoftmaxBackward',
  { y: 'read', dy: 'read', dx: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** Windows of size `windowHeight` x `windowWidth`, `stride` pixels apart, in all images of a batch. */
function outputs2d(
  { batch, height, width, stride }: Values<{ batch: 'int'; height: 'int'; width: 'int'; stride: 'int' }>,
  windowHeight: number,
  windowWidth: number,
): number {
  const along = (size: number, window: number) => Math.floor((size - window) / stride) + 1
  return batch * along(height, windowHeight) * along(width, windowWidth)
}

/** y [batch, paddedHeight, paddedWidth, channels] = x [batch, height, width, channels] at (top, left), else zeros. */
export const pad2d = define(Op.Pad2d, 'pad2d', {
  x: 'read',
  y: 'write',
  batch: 'int',
  height: 'int',
  width: 'int',
  channels: 'int',
  top: 'int',
  left: 'int',
  paddedHeight: 'int',
  paddedWidth: 'int',
})

/**
 * y = activation(x * w + bias), the cross-correlation of images x [batch, height, width, channels] with filters w
 * [kernelHeight, kernelWidth, channels, filters]: y [batch, outHeight, outWidth, filters], only where filters lie wholly
 * in the image, `stride` pixels apart.
 */
export const conv2d = define(
  Op.Conv2d,
  'conv2d',
  {
    x: 'read',
    w: 'read',
    bias: 'read',
    y: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
    activation: 'int',
    slope: 'float',
  },
  (v) =>
    2 * outputs2d(v, v.kernelHeight, v.kernelWidth) * v.filters * v.kernelHeight * v.kernelWidth * v.channels,
)

/** dw, the gradient of the filters of a `conv2d` on the same x. */
export const conv2dFilters = define(
  Op.Conv2dFilters,
  'conv2dFilters',
  {
    x: 'read',
    dy: 'read',
    dw: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
  },
  (v) =>
    2 * outputs2d(v, v.kernelHeight, v.kernelWidth) * v.filters * v.kernelHeight * v.kernelWidth * v.channels,
)

/** dx, the gradient of what was padded by (top, left) and then taken by `conv2d`: [batch, height, width, channels]. */
export const conv2dInput = define(
  Op.Conv2dInput,
  'conv2dInput',
  {
    dy: 'read',
    w: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
    top: 'int',
    left: 'int',
    outHeight: 'int',
    outWidth: 'int',
  },
  (v) => 2 * v.batch * v.outHeight * v.outWidth * v.filters * v.channels * v.kernelHeight * v.kernelWidth,
)

/** y = the largest of each window of x; `largest` (int32, shape of y) its place in the window. */
export const maxPool2d = define(
  Op.MaxPool2d,
  'maxPool2d',
  {
    x: 'read',
    y: 'write',
    largest: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)

/** dx = dy at the largest of each window, else 0; summed where windows overlap. */
export const maxPool2dBackward = define(
  Op.MaxPool2dBackward,
  'maxPool2dBackward',
  {
    dy: 'read',
    largest: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels,
)

/** y = the mean of each window of x. */
export const averagePool2d = define(
  Op.AveragePool2d,
  'averagePool2d',
  {
    x: 'read',
    y: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)

/** dx = dy / size of the window at each pixel of each window; summed where windows overlap. */
export const averagePool2dBackward = define(
  Op.AveragePool2dBackward,
  'averagePool2dBackward',
  {
    dy: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)

/**
 * Mean and inverse = 1 / sqrt(variance + epsilon) of the columns of x [rows, channels]; the running figures move towards
 * the batch's mean and its variance by rows - 1, by `momentum` of the way.
 */
export const batchNormStatistics = define(
  Op.BatchNormStatistics,
  'batchNormStatistics',
  {
    x: 'read',
    mean: 'write',
    inverse: 'write',
    runningMean: 'update',
    runningVariance: 'update',
    rows: 'int',
    channels: 'int',
    epsilon: 'float',
    momentum: 'float',
  },
  (v) => 4 * v.rows * v.channels,
)

/** inverse = 1 / sqrt(variance + epsilon), [channels]. */
export const inverseDeviation = define(Op.InverseDeviation, 'inverseDeviation', {
  variance: 'read',
  inverse: 'write',
  channels: 'int',
  epsilon: 'float',
})

/** y = (x - mean) * (scale * inverse) + shift for x [rows, channels]. */
export const batchNorm = define(
  Op.BatchNorm,
  'batchNorm',
  {
    x: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    shift: 'read',
    y: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 3 * v.rows * v.channels,
)

/** dscale = sum over rows of dy * (x - mean) * inverse, dshift = sum over rows of dy. */
export const batchNormGradients = define(
  Op.BatchNormGradients,
  'batchNormGradients',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    dscale: 'write',
    dshift: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 5 * v.rows * v.channels,
)

/** dx = scale * inverse * (dy - dshift / rows - (x - mean) * inverse * dscale / rows). dy and dx may be the same. */
export const batchNormInput = define(
  Op.BatchNormInput,
  'batchNormInput',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    dscale: 'read',
    dshift: 'read',
    dx: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 6 * v.rows * v.channels,
)

/** y = (x - mean) * inverse * scale + shift with the mean and inverse deviation of each row of x [rows, columns]. */
export const layerNorm = define(
  Op.LayerNorm,
  'layerNorm',
  {
    x: 'read',
    scale: 'read',
    shift: 'read',
    y: 'write',
    mean: 'write',
    inverse: 'write',
    rows: 'int',
    columns: 'int',
    epsilon: 'float',
  },
  (v) => 8 * v.rows * v.columns,
)

/** dscale = sum over rows of dy * (x - mean) * inverse, dshift = sum over rows of dy; mean, inverse [rows]. */
export const layerNormGradients = define(
  Op.LayerNormGradients,
  'layerNormGradients',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    dscale: 'write',
    dshift: 'write',
    rows: 'int',
    columns: 'int',
  },
  (v) => 5 * v.rows * v.columns,
)

/** dx of `layerNorm`. dy and dx may be the same. */
export const layerNormInput = define(
  Op.LayerNormInput,
  'layerNormInput',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    dx: 'write',
    rows: 'int',
    columns: 'int',
  },
  (v) => 11 * v.rows * v.columns,
)

/**
 * y = x with every image moved, turned, made larger and bent at random, as in assembly/augment.ts; then
 * (y - mean) * scale where these are given. `rotate` is in turns, `shift` and `radius` are in pixels.
 */
export const augment = define(
  Op.Augment,
  'augment',
  {
    x: 'read',
    y: 'write',
    mean: 'read',
    scale: 'read',
    rows: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    shift: 'int',
    rotate: 'float',
    zoom: 'float',
    radius: 'int',
    sigma: 'float',
    alpha: 'float',
    seed: 'int',
    stream: 'int',
    step: 'read',
  },
  (v) => v.rows * v.height * v.width * (12 + 9 * v.channels + (v.radius === 0 ? 0 : 16 * v.radius + 10)),
)

/** y[i] += x[i] */
export const add = define(Op.Add, 'add', { x: 'read', y: 'update', count: 'int' }, (v) => v.count)

/** lengths[b] = 1 + the last t at which x[t, b, :] is not `value` throughout, time first; 0 where there is none. */
export const sequenceLengths = define(Op.SequenceLengths, 'sequenceLengths', {
  x: 'read',
  lengths: 'write',
  steps: 'int',
  batch: 'int',
  features: 'int',
  value: 'float',
})

/** y[i * yOuter + j * yInner + k] = x[i * xOuter + j * xInner + k] for i < outer, j < inner, k < size. */
export const copyBlocks = define(Op.CopyBlocks, 'copyBlocks', {
  x: 'read',
  y: 'update',
  outer: 'int',
  inner: 'int',
  size: 'int',
  xOuter: 'int',
  xInner: 'int',
  yOuter: 'int',
  yInner: 'int',
})

/** y[t, i] = x[t, i] * mask[i]: one dropout mask for all steps. x and y may be the same. */
export const maskSteps = define(
  Op.MaskSteps,
  'maskSteps',
  { x: 'read', mask: 'read', y: 'write', steps: 'int', size: 'int' },
  (v) => v.steps * v.size,
)

/** Packs op(B) [k, n] into panels of 8 columns for the recurrent instructions; `transposed` where B is stored [n, k]. */
export const pack = define(Op.Pack, 'pack', {
  b: 'read',
  ldb: 'int',
  packed: 'write',
  k: 'int',
  n: 'int',
  transposed: 'int',
})

/** FLOPs of a recurrent product over a whole sequence, `gates` blocks of units wide. */
const recurrentFlops =
  (gates: number) =>
  (v: { steps: number; batch: number; hidden: number }): number =>
    2 * gates * v.steps * v.batch * v.hidden * v.hidden

/**
 * A simple RNN over all steps; assembly/simple-rnn.ts has the formulas and shapes. Time first, `flags` are RecurrentFlag
 * bits.
 */
export const simpleRnn = define(
  Op.SimpleRnn,
  'simpleRnn',
  {
    z: 'update',
    packed: 'read',
    h: 'update',
    mask: 'read',
    masked: 'write',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(1),
)

/** The gradients of `simpleRnn`: z becomes that of x Wx + b, dh goes from the final to the initial state. */
export const simpleRnnBackward = define(
  Op.SimpleRnnBackward,
  'simpleRnnBackward',
  {
    z: 'update',
    packed: 'read',
    h: 'read',
    dy: 'read',
    dh: 'update',
    mask: 'read',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(1),
)

/** An LSTM over all steps; assembly/lstm.ts has the formulas and shapes. */
export const lstm = define(
  Op.Lstm,
  'lstm',
  {
    z: 'update',
    packed: 'read',
    h: 'update',
    c: 'update',
    mask: 'read',
    masked: 'write',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(4),
)

/** The gradients of `lstm`: z becomes that of x Wx + b, dh and dc go from the final to the initial state. */
export const lstmBackward = define(
  Op.LstmBackward,
  'lstmBackward',
  {
    z: 'update',
    packed: 'read',
    c: 'read',
    dy: 'read',
    dh: 'update',
    dc: 'update',
    mask: 'read',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(4),
)

/** A GRU over all steps; assembly/gru.ts has the formulas and shapes. */
export const gru = define(
  Op.Gru,
  'gru',
  {
    z: 'update',
    packed: 'read',
    packedCandidate: 'read',
    bias: 'read',
    h: 'update',
    inner: 'write',
    mask: 'read',
    masked: 'write',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(3),
)

/** The gradients of `gru`: z becomes that of x Wx + b, dh goes from the final to the initial state. */
export const gruBackward = define(
  Op.GruBackward,
  'gruBackward',
  {
    z: 'update',
    packed: 'read',
    packedCandidate: 'read',
    h: 'read',
    inner: 'update',
    dy: 'read',
    dh: 'update',
    mask: 'read',
    lengths: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(3),
)

/** y[i] = the mean over t of x[t, i]. */
export const averageSteps = define(
  Op.AverageSteps,
  'averageSteps',
  { x: 'read', y: 'write', steps: 'int', size: 'int' },
  (v) => v.steps * v.size,
)

/**
 * Cross-entropy of a softmax averaged over the steps; `p` holds the softmax of each step and becomes the gradient for
 * the logits, `average` is its mean, `logs` [steps, rows] working memory. Formulas in assembly/averaged-cross-entropy.ts.
 */
export const averagedCrossEntropy = define(
  Op.AveragedCrossEntropy,
  'averagedCrossEntropy',
  {
    logits: 'read',
    average: 'read',
    labels: 'read',
    p: 'update',
    logs: 'write',
    loss: 'write',
    predicted: 'write',
    steps: 'int',
    rows: 'int',
    classes: 'int',
  },
  (v) => 6 * v.steps * v.rows * v.classes,
)

/**
 * Per row: loss[r] = -log clip(scores[r, labels[r]] / sum(scores[r]), 1e-7, 1 - 1e-7), predicted[r] = arg max, and where
 * it is given `dscores`, the gradient of the mean loss.
 */
export const categoricalCrossEntropy = define(
  Op.CategoricalCrossEntropy,
  'categoricalCrossEntropy',
  {
    scores: 'read',
    labels: 'read',
    dscores: 'write',
    loss: 'write',
    predicted: 'write',
    rows: 'int',
    classes: 'int',
  },
  (v) => 3 * v.rows * v.classes,
)

/** y[r, :] = x[r, :] / sum(x[r, :]) */
export const normaliseRows = define(
  Op.NormaliseRows,
  'normaliseRows',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 2 * v.rows * v.classes,
)

/** Threads wait for each other. Put in when a program is linked for an engine that has several. */
export const barrier = define(Op.Barrier, 'barrier', {})
