import type { Tensor } from '../program/tensor.js'
import type { EmitContext, Layout, Shape } from './layer.js'

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
  readonly name: string
  /** How the model's output has to lie; batch first by default. */
  readonly layout?: Layout
  /** @throws ModelError when a model with this output cannot be trained on `classes` classes. */
  check(output: Shape, classes: number): void
  /** Emits loss, prediction and, when training, the gradient; `labels` are int32 [batch]. */
  emit(context: EmitContext, output: Tensor, labels: Tensor): LossOutput
  /** Emits the classes' probabilities [batch, classes] from the model's output. */
  probabilities(context: EmitContext, output: Tensor): Tensor
}
