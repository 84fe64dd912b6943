import { ModelError } from '../errors.js'
import * as instruction from '../program/instructions.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import { show } from './fields.js'
import { type EmitContext, type Layout, type Shape, showShape } from './layer.js'

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

export type LossName = 'softmaxCrossEntropy'

const losses: Record<LossName, Loss> = {
  /** -log softmax(logits)[label], the mean over the batch; from logits, so that it is stable at any size. */
  softmaxCrossEntropy: {
    name: 'softmaxCrossEntropy',
    check(output, classes) {
      if (output.length === 1 && output[0] === classes) return
      throw new ModelError(
        `softmaxCrossEntropy: the data have ${classes} classes, so the model's output should have shape [${classes}], found ${showShape(output)}.`,
      )
    },
    emit({ program, batch, training }, logits, labels) {
      const classes = logits.shape.at(-1)!
      const loss = createTensor('transient', 'loss', [batch])
      const predicted = createTensor('transient', 'predicted', [batch], 'i32')
      const gradient = training ? createTensor('transient', 'dlogits', logits.shape) : null
      program.from('loss').emit(instruction.softmaxCrossEntropy, {
        ...{ logits, labels, dlogits: gradient, loss, predicted, rows: batch, classes },
      })
      return { loss, predicted, gradient }
    },
    probabilities({ program, batch }, x) {
      const y = createTensor('transient', 'probabilities', x.shape)
      program.from('loss').emit(instruction.softmax, { x, y, rows: batch, classes: x.shape.at(-1)! })
      return y
    },
  },
}

/** Looks a loss up by name. */
export function lossOf(name: LossName): Loss {
  if (typeof name === 'string' && Object.hasOwn(losses, name)) return losses[name]
  throw new ModelError(
    `loss should be one of ${Object.keys(losses).map(show).join(', ')}, found ${show(name)}.`,
  )
}
