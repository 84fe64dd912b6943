import { ModelError } from '../errors.js'
import type { Tensor } from '../program/tensor.js'
import { show } from './fields.js'
import type { EmitContext, Layout, Shape } from './layer.js'
import {
  buildAveragedSoftmaxCrossEntropy,
  buildBinaryCrossEntropy,
  buildCategoricalCrossEntropy,
  buildMeanSquaredError,
  buildSoftmaxCrossEntropy,
  type PointwiseLossSpec,
  type SequenceLossSpec,
  type SoftmaxCrossEntropySpec,
} from './losses.js'

/** What a loss writes for every sample of a batch. */
export interface LossOutput {
  /** [batch] each sample's loss. */
  readonly loss: Tensor
  /** [batch] int32, the class with the highest score. */
  readonly predicted: Tensor
  /** Gradient of the batch's mean loss for the model's output, or null where none was asked for. */
  readonly gradient: Tensor | null
}

/** A loss over class labels. */
export interface Loss {
  readonly name: LossName
  /** How the model's output has to lie; batch first by default. */
  readonly layout?: Layout
  /** @throws ModelError when a model with this output cannot be trained on `classes` classes. */
  check(output: Shape, classes: number): void
  /** Emits loss, prediction and, when training, the gradient; `labels` are int32 [batch]. */
  emit(context: EmitContext, output: Tensor, labels: Tensor): LossOutput
  /** Emits the classes' probabilities [batch, classes] from the model's output. */
  probabilities(context: EmitContext, output: Tensor): Tensor
}

export type LossName = LossSpec['type']

/** The description of a loss: plain data. Its name alone stands for it without options. */
export type LossSpec = SoftmaxCrossEntropySpec | PointwiseLossSpec | SequenceLossSpec

const builders: { [T in LossName]: (spec: Extract<LossSpec, { type: T }>) => Loss } = {
  softmaxCrossEntropy: buildSoftmaxCrossEntropy,
  binaryCrossEntropy: buildBinaryCrossEntropy,
  meanSquaredError: buildMeanSquaredError,
  averagedSoftmaxCrossEntropy: buildAveragedSoftmaxCrossEntropy,
  categoricalCrossEntropy: buildCategoricalCrossEntropy,
}

/** Builds a loss from its name or its description. */
export function lossOf(loss: LossName | LossSpec): Loss {
  const spec = typeof loss === 'string' ? { type: loss } : loss
  const type: unknown = spec?.type
  if (typeof type !== 'string' || !Object.hasOwn(builders, type)) {
    const names = Object.keys(builders).map(show).join(', ')
    throw new ModelError(
      `loss should be one of ${names}, or an object with such a type, found ${show(loss)}.`,
    )
  }
  const build = builders[type as LossName] as (spec: LossSpec) => Loss
  return build(spec as LossSpec)
}
