import { ModelError } from '../errors.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { deep } from '../schema/plain-data.js'
import { either, leaf, list, object, optional, read, type Schema, variants } from '../schema/schema.js'
import { atLeast, between, instance, oneOf, positive, quoted, wholeNumber } from '../schema/values.js'
import { activationCode } from './activations.js'
import { type EmitContext, type Shape, showShape } from './layer.js'
import type { Loss, LossOutput } from './loss.js'

export interface SoftmaxCrossEntropySpec {
  readonly type: 'softmaxCrossEntropy'
  /** Part of the target that is spread evenly over all classes (Szegedy et al. 2016); 0 by default. */
  readonly labelSmoothing?: number
  /** Samples or steps whose target is this id count nowhere; it need be no class. */
  readonly ignoredId?: number
}

/** A loss that adds a term for every output: sum over them, or mean. The mean over the batch is taken either way. */
export interface PointwiseLossSpec {
  readonly type: 'binaryCrossEntropy' | 'meanSquaredError' | 'meanAbsoluteError' | 'huber'
  /** Over a sample's outputs, by default: the mean; where targets are class ids, one output a class, the sum. */
  readonly reduction?: 'sum' | 'mean'
  /** Of `binaryCrossEntropy`: for each output how much more a target of 1 counts than one of 0. */
  readonly positiveWeights?: readonly number[]
  /** Of `huber`: errors up to it count by their square, larger ones by their size; 1 by default. */
  readonly delta?: number
}

/** Losses without options: of the average of every step's softmax, and of scores divided by their sum. */
export interface SequenceLossSpec {
  readonly type: 'averagedSoftmaxCrossEntropy' | 'categoricalCrossEntropy'
}

/** @throws ModelError when a model with this output cannot be trained on `classes` classes. */
function checkClasses(name: string, output: Shape, classes: number): void {
  if (output.length === 1 && output[0] === classes) return
  throw new ModelError(
    `${name}: the data have ${classes} classes, so the model's output should have shape [${classes}], found ${showShape(output)}.`,
  )
}

function emitSoftmax({ program }: EmitContext, x: Tensor): Tensor {
  const y = createTensor('transient', 'probabilities', x.shape)
  const classes = x.shape.at(-1)!
  program.from('loss').emit(instruction.softmax, { x, y, rows: sizeOf(x.shape) / classes, classes })
  return y
}

/** -log softmax(logits)[label], the mean over the batch; from logits, so that it is stable at any size. */
function buildSoftmaxCrossEntropy(spec: SoftmaxCrossEntropySpec): Loss {
  const { type: name, labelSmoothing: smoothing = 0 } = spec
  return {
    name,
    check: (output, classes) => checkClasses(name, output, classes),
    emit({ program, batch, training }, logits, labels) {
      const classes = logits.shape.at(-1)!
      const loss = createTensor('transient', 'loss', [batch])
      const predicted = createTensor('transient', 'predicted', [batch], 'i32')
      const gradient = training ? createTensor('transient', 'dlogits', logits.shape) : null
      program.from('loss').emit(instruction.softmaxCrossEntropy, {
        ...{ logits, labels, dlogits: gradient, loss, predicted, rows: batch, classes, smoothing },
      })
      return { loss, predicted, gradient }
    },
    probabilities: emitSoftmax,
  }
}

function emitPointwise(
  type: typeof instruction.squaredError,
  { reduction = 'sum' }: PointwiseLossSpec,
  { program, batch, training }: EmitContext,
  x: Tensor,
  labels: Tensor,
): LossOutput {
  const size = x.shape.at(-1)!
  const targets = createTensor('transient', 'targets', x.shape)
  const loss = createTensor('transient', 'loss', [batch])
  const predicted = createTensor('transient', 'predicted', [batch], 'i32')
  const gradient = training ? createTensor('transient', 'dx', x.shape) : null
  program.from('loss')
  program.emit(instruction.oneHot, { labels, y: targets, rows: batch, classes: size })
  program.emit(instruction.argMax, { x, y: predicted, rows: batch, classes: size })
  const divisor = reduction === 'mean' ? size : 1
  program.emit(type, { x, targets, dx: gradient, loss, rows: batch, size, divisor })
  return { loss, predicted, gradient }
}

/**
 * Each output is the logit of its class on its own: -log sigmoid(x) for the label's, -log(1 - sigmoid(x)) for all others.
 * The probabilities are the sigmoids, which do not sum to 1.
 */
function buildBinaryCrossEntropy(spec: PointwiseLossSpec): Loss {
  return {
    name: spec.type,
    check: (output, classes) => checkClasses(spec.type, output, classes),
    emit: (context, x, labels) => emitPointwise(instruction.binaryCrossEntropy, spec, context, x, labels),
    probabilities({ program }, x) {
      const y = createTensor('transient', 'probabilities', x.shape)
      const code = activationCode('sigmoid')
      program.from('loss').emit(instruction.activate, { x, y, count: sizeOf(x.shape), ...code })
      return y
    },
  }
}

/** (x - t)^2 with t = 1 for the label's output and 0 for all others. The probabilities are the outputs themselves. */
function buildMeanSquaredError(spec: PointwiseLossSpec): Loss {
  return {
    name: spec.type,
    check: (output, classes) => checkClasses(spec.type, output, classes),
    emit: (context, x, labels) => emitPointwise(instruction.squaredError, spec, context, x, labels),
    probabilities: (_, x) => x,
  }
}

/** A softmax at every step of outputs [steps, classes]; -log of their average at the label, the mean over the batch. */
function buildAveragedSoftmaxCrossEntropy(spec: SequenceLossSpec): Loss {
  const { type: name } = spec
  return {
    name,
    layout: 'time',
    check(output, classes) {
      if (output.length === 2 && output[1] === classes) return
      throw new ModelError(
        `${name}: the data have ${classes} classes, so the model's output should have shape [steps, ${classes}], found ${showShape(output)}; timeDistributed(dense(${classes})) after a recurrent layer with returnSequences: true gives that.`,
      )
    },
    emit(context, logits, labels) {
      const { program, batch, training } = context
      const [steps, , classes] = logits.shape as [number, number, number]
      const { p, average } = averagedSoftmax(context, logits)
      const loss = createTensor('transient', 'loss', [batch])
      const predicted = createTensor('transient', 'predicted', [batch], 'i32')
      const logs = createTensor('transient', 'logs', [steps, batch])
      program.from('loss').emit(instruction.averagedCrossEntropy, {
        ...{
          logits,
          average,
          labels,
          valid: null,
          weights: null,
          divisor: null,
          p: training ? p : null,
          logs,
          loss,
          predicted,
          steps,
        },
        ...{ rows: batch, classes },
      })
      return { loss, predicted, gradient: training ? p : null }
    },
    probabilities: (context, x) => averagedSoftmax(context, x).average,
  }
}

/** The softmax p of every step of `logits` [steps, batch, classes], and its mean over the steps. */
function averagedSoftmax({ program, batch }: EmitContext, logits: Tensor): { p: Tensor; average: Tensor } {
  const [steps, , classes] = logits.shape as [number, number, number]
  const p = createTensor('transient', 'probabilities', logits.shape)
  const average = createTensor('transient', 'average', [batch, classes])
  program.from('loss')
  program.emit(instruction.softmax, { x: logits, y: p, rows: steps * batch, classes })
  program.emit(instruction.averageSteps, {
    ...{ x: p, y: average, valid: null, steps, rows: batch, size: batch * classes },
  })
  return { p, average }
}

/**
 * Keras's: outputs that are not negative, such as those of sigmoids, divided by their sum and clipped to 1e-7 .. 1 - 1e-7;
 * -log of the label's, the mean over the batch.
 */
function buildCategoricalCrossEntropy(spec: SequenceLossSpec): Loss {
  const { type: name } = spec
  return {
    name,
    check: (output, classes) => checkClasses(name, output, classes),
    emit({ program, batch, training }, scores, labels) {
      const classes = scores.shape.at(-1)!
      const loss = createTensor('transient', 'loss', [batch])
      const predicted = createTensor('transient', 'predicted', [batch], 'i32')
      const gradient = training ? createTensor('transient', 'dscores', scores.shape) : null
      program.from('loss').emit(instruction.categoricalCrossEntropy, {
        ...{ scores, labels, dscores: gradient, loss, predicted, rows: batch, classes },
      })
      return { loss, predicted, gradient }
    },
    probabilities({ program, batch }, x) {
      const y = createTensor('transient', 'probabilities', x.shape)
      program.from('loss').emit(instruction.normaliseRows, { x, y, rows: batch, classes: x.shape.at(-1)! })
      return y
    },
  }
}

export type LossName = LossSpec['type']

/** The description of a loss: plain data. Its name alone stands for it without options. */
export type LossSpec = SoftmaxCrossEntropySpec | PointwiseLossSpec | SequenceLossSpec

/** Losses over one class id a sample; others, `emitWeightedLoss` knows. */
const builders: { [T in LossName]: ((spec: Extract<LossSpec, { type: T }>) => Loss) | null } = {
  softmaxCrossEntropy: buildSoftmaxCrossEntropy,
  binaryCrossEntropy: buildBinaryCrossEntropy,
  meanSquaredError: buildMeanSquaredError,
  averagedSoftmaxCrossEntropy: buildAveragedSoftmaxCrossEntropy,
  categoricalCrossEntropy: buildCategoricalCrossEntropy,
  meanAbsoluteError: null,
  huber: null,
}

const reduction = { reduction: optional(oneOf('sum', 'mean')) }
const withoutOptions = object<object>({})

/** A field that holds a loss. */
export const lossSpec: Schema<LossName | LossSpec> = deep(
  either(
    leaf<LossName>(
      `one of ${quoted(Object.keys(builders))}`,
      (value) => typeof value === 'string' && Object.hasOwn(builders, value),
    ),
    variants<LossSpec>('an object with such a type', {
      softmaxCrossEntropy: object<Omit<SoftmaxCrossEntropySpec, 'type'>>({
        labelSmoothing: optional(between(0, 1)),
        ignoredId: optional(wholeNumber(-(2 ** 31), 2 ** 31 - 1)),
      }),
      binaryCrossEntropy: object({ ...reduction, positiveWeights: optional(list('numbers', atLeast(0), 1)) }),
      huber: object({ ...reduction, delta: optional(positive) }),
      meanAbsoluteError: object(reduction),
      meanSquaredError: object(reduction),
      averagedSoftmaxCrossEntropy: withoutOptions,
      categoricalCrossEntropy: withoutOptions,
    }),
  ),
)

/** A loss of one's own: whoever makes one knows what it is. */
const ownLoss = instance<Loss>("a loss of one's own", 'name', 'check', 'emit', 'probabilities')

/** A field that holds a loss, or one of one's own. */
export const anyLoss: Schema<LossName | LossSpec | Loss> = either(lossSpec, ownLoss)

/** Which loss was chosen. */
export interface ChosenLoss {
  /** Null for one of one's own. */
  readonly spec: LossSpec | null
  /** The loss over one class id a sample, each counting alike; null for losses over numbers only. */
  readonly classLoss: Loss | null
  readonly name: string
}

/**
 * Reads which loss is meant by its name, its description, or itself.
 * @throws ModelError that names the field that is not right
 */
export function lossFrom(loss: LossName | LossSpec | Loss): ChosenLoss {
  if (typeof loss === 'object' && loss !== null && 'emit' in loss) {
    const classLoss = read(ModelError, '', 'loss', ownLoss, loss)
    return { spec: null, classLoss, name: classLoss.name }
  }
  const found = read(ModelError, '', 'loss', lossSpec, loss)
  const spec = (typeof found === 'string' ? { type: found } : found) as LossSpec
  const build = builders[spec.type] as ((spec: LossSpec) => Loss) | null
  return { spec, classLoss: build?.(spec) ?? null, name: spec.type }
}
