import { aStandardisation, type Standardisation } from '../data/dataset.js'
import { dispose, whenForgotten } from '../disposal.js'
import { anEngine, type Engine } from '../engine/engine.js'
import { ModelError, TrainingError } from '../errors.js'
import { type Shape, showShape } from '../nn/layer.js'
import type { Loss } from '../nn/loss.js'
import { type LossName, type LossSpec, lossFrom, lossSpec } from '../nn/losses.js'
import { aModel, type Model } from '../nn/model.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { isPlainObject, object, optional, read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { text, truth, wholeNumber } from '../schema/values.js'
import { type CarriedModel, carriedModel } from './carried-model.js'
import { Holdings } from './holdings.js'
import { Pass, type PassPlan } from './pass.js'
import { type Sample, Window } from './slots.js'

export interface PredictorOptions {
  /** Whose probabilities `predict` and `step` give; without it they give what the model's outputs are. */
  readonly loss?: LossName | LossSpec
  /** Standardises the input, which is then a whole sample: `step` takes values that are standardised. */
  readonly standardisation?: Standardisation
  /** Whether `predict` goes on from the state that the call before it has left, as `step` does; false by default. */
  readonly stateful?: boolean
  /** Samples that are predicted side by side, each with a state of its own; 1 by default. */
  readonly batchSize?: number
}

const predictorOptions = object<PredictorOptions>({
  loss: optional(lossSpec),
  standardisation: optional(aStandardisation),
  stateful: optional(truth),
  batchSize: optional(wholeNumber(1)),
})

/** The only input's values, or those of several by name; [batchSize, ...shape], row-major. */
export type PredictorInput = Sample | Readonly<Record<string, Sample>>

/** The states of recurrent layers by name, such as `lstm_1.h`, each [batchSize, units]: plain data, to be kept as JSON. */
export type PredictorState = Record<string, number[]>

/**
 * Binds a model to an engine to be used there sample by sample, or step by step.
 * @throws ModelError for an option that is unknown or not right
 */
export function createPredictor(engine: Engine, model: Model, options: PredictorOptions = {}): Predictor {
  const where = 'createPredictor'
  return new Predictor(
    read(ModelError, where, 'engine', anEngine, engine),
    read(ModelError, where, 'model', aModel, model),
    read(ModelError, where, 'options', predictorOptions, options),
  )
}

/** Gives back what predictors hold that nobody can reach any more and nobody has closed. */
const forgotten = whenForgotten<Holdings>((holdings) => holdings.close())

interface Carried {
  readonly tensor: Tensor
  readonly window: Window<'f32'>
}

/**
 * Uses one model on one engine, one sample at a time and at once: no call returns a promise, and after the first of its
 * kind none allocates memory (on the js engine some kernels do). The bits are those of an evaluator's `predict`, and of the whole sequence at once where it
 * goes step by step. See `createPredictor`.
 *
 * Results are arrays of the predictor's own, which the next call of the same method writes over: copy what is to be kept.
 *
 * Weights. It works on the model's weights where they are: what a trainer on the same engine has done by its last step, or
 * `setWeights`, the next call sees, within an epoch too. When the model is moved to another engine, calls are refused.
 *
 * Lives. `close` gives all of the engine's memory back; a second time it does nothing, everything else is refused from
 * then on.
 */
export class Predictor {
  private readonly holdings: Holdings
  private readonly loss: Loss | null
  private readonly batch: number
  private readonly passes = new Map<string, Pass>()
  private readonly carried = new Map<string, Carried>()
  /** States of layers that are stateful by themselves, zero before every call of a predictor that is not. */
  private readonly fresh: Window<'f32'>[] = []
  private whole: Pass | null = null
  private single: Pass | null = null
  private last: Pass | null = null
  private closed = false

  constructor(
    readonly engine: Engine,
    readonly model: Model,
    private readonly options: PredictorOptions,
  ) {
    const { loss, standardisation, batchSize = 1 } = options
    this.batch = batchSize
    this.loss = loss === undefined ? null : lossFrom(loss).classLoss
    if (this.loss) checkLoss(this.loss, model)
    if (standardisation) checkStandardisation(standardisation, model)
    this.holdings = new Holdings(engine, model.weightsIn(engine))
    forgotten.register(this, this.holdings, this)
  }

  /**
   * What the model gives for one sample, or `batchSize` of them: its first output [batchSize, ...shape], row-major; `outputs`
   * has the others. Floats are taken as they are, bytes stand for 0..1, ids are whole numbers.
   * @throws ModelError that names the input and what is not right
   * @throws TrainingError when it was closed
   */
  predict(x: PredictorInput): Float32Array {
    this.whole ??= this.options.stateful ? this.carrying('predict', false) : this.starting('predict', null)
    return this.run('predict', this.whole, x)
  }

  /**
   * Goes on by one step of a sequence, from the state that the step before has left: x [batchSize, ...a step's shape]. A
   * layer that gives a sequence gives its output at this step; one that gives its last output, what it would be if the
   * sequence ended here.
   * @throws ModelError that names the layer, of a model that does not go from step to step, or the input and what is wrong
   * @throws TrainingError when it was closed
   */
  step(x: PredictorInput): Float32Array {
    this.single ??= this.carrying('step', true)
    return this.run('step', this.single, x)
  }

  /**
   * What a layer of the model gives for one sample, or `batchSize` of them: [batchSize, ...its output], row-major. It always
   * begins without a state, and leaves the state as it is.
   * @throws ModelError when there is no such layer, or as `predict`
   * @throws TrainingError when it was closed
   */
  features(layer: string, x: PredictorInput): Float32Array {
    let pass = this.passes.get(layer)
    if (!pass) {
      pass = this.starting('features', read(ModelError, 'features', 'layer', text, layer))
      this.passes.set(layer, pass)
    }
    return this.run('features', pass, x)
  }

  /** All outputs of the last call by name, in arrays that the next one writes over. Empty before the first. */
  get outputs(): ReadonlyMap<string, Float32Array> {
    return this.last?.results ?? new Map()
  }

  /** Begins new sequences: every state is what it is before the first step. */
  reset(): void {
    this.checkOpen('reset')
    for (const [name, carried] of this.carried) this.begin(name, carried)
  }

  /**
   * The state at this moment, a copy; what is set to it later goes on from there, on this predictor or another of the same
   * model and batch size.
   * @throws ModelError of a model that does not go from step to step
   */
  get state(): PredictorState {
    this.prepareState()
    return Object.fromEntries([...this.carried].map(([name, { window }]) => [name, [...window.view]]))
  }

  set state(state: PredictorState) {
    this.prepareState()
    checkState(state, this.carried)
    for (const [name, { window }] of this.carried) window.view.set(state[name]!)
  }

  /** Gives all memory back, the weights to the model. */
  close(): void {
    if (this.closed) return
    this.closed = true
    forgotten.unregister(this)
    this.holdings.close()
  }

  [dispose](): void {
    this.close()
  }

  private run(where: string, pass: Pass, x: PredictorInput): Float32Array {
    this.checkOpen(where)
    const { version } = this.holdings.weights
    pass.fill(where, x)
    for (let i = 0; i < this.fresh.length; i++) this.fresh[i]!.view.fill(0)
    pass.run(version)
    this.last = pass
    return pass.first
  }

  private checkOpen(where: string): void {
    if (this.closed) throw new TrainingError(`${where}: the predictor was closed.`)
  }

  /** A pass that begins without a state: of the whole model, or up to a layer. */
  private starting(where: string, layer: string | null): Pass {
    this.checkOpen(where)
    const { model } = this
    const own = new Map<string, Carried>()
    return this.pass({
      ...{ name: layer === null ? 'prediction' : `features of ${layer}`, model, padded: new Set() },
      carried: (name, shape) => {
        const known = own.get(name)
        if (known) return known.tensor
        const carried = this.carriedIn(name, shape)
        own.set(name, carried)
        this.fresh.push(carried.window)
        return carried.tensor
      },
      emit: (context, inputs) =>
        layer === null
          ? this.emitOutputs(model, context, inputs)
          : new Map([[layer, model.forwardTo(layer, context, inputs)]]),
    })
  }

  /** A pass that goes on from the state at hand, over all of the model's steps or a single one. */
  private carrying(where: string, single: boolean): Pass {
    this.checkOpen(where)
    if (single && this.options.standardisation) {
      throw new ModelError(
        `${where}: standardisation is that of whole samples; create a predictor without it, and give values that are standardised.`,
      )
    }
    if (single && this.loss?.layout === 'time') {
      throw new ModelError(
        `${where}: ${this.loss.name} needs all steps at once; create a predictor without a loss, which gives each step's output.`,
      )
    }
    const { model, padded }: CarriedModel = carriedModel(this.model, where, single)
    return this.pass({
      ...{ name: single ? 'one step' : 'prediction that goes on', model, padded },
      carried: (name, shape) => {
        let carried = this.carried.get(name)
        if (!carried) {
          carried = this.carriedIn(name, shape)
          this.carried.set(name, carried)
          this.begin(name, carried)
        }
        return carried.tensor
      },
      emit: (context, inputs) => this.emitOutputs(model, context, inputs),
    })
  }

  private pass(plan: Omit<PassPlan, 'batch' | 'standardisation'>): Pass {
    const { batch, options } = this
    return new Pass(this.holdings, this.model, { ...plan, batch, standardisation: options.standardisation })
  }

  private emitOutputs(model: Model, ...[context, inputs]: Parameters<PassPlan['emit']>) {
    const { loss } = this
    const { outputs } = model.forward(context, inputs, loss ? [loss.layout] : [])
    const names = [...model.outputs.keys()]
    return new Map(
      outputs.map(({ tensor }, i) => [names[i]!, loss ? loss.probabilities(context, tensor) : tensor]),
    )
  }

  private carriedIn(name: string, shape: Shape): Carried {
    const tensor = createTensor('external', name, shape)
    const address = this.holdings.place(tensor.buffer)
    return { tensor, window: new Window(this.engine, 'f32', address, sizeOf(shape)) }
  }

  /** The state before the first step: zero, or what was learnt. */
  private begin(name: string, { window }: Carried): void {
    const [layer, part] = [name.slice(0, -2), name.endsWith('.h') ? 'initialState' : 'initialCell']
    const learnt = this.model.parameters.find((parameter) => parameter.name === `${layer}/${part}`)
    if (!learnt) {
      window.view.fill(0)
      return
    }
    const [at, units] = [this.holdings.addressOf(learnt.tensor.buffer) >>> 2, sizeOf(learnt.tensor.shape)]
    const values = this.engine.views.f32.subarray(at, at + units)
    for (let start = 0; start < window.length; start += units) window.view.set(values, start)
  }

  /** Makes the memory of the states, which the first call does otherwise. */
  private prepareState(): void {
    this.checkOpen('state')
    if (this.options.stateful) this.whole ??= this.carrying('state', false)
    else this.single ??= this.carrying('state', true)
  }
}

function checkLoss(loss: Loss, model: Model): void {
  const [shape] = model.outputs.values()
  if (model.outputs.size > 1) {
    throw new ModelError(
      `createPredictor: loss says what one output means, but the model has ${model.outputs.size}: ${[...model.outputs.keys()].join(', ')}; leave it out.`,
    )
  }
  loss.check(shape!, shape!.at(-1)!)
}

function checkStandardisation(standardisation: Standardisation, model: Model): void {
  const [{ shape, type }] = model.inputs as [Model['inputs'][number]]
  if (model.inputs.length > 1 || type !== 'float32') {
    throw new ModelError('createPredictor: standardisation is for a model with one input, of numbers.')
  }
  for (const [name, values] of Object.entries(standardisation)) {
    if (values.length === sizeOf(shape)) continue
    throw new ModelError(
      `createPredictor: standardisation.${name} should have ${sizeOf(shape)} values, one for each of the input's shape ${showShape(shape)}, found ${values.length}.`,
    )
  }
}

function checkState(state: unknown, carried: ReadonlyMap<string, Carried>): void {
  const names = [...carried.keys()]
  if (!isPlainObject(state) || Object.keys(state).sort().join() !== [...names].sort().join()) {
    const found = isPlainObject(state) ? Object.keys(state).join(', ') : show(state)
    throw new ModelError(`state: should have arrays called ${names.join(', ')}, found ${found}.`)
  }
  for (const [name, { window }] of carried) {
    const values = state[name]
    const isList = Array.isArray(values) || values instanceof Float32Array
    if (!isList || values.length !== window.length) {
      throw new ModelError(
        `state: ${name} should be an array of ${window.length} numbers, found ${isList ? values.length : show(values)}.`,
      )
    }
    const bad = (values as ArrayLike<unknown> & readonly unknown[]).findIndex(
      (value) => typeof value !== 'number' || !Number.isFinite(Math.fround(value)),
    )
    if (bad >= 0) {
      throw new ModelError(`state: ${name} should be finite numbers, found ${show(values[bad])} at ${bad}.`)
    }
  }
}
