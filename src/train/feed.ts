import { type Dataset, hasIds } from '../data/dataset.js'
import { ModelError } from '../errors.js'
import type { EmitContext, Layout } from '../nn/layer.js'
import type { Loss } from '../nn/loss.js'
import type { ChosenLoss, PointwiseLossSpec, SoftmaxCrossEntropySpec } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { NetworkValue } from '../nn/network.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import type { Stage } from './stage.js'
import type { BatchSource, StepState, Tally } from './state.js'
import { emitPenalties } from './updates.js'

/** Emits the loss of a model's output and what is counted of it; gives the output's gradient, in training. */
export type EmitLoss = (context: EmitContext, output: NetworkValue, tally: Tally) => Tensor | null

/** How batches with one kind of targets enter an engine, and what their loss is. */
export interface Feed {
  /** Names the programs of such batches. */
  readonly key: string
  /** How the model's output has to lie; batch first by default. */
  readonly layout: Layout | undefined
  /** Whether class ids are counted, so that accuracy and confusion mean something. */
  readonly counts: boolean
  /**
   * Puts `batch` samples of a data set and their targets where programs find them: from the `start`-th of `order` on, or of
   * the set without it.
   * @throws DataError that names the sample which is not right
   */
  load(data: Dataset, start: number, batch: number, order?: Uint32Array): BatchSource
  /** Emits what brings the targets of a batch in. */
  emitTargets(program: ProgramBuilder, source: BatchSource, batch: number): EmitLoss
}

/** One class id of at most 256 a sample, every sample counting alike. */
export class LabelFeed implements Feed {
  readonly key = 'labels'
  readonly layout: Layout | undefined
  readonly counts = true

  constructor(
    private readonly loss: Loss,
    private readonly stage: Stage,
    private readonly state: StepState,
  ) {
    this.layout = loss.layout
  }

  load(data: Dataset, start: number, batch: number, order?: Uint32Array): BatchSource {
    return this.stage.load(data, start, batch, true, order)
  }

  emitTargets(program: ProgramBuilder, { labels: source }: BatchSource, batch: number): EmitLoss {
    const labels = createTensor('transient', 'labels', [batch], 'i32')
    program.from('batch').emit(instruction.gatherLabels, {
      ...{ labels: { ...source, shape: [batch] }, indices: { ...this.state.indices, shape: [batch] } },
      ...{ y: labels, rows: batch, count: batch },
    })
    return (context, output, { totals, confusion }) => {
      const result = this.loss.emit(context, output.tensor, labels)
      program.emit(instruction.tally, {
        ...{ loss: result.loss, predicted: result.predicted, labels, totals, confusion },
        ...{ rows: batch, classes: confusion!.shape[0]! },
      })
      emitPenalties(program, [...this.state.rules.of.keys()], totals, batch)
      return result.gradient
    }
  }
}

/**
 * Whether labels of such data can be fed as they are, each counting alike, to a loss over classes.
 * @throws ModelError that names the data and the model's output where the loss cannot take them
 */
export function takesLabels({ spec, classLoss }: ChosenLoss, { output }: Model, data: Dataset): boolean {
  const { targetShape = [], sampleWeights, classes, name } = data
  const { ignoredId, positiveWeights } = (spec ?? {}) as Partial<
    Omit<SoftmaxCrossEntropySpec, 'type'> & Omit<PointwiseLossSpec, 'type'>
  >
  if (!hasIds(data) || targetShape.length > 0 || sampleWeights || classes > 256) return false
  if (ignoredId !== undefined || positiveWeights) return false
  if (spec?.type === 'binaryCrossEntropy' && output.at(-1) === 1) return false
  try {
    classLoss?.check(output, classes)
    return classLoss !== null
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${name}: ${error.message}`) : error
  }
}
