import { firstNotFinite } from '../data/crossing.js'
import { aDataset, type Dataset, type Standardisation } from '../data/dataset.js'
import { type BatchStream, isStream } from '../data/stream.js'
import { asyncDispose, dispose, whenForgotten } from '../disposal.js'
import { anEngine, type Engine } from '../engine/engine.js'
import { DataError, ModelError, TrainingError } from '../errors.js'
import { showShape } from '../nn/layer.js'
import { type ChosenLoss, lossFrom } from '../nn/losses.js'
import { aModel, type Model } from '../nn/model.js'
import type { Turns } from '../nn/turns.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { either, read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { arrayOf } from '../schema/values.js'
import { breathe } from './breathe.js'
import { type Feed, LabelFeed, takesLabels } from './feed.js'
import type { Metering } from './metering.js'
import type { Metric, MetricName } from './metric.js'
import { ConfusionMatrix, type Evaluation, type Prediction } from './metrics.js'
import { type EvaluatorOptions, evaluatorOptions } from './options.js'
import { predictionOf } from './prediction.js'
import { evaluationProgram, predictionProgram } from './programs.js'
import { Rules, untrained } from './rules.js'
import { Session } from './session.js'
import { Stage } from './stage.js'
import {
  type BatchSource,
  createStepState,
  keptTensors,
  type Standard,
  type StepState,
  type Tally,
} from './state.js'
import type { StreamBatches } from './stream-batches.js'

/** Samples a step in evaluation and prediction: any number gives the same results. */
const EVALUATION_BATCH = 256

/**
 * Binds a model to an engine to be measured and used there, but not trained.
 * @throws ModelError for an option that is unknown or not right.
 */
export function createEvaluator(engine: Engine, model: Model, options: EvaluatorOptions = {}): Evaluator {
  const where = 'createEvaluator'
  return new Evaluator(
    read(ModelError, where, 'engine', anEngine, engine),
    read(ModelError, where, 'model', aModel, model),
    read(ModelError, where, 'options', evaluatorOptions, options),
    null,
  )
}

/** What `predict` takes. */
const inputsOrData = either(arrayOf<Float32Array | Int32Array>(Float32Array, Int32Array), aDataset)

/** Gives back what evaluators hold that nobody can reach any more and nobody has closed. */
const forgotten = whenForgotten<Session>((session) => session.close())

/**
 * Measures and uses one model on one engine. See `createEvaluator`; a trainer is one too.
 *
 * Turns. Whatever is called at once, in whatever order, gives what it would give on its own. `evaluate`, `predict` and
 * every step of a `fit` wait for their turn with the model, first come first served, on all of its evaluators and trainers;
 * so `evaluate` within `onStep` measures the model as that step left it, awaited or not, and the epoch's figures are what
 * they would be without. What changes the model at once (`setWeights`, `restore`, creating a trainer on another engine) is
 * refused by a TrainingError while the model is in use or in the middle of an epoch; so are a second fit meanwhile and a
 * checkpoint within an epoch. What only reads (`weights`, `fingerprint`) sees the model as the last step left it. Engines
 * are shared by any number of trainers.
 *
 * Data. A data set is its owner's: nothing of it stays in the engine. Its arrays are read batch by batch, as they are at
 * that moment, so that a buffer may be refilled between two calls; all that is taken is checked each time.
 *
 * Lives. `close` gives all of the engine's memory back, and the weights to the model, where they can still be read. A
 * second time it does nothing; everything else is refused from then on. What is under way ends with a TrainingError, an
 * epoch with the weights of its start. What is not closed is given back when nobody can reach it any more.
 */
export class Evaluator {
  private readonly chosen: ChosenLoss
  private readonly labelFeed: LabelFeed | null
  /** Of other data, by their kind. */
  private readonly feeds = new Map<string, Feed>()
  protected readonly state: StepState
  protected readonly session: Session
  protected readonly stage: Stage
  protected readonly turns: Turns
  /** How messages call it. */
  protected readonly kind: string = 'evaluator'
  protected closed = false
  /** Lets other tasks in now and then. */
  protected readonly breath = breathe()
  /** Read back after a prediction, and where metrics want them. */
  private readonly outputs = createTensor('external', 'outputs', [0])
  private readonly probabilities = createTensor('external', 'y', [0])
  private readonly valid = createTensor('external', 'valid outputs', [0])
  protected readonly metrics: readonly (MetricName | Metric)[]
  /** Of stateful layers, by run and name. */
  private readonly carried = new Map<string, { tensor: Tensor; bytes: number }>()
  /** Resolves when what was under way at `close` has ended, too. */
  private released: Promise<void> | undefined

  /**
   * @param rules whose memory is kept beside the model; null where it is not trained
   * @param parts in which a training step works a batch through
   * @param statefulBatch samples a step of models with stateful layers
   */
  constructor(
    readonly engine: Engine,
    readonly model: Model,
    settings: EvaluatorOptions,
    rules: Rules | null,
    parts = 1,
    private readonly statefulBatch = 1,
    private readonly classWeights: readonly number[] | null = null,
  ) {
    const { loss = 'softmaxCrossEntropy', standardisation } = settings
    this.chosen = lossFrom(loss)
    this.metrics = settings.metrics ?? []
    this.state = createStepState(model, rules ?? new Rules([untrained], model), parts, (run, name, shape) =>
      this.carriedState(`${run}: ${name}`, shape),
    )
    const standard = standardisation ? this.checked(standardisation) : null
    const kept = [...keptTensors(this.state), ...(standard ? [standard.mean, standard.scale] : [])]
    this.session = new Session(engine, model.weightsIn(engine), kept)
    this.turns = this.session.weights.turns
    this.stage = new Stage(this.session, this.state.indices, model, standard)
    const { classLoss } = this.chosen
    this.labelFeed = classLoss && new LabelFeed(classLoss, this.stage, this.state)
    if (standard && standardisation) {
      this.write(standard.mean, standardisation.mean)
      this.write(standard.scale, standardisation.scale)
    }
    forgotten.register(this, this.session, this)
  }

  /**
   * Measures the model on `data`, without dropout. The stream's own code must not wait for the model, whose turn this is.
   * @throws DataError that names the sample with a label or value that is not right
   * @throws TrainingError when it was closed
   */
  async evaluate(data: Dataset | BatchStream): Promise<Evaluation> {
    return await this.inTurn('evaluate', async () => {
      if (!isStream(data)) return await this.evaluateAll(data, async () => null)
      const batches = await this.batchesOf('evaluate', data)
      try {
        const first = await batches.take()
        if (first) return await this.evaluateAll(first, () => batches.take())
        throw new DataError('evaluate: the stream should have at least one batch, found none.')
      } finally {
        await batches.close()
      }
    })
  }

  protected async batchesOf(where: string, stream: BatchStream): Promise<StreamBatches> {
    const { StreamBatches } = await import('./stream-batches.js')
    const { model, chosen } = this
    const overClasses = /oftmax|categorical/.test(chosen.name) || chosen.spec === null
    return new StreamBatches(stream, { input: model.input, output: model.output, overClasses }, where)
  }

  /** Measures on `first`, and on all that `next` gives before null. */
  private async evaluateAll(first: Dataset, next: () => Promise<Dataset | null>): Promise<Evaluation> {
    const metering = await this.beginEvaluation(first)
    let feed = await this.feedFor('evaluate', first)
    for (let data: Dataset | null = first; data; data = await next()) {
      feed = await this.feedFor('evaluate', data)
      await this.evaluatePart(data, feed, metering)
    }
    const figures = this.evaluation(this.state.evaluation, feed)
    return metering ? { ...figures, metrics: metering.results(figures.loss) } : figures
  }

  private async beginEvaluation(data: Dataset): Promise<Metering | null> {
    await this.feedFor('evaluate', data)
    const metering = await this.meteringFor(data)
    this.clear(this.state.evaluation)
    this.clearCarried('evaluation')
    return metering
  }

  private async evaluatePart(data: Dataset, feed: Feed, metering: Metering | null): Promise<void> {
    await this.forEachBatch('evaluate', data.count, (start, batch) => {
      const source = feed.load(data, start, batch)
      const kept = metering && this.keepOutputs(batch)
      const key = `evaluate ${feed.key} ${batch} ${source.key}${kept ? ' kept' : ''}`
      const program = this.session.program(key, () =>
        evaluationProgram(this.model, feed, source, this.state, batch, kept),
      )
      const running = program.runAsync()
      if (!metering) return running
      const meter = () => this.meter(metering, data, start, batch, feed)
      if (running) return running.then(meter)
      meter()
      return undefined
    })
  }

  /**
   * What the last layer gives for inputs [samples, ...input], and the classes' probabilities where the loss has them:
   * float32 as they are (standardised where the trainer was given a standardisation), int32 ids, or a data set.
   * @throws ModelError, of a data set DataError, that names the sample and the element of a value that is not finite
   * @throws TrainingError when it was closed
   */
  async predict(inputs: Float32Array | Int32Array | Dataset): Promise<Prediction> {
    return await this.inTurn('predict', async () => {
      read(ModelError, 'predict', 'inputs', inputsOrData, inputs)
      const rows = this.rowsOf(inputs)
      const { chosen, session } = this
      const loss = chosen.classLoss
      const shape = this.model.output
      const size = sizeOf(shape)
      const outputs = new Float32Array(rows * size)
      // Of each sample, or of each of its steps.
      const width = loss?.layout === 'time' ? shape.at(-1)! : size
      const probabilities = loss ? new Float32Array(rows * width) : null
      this.clearCarried('prediction')
      await this.forEachBatch('predict', rows, (start, batch) => {
        const source = this.stageInputs(inputs, start, batch)
        session.reserve(this.outputs.buffer, batch * size * 4)
        session.reserve(this.probabilities.buffer, batch * width * 4)
        const kept = { outputs: this.outputs, probabilities: this.probabilities }
        const program = session.program(`predict ${batch} ${source.key}`, () =>
          predictionProgram(this.model, loss, source, this.state, kept, batch),
        )
        const fetch = () => {
          if (loss?.layout === 'time') this.readSteps(outputs, start, batch)
          else outputs.set(this.readBack(this.outputs, batch * size), start * size)
          probabilities?.set(this.readBack(this.probabilities, batch * width), start * width)
        }
        const running = program.runAsync()
        if (running) return running.then(fetch)
        fetch()
        return undefined
      })
      return predictionOf(chosen.name, outputs, shape, probabilities)
    })
  }

  private async meteringFor(data: Dataset): Promise<Metering | null> {
    const { metrics, chosen, model } = this
    if (metrics.length === 0) return null
    const { Metering } = await import('./metering.js')
    const { ignoredId = null } = (chosen.spec ?? {}) as { ignoredId?: number }
    return new Metering(metrics, { loss: chosen.name, ignoredId, output: model.output }, data)
  }

  /** Makes room for what metrics are worked out of. */
  private keepOutputs(batch: number) {
    const { outputs, valid, session, model } = this
    const count = batch * sizeOf(model.output)
    session.reserve(outputs.buffer, count * 4)
    session.reserve(valid.buffer, count * 4)
    return { outputs, valid }
  }

  private meter(metering: Metering, data: Dataset, start: number, batch: number, { layout }: Feed): void {
    const { model, outputs, valid } = this
    const found = this.readBack(outputs, batch * sizeOf(model.output))
    const steps = layout === 'time' ? this.readBack(valid, batch * model.output[0]!) : null
    metering.add(data, start, batch, found, steps)
  }

  private stageInputs(
    inputs: Float32Array | Int32Array | Dataset,
    start: number,
    batch: number,
  ): BatchSource {
    if (inputs instanceof Float32Array) return this.stage.loadValues(inputs, start, batch)
    if (inputs instanceof Int32Array) return this.stage.loadIds(inputs, start, batch)
    return this.stage.load(inputs, start, batch, false)
  }

  private readBack({ buffer }: Tensor, count: number): Float32Array {
    const at = this.session.addressOf(buffer) >>> 2
    return this.engine.views.f32.subarray(at, at + count)
  }

  /** Reads outputs that lie time first. */
  private readSteps(outputs: Float32Array, start: number, batch: number): void {
    const [steps, width] = this.model.output as [number, number]
    const found = this.readBack(this.outputs, batch * steps * width)
    for (let i = 0; i < batch; i++) {
      for (let t = 0; t < steps; t++) {
        const from = (t * batch + i) * width
        outputs.set(found.subarray(from, from + width), ((start + i) * steps + t) * width)
      }
    }
  }

  /**
   * How batches of such data enter the engine.
   * @param where the function that was given the data
   * @throws ModelError and DataError where they do not fit the model or its loss
   */
  protected async feedFor(where: string, data: Dataset): Promise<Feed> {
    const known = this.knownFeed(where, data)
    if (known) return known
    const { WeightedFeed } = await import('./weighted-feed.js')
    const feed = new WeightedFeed({ ...this.owner, key: kindOf(data) }, data)
    this.feeds.set(kindOf(data), feed)
    return feed
  }

  private get owner() {
    const { model, chosen, session, state, stage, classWeights } = this
    return { model, chosen, session, state, stage, classWeights }
  }

  /** As `feedFor`; null where it is still to be made. */
  protected knownFeed(where: string, data: Dataset): Feed | null {
    this.checkData(where, data)
    const { chosen, labelFeed, model } = this
    if (!this.classWeights && takesLabels(chosen, model, data)) return labelFeed
    return this.feeds.get(kindOf(data)) ?? null
  }

  /**
   * Gives back all of the engine's memory, the weights to the model; see above. While something of the model is under way
   * that happens when it has ended, for which `await using` waits.
   */
  close(): void {
    if (this.closed) return
    this.closed = true
    forgotten.unregister(this)
    const release = () => {
      try {
        this.session.close()
      } finally {
        this.turns.pass()
      }
    }
    const wait = this.turns.take('close')
    if (wait) this.released = wait.then(release)
    else release()
  }

  [dispose](): void {
    this.close()
  }

  async [asyncDispose](): Promise<void> {
    this.close()
    await this.released
  }

  /** Does `work` when its turn has come. */
  protected async inTurn<T>(what: string, work: () => Promise<T> | T): Promise<T> {
    const wait = this.takeTurn(what)
    if (wait) await wait
    try {
      return await work()
    } finally {
      this.turns.pass()
    }
  }

  /**
   * Takes a turn with the model, which is then to be passed on: at once, or when the promise resolves.
   * @throws TrainingError when it was closed, at once or by the promise
   */
  protected takeTurn(what: string): Promise<void> | undefined {
    this.checkOpen(what)
    const wait = this.turns.take(what)
    return wait || this.engine.busy ? this.awaitTurn(what, wait) : undefined
  }

  private async awaitTurn(what: string, wait: Promise<void> | undefined): Promise<void> {
    await wait
    try {
      await this.engineIdle()
      this.checkOpen(what)
    } catch (error) {
      this.turns.pass()
      throw error
    }
  }

  /** While a program of another trainer is under way, this one's memory is better left alone. */
  protected async engineIdle(): Promise<void> {
    while (this.engine.busy) await this.engine.busy
  }

  protected checkOpen(what: string): void {
    if (this.closed) throw new TrainingError(`${what}: the ${this.kind} was closed.`)
  }

  /** Calls `run` for one batch after the other, awaits what it returns, and lets other tasks in now and then. */
  private async forEachBatch(
    what: string,
    count: number,
    run: (start: number, batch: number) => Promise<void> | undefined,
  ): Promise<void> {
    const size = this.evaluationBatch
    for (let start = 0; start < count; start += size) {
      const running = run(start, Math.min(size, count - start))
      if (running) await running
      const pause = this.breath()
      if (pause) await pause
      if (this.engine.busy) await this.engineIdle()
      this.checkOpen(what)
    }
  }

  /** With layers that carry state, samples keep their places in the batch. */
  private get evaluationBatch(): number {
    return this.model.stateful ? this.statefulBatch : EVALUATION_BATCH
  }

  private carriedState(name: string, shape: readonly number[]): Tensor {
    const bytes = sizeOf(shape) * 4
    const known = this.carried.get(name)
    const tensor = known?.tensor ?? createTensor('external', name, shape)
    if (!known || known.bytes < bytes) {
      this.session.reserve(tensor.buffer, bytes)
      this.carried.set(name, { tensor, bytes })
      this.clearCarried(name)
    }
    return { ...tensor, shape }
  }

  /** Sets the states whose names begin so to zero. */
  protected clearCarried(prefix: string): void {
    for (const [name, { tensor, bytes }] of this.carried) {
      if (!name.startsWith(prefix)) continue
      const at = this.session.addressOf(tensor.buffer)
      this.engine.views.u8.fill(0, at, at + bytes)
    }
  }

  protected write(tensor: Tensor, values: ArrayLike<number>): void {
    this.engine.views.f32.set(values, this.session.addressOf(tensor.buffer) >>> 2)
  }

  protected totals({ totals }: Tally): Float64Array {
    const at = this.session.addressOf(totals.buffer) >>> 3
    return this.engine.views.f64.subarray(at, at + 5)
  }

  private confusion({ confusion }: Tally): Int32Array | null {
    if (!confusion) return null
    const at = this.session.addressOf(confusion.buffer) >>> 2
    return this.engine.views.i32.subarray(at, at + sizeOf(confusion.shape))
  }

  protected clear(tally: Tally): void {
    this.totals(tally).fill(0)
    this.confusion(tally)?.fill(0)
  }

  protected evaluation(tally: Tally, feed: Feed): Evaluation {
    const [loss, right, divisor, , rows] = this.totals(tally) as unknown as number[] as [
      ...[number, number, number, number, number],
    ]
    const samples = rows === 0 ? divisor : rows
    const accuracy = feed.counts ? right / samples : Number.NaN
    const counts = feed.counts ? this.confusion(tally) : null
    const confusion = counts && new ConfusionMatrix(tally.confusion!.shape[0]!, counts.slice())
    return { samples, loss: loss / divisor, accuracy, confusion }
  }

  /** How many samples the inputs of a prediction are. */
  private rowsOf(inputs: Float32Array | Int32Array | Dataset): number {
    const takesIds = this.model.inputs[0]!.type === 'int32'
    if (!ArrayBuffer.isView(inputs)) {
      this.checkShape(inputs)
      this.stage.check(inputs)
      return inputs.count
    }
    if (takesIds !== inputs instanceof Int32Array) {
      throw new ModelError(
        `predict: inputs should be a ${takesIds ? 'Int32Array of ids' : 'Float32Array'}, found ${show(inputs)}.`,
      )
    }
    const size = sizeOf(this.model.input)
    if (inputs.length % size === 0) return inputs.length / size
    throw new ModelError(
      `predict: expected a multiple of ${size} values, one input of shape ${showShape(this.model.input)} after another, found ${inputs.length}.`,
    )
  }

  private checkShape(data: Dataset): void {
    const [expected, found] = [showShape(this.model.input), showShape(data.sampleShape)]
    if (expected === found) return
    throw new ModelError(`${data.name}: the model takes samples of shape ${expected}, found ${found}.`)
  }

  /** @param where the function that was given the data */
  protected checkData(where: string, data: Dataset): void {
    read(ModelError, where, 'data', aDataset, data)
    this.checkShape(data)
    this.stage.check(data)
  }

  private checked({ mean, scale }: Standardisation): Standard {
    const size = sizeOf(this.model.input)
    for (const [name, values] of Object.entries({ mean, scale })) {
      if (values.length !== size) {
        throw new ModelError(`standardisation: ${name} should have ${size} values, found ${values.length}.`)
      }
      const bad = firstNotFinite(values, 0, size)
      if (bad >= 0) {
        throw new ModelError(
          `standardisation: ${name} should be finite numbers, found ${values[bad]} at element ${bad}.`,
        )
      }
    }
    return {
      mean: createTensor('state', 'mean', this.model.input),
      scale: createTensor('state', 'scale', this.model.input),
    }
  }
}

/** What data of one kind share. */
function kindOf({ targetShape = [], classes, sampleWeights }: Dataset): string {
  return `${classes} [${targetShape.join(', ')}]${sampleWeights ? ' weighted' : ''}`
}
