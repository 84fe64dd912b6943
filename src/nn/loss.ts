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

export type LossName = 'softmaxCrossEntropy' | 'averagedSoftmaxCrossEntropy' | 'categoricalCrossEntropy'

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

  /** A softmax at every step of outputs [steps, classes]; -log of their average at the label, the mean over the batch. */
  averagedSoftmaxCrossEntropy: {
    name: 'averagedSoftmaxCrossEntropy',
    layout: 'time',
    check(output, classes) {
      if (output.length === 2 && output[1] === classes) return
      throw new ModelError(
        `averagedSoftmaxCrossEntropy: the data have ${classes} classes, so the model's output should have shape [steps, ${classes}], found ${showShape(output)}; timeDistributed(dense(${classes})) after a recurrent layer with sequence: true gives that.`,
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
        ...{ logits, average, labels, p: training ? p : null, logs, loss, predicted, steps },
        ...{ rows: batch, classes },
      })
      return { loss, predicted, gradient: training ? p : null }
    },
    probabilities: (context, x) => averagedSoftmax(context, x).average,
  },

  /**
   * Keras's: outputs that are not negative, such as those of sigmoids, divided by their sum and clipped to 1e-7 .. 1 -
   * 1e-7; -log of the label's, the mean over the batch.
   */
  categoricalCrossEntropy: {
    name: 'categoricalCrossEntropy',
    check(output, classes) {
      if (output.length === 1 && output[0] === classes) return
      throw new ModelError(
        `categoricalCrossEntropy: the data have ${classes} classes, so the model's output should have shape [${classes}], found ${showShape(output)}.`,
      )
    },
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
  },
}

/** The softmax p of every step of `logits` [steps, batch, classes], and its mean over the steps. */
function averagedSoftmax({ program, batch }: EmitContext, logits: Tensor): { p: Tensor; average: Tensor } {
  const [steps, , classes] = logits.shape as [number, number, number]
  const p = createTensor('transient', 'probabilities', logits.shape)
  const average = createTensor('transient', 'average', [batch, classes])
  program.from('loss')
  program.emit(instruction.softmax, { x: logits, y: p, rows: steps * batch, classes })
  program.emit(instruction.averageSteps, { x: p, y: average, steps, size: batch * classes })
  return { p, average }
}

/** Looks a loss up by name. */
export function lossOf(name: LossName): Loss {
  if (typeof name === 'string' && Object.hasOwn(losses, name)) return losses[name]
  throw new ModelError(
    `loss should be one of ${Object.keys(losses).map(show).join(', ')}, found ${show(name)}.`,
  )
}
