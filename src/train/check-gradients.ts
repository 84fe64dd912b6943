import { aDataset, type Dataset } from '../data/dataset.js'
import { createEngine } from '../engine/create.js'
import { type Engine, type EngineName, engineNames } from '../engine/engine.js'
import { permutation } from '../engine/js/philox.js'
import type { LinkedProgram } from '../engine/linked-program.js'
import { DataError, ModelError } from '../errors.js'
import { modelFromConfig } from '../nn/functional.js'
import { showShape } from '../nn/layer.js'
import type { Loss } from '../nn/loss.js'
import { anyLoss, type ChosenLoss, type LossName, type LossSpec, lossFrom } from '../nn/losses.js'
import { aModel, type Model } from '../nn/model.js'
import { buildOptimizer } from '../optim/index.js'
import type { Optimizer } from '../optim/optimizer.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { either, leaf, object, optional, read } from '../schema/schema.js'
import { oneOf, wholeNumber } from '../schema/values.js'
import { LabelFeed, takesLabels } from './feed.js'
import { trainingProgram } from './programs.js'
import { Rules } from './rules.js'
import { Session } from './session.js'
import { Stage } from './stage.js'
import { createStepState, keptTensors, type StepState } from './state.js'
import { WeightedFeed } from './weighted-feed.js'

export interface GradientCheckOptions {
  /** The engine whose gradients are checked; by default the fastest that runs here. */
  readonly engine?: EngineName
  /** `softmaxCrossEntropy` by default. */
  readonly loss?: LossName | LossSpec | Loss
  /** Elements checked of each parameter, chosen at random, always the same ones; 20 by default. */
  readonly elements?: number | 'all'
}

/** One element of a parameter's gradient, computed in two ways. */
export interface GradientElement {
  /** The parameter, such as `dense_1/kernel`. */
  readonly name: string
  /** Position in each axis of the parameter. */
  readonly index: readonly number[]
  /** What the engine's backward pass gives, float32. */
  readonly engine: number
  /** The central difference of the loss in float64. */
  readonly difference: number
  /** |engine - difference| / max(|engine|, |difference|, 1% of the largest gradient checked) */
  readonly error: number
}

export interface GradientCheck {
  /** The element with the largest error. */
  readonly worst: GradientElement
  /** The worst element of each parameter, in the model's order. */
  readonly parameters: readonly GradientElement[]
  /** Number of elements checked. */
  readonly checked: number
}

/** Half the distance of the two losses: the cube root of float64's precision balances rounding and curvature. */
const STEP = 2 ** -18

/** Gradients below this part of the largest one are compared absolutely: rounding of float32 would drown them. */
const FLOOR = 0.01

const optionSchema = object<GradientCheckOptions>({
  engine: optional(oneOf(...engineNames)),
  loss: optional(anyLoss),
  elements: optional(
    either(
      wholeNumber(1),
      leaf<'all'>("'all'", (value) => value === 'all'),
    ),
  ),
})

/** In place of an update: copies each gradient to a place where it can be read. */
const recorder: Optimizer = {
  ...buildOptimizer({ type: 'sgd', learningRate: 1 }),
  slots: ['gradient'],
  emit(program, { gradient, slots }) {
    program.emit(instruction.copy, { x: gradient, y: slots[0]!, count: sizeOf(gradient.shape) })
  },
}

/**
 * Compares the gradients of the mean loss of `batch`, all of its samples at once, with central differences: each checked
 * weight w is moved by 2^-18 max(|w|, 1) up and down, and the same training step runs in double precision. Random masks
 * are those of step 1 in both. Errors of right gradients are about 1e-5; one above 1e-2 means a wrong formula, or a weight
 * at which the loss has a kink, such as ReLU's. The model is not changed.
 * @throws ModelError when the batch does not fit the model, or the model has no parameters
 */
export async function checkGradients(
  model: Model,
  batch: Dataset,
  options: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const where = 'checkGradients'
  read(ModelError, where, 'model', aModel, model)
  read(DataError, where, 'batch', aDataset, batch)
  const checked = read(ModelError, where, 'options', optionSchema, options)
  const { elements = 20 } = checked
  const loss = lossFrom(checked.loss ?? 'softmaxCrossEntropy')
  const trained = model.parameters.flatMap((parameter, p) => (model.trains(parameter) ? [p] : []))
  if (trained.length === 0) throw new ModelError('checkGradients: the model has no parameters.')
  const [expected, found] = [showShape(model.input), showShape(batch.sampleShape)]
  if (expected !== found) {
    throw new ModelError(`${batch.name}: the model takes samples of shape ${expected}, found ${found}.`)
  }

  const engine = await createEngine(checked.engine ? { engine: checked.engine } : {})
  const single = new RecordedStep(model, batch, loss, engine)
  // All kernels once more, which nothing else needs.
  const { createDoubleEngine } = await import('../engine/js/double/engine.js')
  const double = new RecordedStep(model, batch, loss, createDoubleEngine())
  single.run()
  const pairs = trained.map((p) => {
    const { name, tensor } = model.parameters[p]!
    const { shape } = tensor
    const gradient = single.gradient(p)
    return Array.from(chosen(sizeOf(shape), elements, p), (element) => {
      const difference = double.difference(p, element)
      return { name, index: indexOf(element, shape), engine: gradient[element]!, difference }
    })
  })
  engine.close()

  const sizes = pairs.flat().map((pair) => Math.max(Math.abs(pair.engine), Math.abs(pair.difference)))
  const floor = FLOOR * sizes.reduce((largest, size) => Math.max(largest, size), 0)
  const withError = (pair: Omit<GradientElement, 'error'>): GradientElement => {
    const size = Math.max(Math.abs(pair.engine), Math.abs(pair.difference), floor)
    return { ...pair, error: size === 0 ? 0 : Math.abs(pair.engine - pair.difference) / size }
  }
  // A NaN is worse than any number.
  const worse = (a: GradientElement, b: GradientElement) =>
    a.error >= b.error || Number.isNaN(a.error) ? a : b
  const parameters = pairs.map((found) => found.map(withError).reduce(worse))
  return { worst: parameters.reduce(worse), parameters, checked: sizes.length }
}

/** The training step of a copy of a model, on an engine of its own, with its gradients recorded instead of used. */
class RecordedStep {
  private readonly model: Model
  private readonly state: StepState
  private readonly session: Session
  private readonly program: LinkedProgram
  /** What stateful layers carry from batch to batch. */
  private readonly carried: Tensor[] = []

  constructor(
    model: Model,
    batch: Dataset,
    chosen: ChosenLoss,
    private readonly engine: Engine,
  ) {
    this.model = modelFromConfig(model.config)
    const weights = this.model.weightsIn(engine)
    this.model.setWeights(model.weights())
    this.state = createStepState(this.model, new Rules([recorder], this.model), 1, (_, name, shape) => {
      const tensor = createTensor('external', name, shape)
      this.session.reserve(tensor.buffer, tensor.buffer.bytes)
      this.carried.push(tensor)
      return tensor
    })
    this.session = new Session(engine, weights, keptTensors(this.state))
    const { count } = batch
    const stage = new Stage(this.session, this.state.indices, this.model, null)
    const owner = { chosen, stage, key: 'check', classWeights: null }
    const { session, state } = this
    const feed =
      chosen.classLoss && takesLabels(chosen, model, batch)
        ? new LabelFeed(chosen.classLoss, stage, state)
        : new WeightedFeed({ ...owner, session, state, model: this.model }, batch)
    stage.check(batch)
    const source = feed.load(batch, 0, count)
    this.program = this.session.program('step', () =>
      trainingProgram(this.model, feed, source, this.state, count, undefined, null),
    )
  }

  /** Runs step 1 and returns the batch's mean loss. */
  run(): number {
    const { views } = this.engine
    // What a step keeps for the next one is forgotten, so that all runs begin alike.
    for (const { buffer, shape, type } of [...keptTensors(this.state), ...this.carried]) {
      const address = this.session.addressOf(buffer)
      if (type === 'f32') views.f32.fill(0, address >>> 2, (address >>> 2) + sizeOf(shape))
      else views.u8.fill(0, address, address + buffer.bytes)
    }
    views.u32[this.session.addressOf(this.state.step.buffer) >>> 2] = 1
    this.program.run()
    return views.f64[(this.session.addressOf(this.state.training.totals.buffer) >>> 3) + 3]!
  }

  /** The gradient of the model's `p`-th parameter in the last run. */
  gradient(p: number): Float32Array {
    const { tensor } = this.model.parameters[p]!
    const [slot] = this.state.slots.get(this.model.parameters[p]!)!
    const at = this.session.addressOf(slot!.buffer) >>> 2
    return this.engine.views.f32.slice(at, at + sizeOf(tensor.shape))
  }

  /** Slope of the loss along one element of the `p`-th parameter. */
  difference(p: number, element: number): number {
    const at = (this.session.addressOf(this.model.parameters[p]!.tensor.buffer) >>> 2) + element
    const { f32 } = this.engine.views
    const value = f32[at]!
    const step = STEP * Math.max(Math.abs(value), 1)
    f32[at] = value + step
    const above = this.run()
    f32[at] = value - step
    const below = this.run()
    f32[at] = value
    return (above - below) / (2 * step)
  }
}

/** Elements of a parameter of `size`, in increasing order. */
function chosen(size: number, elements: number | 'all', p: number): ArrayLike<number> {
  const order = Uint32Array.from({ length: size }, (_, i) => i)
  if (elements === 'all' || elements >= size) return order
  return permutation(size, 0, p, 0).subarray(0, elements).sort()
}

/** Row-major position `element` of a tensor as a position in each axis. */
function indexOf(element: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(element / sizeOf(shape.slice(axis + 1))) % size)
}
