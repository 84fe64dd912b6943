/** Batches with any targets: what only some trainings need, loaded when one does. */
import { type Dataset, hasIds, rowOf, rowsIn, targetSize } from '../data/dataset.js'
import { DataError, ModelError } from '../errors.js'
import type { Layout } from '../nn/layer.js'
import type { ChosenLoss, LossSpec, PointwiseLossSpec, SoftmaxCrossEntropySpec } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import { emitWeightedLoss, planTargets, type TargetPlan } from '../nn/weighted-losses.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import type { EmitLoss, Feed } from './feed.js'
import type { Session } from './session.js'
import type { Stage } from './stage.js'
import type { BatchSource, StepState } from './state.js'
import { emitPenalties } from './updates.js'

/** What a feed belongs to. */
export interface FeedOwner {
  readonly model: Model
  readonly chosen: ChosenLoss
  readonly session: Session
  readonly state: StepState
  readonly stage: Stage
  readonly classWeights: readonly number[] | null
  /** Names its kind of data. */
  readonly key: string
}

/** Targets of one kind, which all batches of it share. */
export class WeightedFeed implements Feed {
  readonly key: string
  readonly layout: Layout | undefined
  readonly counts: boolean
  private readonly spec: LossSpec
  private readonly plan: TargetPlan
  private readonly hasWeights: boolean
  private readonly labels = createTensor('external', 'labels', [0], 'i32')
  private readonly values = createTensor('external', 'targets', [0])
  private readonly weights = createTensor('external', 'weights', [0])
  private readonly classWeights: Tensor | null
  private readonly positive: Tensor | null

  /** @throws ModelError that names the data and the model where the loss cannot take these targets */
  constructor(
    private readonly owner: FeedOwner,
    data: Dataset,
  ) {
    const { model, chosen, classWeights } = owner
    const { name, classes, targetShape: shape = [] } = data
    if (!chosen.spec) {
      throw new ModelError(
        `${name}: ${chosen.name}, a loss of one's own, takes one class id a sample, of up to 256 classes, and no weights.`,
      )
    }
    const { spec } = chosen
    this.spec = spec
    this.hasWeights = data.sampleWeights !== undefined
    this.plan = planTargets(
      spec,
      model.output,
      { name, shape, classes },
      { samples: this.hasWeights, classes: classWeights !== null },
    )
    const outputs = this.plan.binary ? 2 : this.plan.size
    if (classWeights && classWeights.length !== outputs) {
      throw new ModelError(
        `${name}: classWeights should have a weight for each of ${outputs} classes, found ${classWeights.length}.`,
      )
    }
    this.counts = hasIds(data)
    this.layout = this.plan.steps > 0 ? 'time' : undefined
    this.key = owner.key
    this.classWeights = this.keep('classWeights', classWeights)
    this.positive = this.keep('positiveWeights', (spec as PointwiseLossSpec).positiveWeights ?? null)
  }

  load(data: Dataset, start: number, batch: number, order?: Uint32Array): BatchSource {
    const source = this.owner.stage.load(data, start, batch, false, order)
    const size = targetSize(data)
    if (rowsIn(data) * data.sampleSize !== data.inputs.length) {
      throw new DataError(
        `${data.name}: expected ${data.inputs.length / data.sampleSize} targets, one for each sample, found ${rowsIn(data)}`,
      )
    }
    const samples = Uint32Array.from({ length: batch }, (_, i) => order?.[start + i] ?? start + i)
    if (hasIds(data)) this.loadIds(data, samples)
    else this.loadValues(data, samples, size)
    if (data.sampleWeights) this.loadWeights(data, data.sampleWeights, samples)
    return source
  }

  emitTargets(program: ProgramBuilder, _source: BatchSource, batch: number): EmitLoss {
    const { owner, plan } = this
    const { size, width, binary, steps } = plan
    const rows = batch * Math.max(steps, 1)
    const at = (tensor: Tensor, shape: readonly number[]) => ({ ...tensor, shape })
    return (context, output, { totals, confusion }) => {
      const labels = this.counts ? at(this.labels, [rows]) : null
      const found = emitWeightedLoss(this.spec, plan, context, output, {
        labels,
        values: this.counts && !binary ? null : at(this.values, [rows, width]),
        weights: this.hasWeights ? at(this.weights, [rows]) : null,
        // As Keras has it: what a model is measured by, classes' weights do not change.
        classWeights: context.training ? this.classWeights : null,
        positive: this.positive,
      })
      const { loss, weights, divisor, predicted, gradient } = found
      program.from('loss').emit(instruction.tallyWeighted, {
        ...{ loss, weights, divisor, predicted, labels: predicted ? labels : null, totals },
        ...{ confusion: binary && confusion!.shape[0] === 1 ? null : confusion },
        ...{ rows, classes: binary ? 2 : size },
      })
      emitPenalties(program, [...owner.state.rules.of.keys()], totals, found.scale)
      return gradient
    }
  }

  /** Numbers that do not change, in memory of their own. */
  private keep(name: string, values: readonly number[] | null): Tensor | null {
    if (!values) return null
    const { session } = this.owner
    const tensor = createTensor('external', name, [values.length])
    session.reserve(tensor.buffer, tensor.buffer.bytes)
    session.engine.views.f32.set(values, session.addressOf(tensor.buffer) >>> 2)
    return tensor
  }

  /** Makes room for `count` elements of 4 bytes and gives the place of the first. */
  private placeFor(tensor: Tensor, count: number): number {
    const { session } = this.owner
    session.reserve(tensor.buffer, count * 4)
    return session.addressOf(tensor.buffer) >>> 2
  }

  private loadIds(data: Dataset, samples: Uint32Array): void {
    const { steps, binary } = this.plan
    const { targets, classes, name } = data
    const ignored = (this.spec as SoftmaxCrossEntropySpec).ignoredId
    const each = Math.max(steps, 1)
    const batch = samples.length
    const at = this.placeFor(this.labels, batch * each)
    const valuesAt = binary ? this.placeFor(this.values, batch * each) : 0
    const { i32, f32 } = this.owner.session.engine.views
    for (let i = 0; i < batch; i++) {
      const row = rowOf(data, samples[i]!) * each
      for (let t = 0; t < each; t++) {
        const id = targets[row + t]!
        if (!(id >= 0 && id < classes) && id !== ignored) {
          throw new DataError(
            `${name}: expected targets of 0 to ${classes - 1}, found ${id} at sample ${samples[i]}` +
              `${steps > 0 ? `, step ${t}` : ''}` +
              (id === data.ignoredId ? `; ${this.spec.type} is to pass over it by its option ignoredId` : ''),
          )
        }
        i32[at + t * batch + i] = id
        if (binary) f32[valuesAt + t * batch + i] = id
      }
    }
  }

  private loadValues(data: Dataset, samples: Uint32Array, size: number): void {
    const { steps, width } = this.plan
    const { type } = this.spec
    const [least, most] =
      type === 'binaryCrossEntropy'
        ? [0, 1]
        : type === 'softmaxCrossEntropy'
          ? [0, Infinity]
          : [-Infinity, Infinity]
    const batch = samples.length
    const at = this.placeFor(this.values, batch * size)
    const { f32 } = this.owner.session.engine.views
    for (let i = 0; i < batch; i++) {
      const row = rowOf(data, samples[i]!) * size
      for (let j = 0; j < size; j++) {
        const value = data.targets[row + j]!
        if (!(Number.isFinite(value) && value >= least && value <= most)) {
          const expected =
            most === 1 ? 'targets of 0 to 1' : least === 0 ? 'targets from 0 up' : 'finite targets'
          throw new DataError(
            `${data.name}: expected ${expected}, found ${value} at sample ${samples[i]}, element ${j}`,
          )
        }
        const to = steps > 0 ? (Math.floor(j / width) * batch + i) * width + (j % width) : i * size + j
        f32[at + to] = value
      }
    }
  }

  private loadWeights(data: Dataset, sampleWeights: Float32Array, samples: Uint32Array): void {
    const steps = Math.max(this.plan.steps, 1)
    const batch = samples.length
    const isPerStep = steps > 1 && sampleWeights.length === rowsIn(data) * steps
    const at = this.placeFor(this.weights, batch * steps)
    const { f32 } = this.owner.session.engine.views
    for (let i = 0; i < batch; i++) {
      const row = rowOf(data, samples[i]!)
      for (let t = 0; t < steps; t++) {
        const weight = sampleWeights[isPerStep ? row * steps + t : row]!
        if (!(Number.isFinite(weight) && weight >= 0)) {
          throw new DataError(
            `${data.name}: expected sampleWeights from 0 up, found ${weight} at sample ${samples[i]}`,
          )
        }
        f32[at + t * batch + i] = weight
      }
    }
  }
}
