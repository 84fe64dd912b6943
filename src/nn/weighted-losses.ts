/** Losses over every kind of target, with weights and masks. */
import { ElementLoss, NO_ID } from '../../assembly/codes.js'
import { ModelError } from '../errors.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, slice, type Tensor } from '../program/tensor.js'
import { type EmitContext, type Shape, showShape } from './layer.js'
import type { LossSpec, PointwiseLossSpec, SoftmaxCrossEntropySpec } from './losses.js'
import type { NetworkValue } from './network.js'

/** What the targets of data are. */
export interface TargetKind {
  /** Shown in messages. */
  readonly name: string
  /** Of one sample; [] for one number or id. */
  readonly shape: Shape
  /** 0 for numbers. */
  readonly classes: number
}

/** How a loss takes them: a row is a sample, or time first a step of one. */
export interface TargetPlan {
  /** 0 where rows are samples. */
  readonly steps: number
  /** Numbers of the model's output in a row. */
  readonly size: number
  /** Numbers in a row's target where it is no class id; else 0. */
  readonly width: number
  /** A class id is a target of 0 or 1 for one output, or as many outputs have targets of 0 but for its own. */
  readonly binary: boolean
}

/** The targets of a batch. */
export interface Targets {
  /** int32 [rows], where they are class ids. */
  readonly labels: Tensor | null
  /** float32 [rows, width], where they are numbers, or ids 0 and 1 as such. */
  readonly values: Tensor | null
  /** float32 [rows] */
  readonly weights: Tensor | null
  /** float32 [classes], in training */
  readonly classWeights: Tensor | null
  /** float32 [size], of binaryCrossEntropy */
  readonly positive: Tensor | null
}

/** What a loss leaves; see `lossWeights` and `tallyWeighted`. */
export interface WeightedLoss {
  readonly loss: Tensor
  readonly weights: Tensor
  readonly divisor: Tensor
  /** What the divisor is without masks. */
  readonly scale: number
  readonly predicted: Tensor | null
  readonly gradient: Tensor | null
}

/**
 * How a loss takes targets of a kind for a model's output.
 * @throws ModelError that names the data and the model's output where it cannot
 */
export function planTargets(
  spec: LossSpec,
  output: Shape,
  data: TargetKind,
  weighted: { readonly samples: boolean; readonly classes: boolean },
): TargetPlan {
  const fail = (problem: string): never => {
    throw new ModelError(
      `${data.name}: ${spec.type} ${problem}; the model's output has shape ${showShape(output)}.`,
    )
  }
  const { shape, classes } = data
  const last = output.at(-1)!
  if (spec.type !== 'softmaxCrossEntropy' && !Object.hasOwn(kinds, spec.type)) {
    if (weighted.samples || weighted.classes) fail('takes no weights, softmaxCrossEntropy does')
    return fail(`takes one class id a sample, of up to 256 classes, found ${describe(data)}`)
  }
  if (spec.type === 'binaryCrossEntropy' && spec.positiveWeights && spec.positiveWeights.length !== last) {
    fail(`should have a positive weight for each output, ${last}, found ${spec.positiveWeights.length}`)
  }
  if (classes > 0) {
    const steps = shape.length === 0 ? 0 : shape[0]!
    const [expected, found] = [[...shape, last], output]
    if (shape.length > 1 || showShape(expected) !== showShape(found)) {
      fail(`with ${describe(data)} needs an output of shape ${showShape([...shape, classes])}`)
    }
    const isBinary = spec.type === 'binaryCrossEntropy' && last === 1
    if (isBinary ? classes > 2 : last !== classes) {
      fail(
        `with ${describe(data)} needs ${isBinary ? '2 classes for one output' : `${classes} outputs, one a class`}`,
      )
    }
    return { steps, size: last, width: isBinary ? 1 : 0, binary: isBinary }
  }
  if (weighted.classes && spec.type !== 'softmaxCrossEntropy') {
    fail('takes class weights where targets are class ids, found numbers')
  }
  const isScalar = shape.length === 0 && output.length === 1 && last === 1
  if (!isScalar && showShape(shape) !== showShape(output)) {
    const more =
      spec.type === 'softmaxCrossEntropy'
        ? '; where they are class ids, give whole numbers in an Int32Array, or lists and the field classes'
        : ''
    fail(`with targets that are numbers needs as many as outputs, found ${showShape(shape)} a sample${more}`)
  }
  const isSequence = output.length === 2
  const size = isSequence ? last : sizeOf(output)
  return { steps: isSequence ? output[0]! : 0, size, width: size, binary: false }
}

function describe({ shape, classes }: TargetKind): string {
  if (classes === 0) return `targets that are numbers of shape ${showShape(shape)}`
  return shape.length === 0
    ? `ids of ${classes} classes`
    : `ids of ${classes} classes for each of ${shape[0]} steps`
}

/** Emits a loss: the sum over rows of weight times term, divided by the number of rows that are not masked or ignored. */
export function emitWeightedLoss(
  spec: LossSpec,
  plan: TargetPlan,
  context: EmitContext,
  output: NetworkValue,
  targets: Targets,
): WeightedLoss {
  const { program, batch, training } = context
  const { size, steps } = plan
  const rows = batch * Math.max(steps, 1)
  const mask = steps > 0 ? output.valid : null
  const { labels } = targets
  const isSoftmax = spec.type === 'softmaxCrossEntropy'
  const ignored = (spec as SoftmaxCrossEntropySpec).ignoredId ?? NO_ID
  const { reduction = labels && !plan.binary ? 'sum' : 'mean' } = spec as PointwiseLossSpec
  const smoothing = (isSoftmax && spec.labelSmoothing) || 0
  // A target that is more than the label has its classes' weights within.
  const isSoft = isSoftmax && (smoothing > 0 || labels === null)
  const within = isSoft ? targets.classWeights : null
  const outside = isSoft ? null : targets.classWeights

  const isPartial = mask !== null || (labels !== null && ignored !== NO_ID)
  const terms = isSoftmax || reduction === 'sum' ? 1 : size
  const scale = terms * rows
  const weightsOf = (weights: Tensor | null, classWeights: Tensor | null) => {
    const w = createTensor('transient', 'w', [rows])
    const divisor = createTensor('transient', 'divisor', [1])
    program.from('loss').emit(instruction.lossWeights, {
      ...{
        labels,
        weights,
        mask,
        classWeights,
        w,
        divisor,
        rows,
        classes: plan.binary ? 2 : size,
        ignored,
        steps: 0,
      },
      ...{ scale: isPartial ? terms : scale, summed: isPartial ? 1 : 0 },
    })
    return { w, divisor }
  }
  const { w: counted, divisor } = weightsOf(null, null)
  const weights = targets.weights || outside ? weightsOf(targets.weights, outside).w : counted

  const x = { ...output.tensor, shape: [rows, size] }
  const loss = createTensor('transient', 'loss', [rows])
  const gradient = training ? createTensor('transient', 'dx', output.tensor.shape) : null
  const predicted = labels || isSoftmax ? createTensor('transient', 'predicted', [rows], 'i32') : null
  if (isSoftmax) {
    program.emit(instruction.weightedCrossEntropy, {
      ...{ logits: x, labels, targets: targets.values, classWeights: within, weights, divisor },
      ...{ dlogits: gradient, loss, predicted, rows, classes: size, smoothing },
    })
    return { loss, weights, divisor, scale, predicted: labels && predicted, gradient }
  }
  const values = targets.values ?? emitOneHot(context, labels!, rows, size)
  if (predicted) emitPrediction(context, x, predicted, rows, size)
  program.from('loss').emit(instruction.elementLoss, {
    ...{ x, targets: values, positive: targets.positive, weights, divisor, dx: gradient, loss, rows, size },
    ...{ kind: kinds[spec.type as PointwiseLossSpec['type']], delta: (spec as PointwiseLossSpec).delta ?? 1 },
  })
  return { loss, weights, divisor, scale, predicted, gradient }
}

const kinds: Readonly<Record<PointwiseLossSpec['type'], ElementLoss>> = {
  binaryCrossEntropy: ElementLoss.BinaryCrossEntropy,
  meanSquaredError: ElementLoss.Squared,
  meanAbsoluteError: ElementLoss.Absolute,
  huber: ElementLoss.Huber,
}

function emitOneHot({ program }: EmitContext, labels: Tensor, rows: number, size: number): Tensor {
  const y = createTensor('transient', 'targets', [rows, size])
  program.emit(instruction.oneHot, { labels, y, rows, classes: size })
  return y
}

/** Of one logit, class 1 where it is above 0; of several, the first of the largest. */
function emitPrediction(
  { program }: EmitContext,
  x: Tensor,
  predicted: Tensor,
  rows: number,
  size: number,
): void {
  if (size > 1) {
    program.emit(instruction.argMax, { x, y: predicted, rows, classes: size })
    return
  }
  const pairs = createTensor('transient', 'pairs', [rows, 2])
  program.emit(instruction.fill, { x: pairs, count: 2 * rows, value: 0 })
  const second = slice(pairs, 1, [2 * rows - 1])
  program.emit(instruction.copyBlocks, {
    ...{ x, y: second, outer: rows, inner: 1, size: 1, xOuter: 1, xInner: 1, yOuter: 2, yInner: 1 },
  })
  program.emit(instruction.argMax, { x: pairs, y: predicted, rows, classes: 2 })
}
