import type { Dataset } from '../data/dataset.js'
import { type BatchStream, isStream } from '../data/stream.js'
import { anEngine, type Engine } from '../engine/engine.js'
import { DataError, ModelError, TrainingError } from '../errors.js'
import { aModel, type Model } from '../nn/model.js'
import type { Program } from '../program/builder.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { read } from '../schema/schema.js'
import { checkAugmented } from './augment.js'
import type { Callback } from './callbacks.js'
import {
  BEST,
  type Checkpoint,
  checkCheckpoint,
  recordOf,
  resultOf,
  type StateArray,
  trainedTensors,
} from './checkpoint.js'
import { overflowIn, troubleOf } from './divergence.js'
import { checkEarlyStopping, EarlyStopping, type EarlyStoppingProgress } from './early-stopping.js'
import { Evaluator } from './evaluator.js'
import type { Feed } from './feed.js'
import { Fit } from './fit.js'
import { type FitOptions, fitOptions, type TrainerOptions, trainerOptions } from './options.js'
import { type Part, shuffleProgram, trainingProgram } from './programs.js'
import type { EpochResult } from './results.js'
import { type Rules, rulesOf } from './rules.js'
import type { BatchSource } from './state.js'
import type { StreamBatches } from './stream-batches.js'

/**
 * Binds a model to an engine to be trained there.
 * @throws ModelError for an option that is unknown or not right.
 */
export function createTrainer(engine: Engine, model: Model, options: TrainerOptions): Trainer {
  const where = 'createTrainer'
  return new Trainer(
    read(ModelError, where, 'engine', anEngine, engine),
    read(ModelError, where, 'model', aModel, model),
    read(ModelError, where, 'options', trainerOptions, options),
  )
}

/** Trains one model on one engine. See `createTrainer`. */
export class Trainer extends Evaluator {
  /** Every epoch of every `fit`, in order. */
  readonly history: EpochResult[] = []
  private readonly rules: Rules
  private readonly accumulate: number
  private readonly seed: number
  private readonly batchSize: number
  /** Drawn for every epoch: where each of its samples lies in the data set. */
  private readonly order = createTensor('external', 'order', [0], 'i32')
  protected override readonly kind = 'trainer'
  private step = 0
  private epoch = 0
  private fitting = false
  /** Of the fit that is under way. */
  private stopping: EarlyStopping | null = null
  /** Of the fit that a restored checkpoint was taken in, until the next fit goes on with it. */
  private resumed: EarlyStoppingProgress | null = null
  /** What the best epoch left. */
  private best: ReadonlyMap<string, StateArray> = new Map()

  constructor(
    engine: Engine,
    model: Model,
    private readonly options: TrainerOptions,
  ) {
    if (options.augment) checkAugmented(model.input)
    const { batchSize = 32, accumulate = 1, seed = model.seed } = options
    if (accumulate > 1 && model.stateful) {
      throw new ModelError(
        `createTrainer: accumulate should be 1 for a model that carries states from batch to batch, which are of the places in a batch, found ${accumulate}.`,
      )
    }
    const rules = rulesOf(model, options.optimizer, options.parameterGroups)
    const samples = batchSize === 'full' ? Number.POSITIVE_INFINITY : batchSize
    super(engine, model, options, rules, accumulate, samples, options.classWeights ?? null)
    this.rules = rules
    this.accumulate = accumulate
    this.seed = seed
    this.batchSize = samples
  }

  /**
   * Trains for `epochs` passes over `data`, a data set or a stream of batches, when it is awaited, and gives the results of all of them; looped over by
   * `for await`, it gives them one by one as they come. What is neither awaited nor looped over trains nothing. Epochs and
   * the optimizer's state go on where an earlier `fit` ended.
   *
   * A loop that is left early, or a signal that aborts, stops after the step at hand and keeps what was trained so far.
   * Whatever else ends an epoch early, an error in `onStep` or in the data, an engine that has no memory left or has lost a
   * thread, `close`, brings weights, optimizer, step and epoch back to what they were when that epoch began.
   * @throws ModelError when the data do not fit the model
   * @throws DataError that names the sample with a label or value that is not right
   * @throws TrainingError when training diverges: a loss or an evaluation's that is not finite, or a thousand times that
   *   of the start, a weight or what the optimizer keeps of it that is not finite; it names the epoch and step
   */
  fit(data: Dataset | BatchStream, options: FitOptions): Fit {
    return new Fit((isLeft) => this.epochs(data, options, isLeft))
  }

  private async *epochs(
    data: Dataset | BatchStream,
    given: FitOptions,
    isLeft: () => boolean,
  ): AsyncGenerator<EpochResult, void, undefined> {
    this.checkOpen('fit')
    const options = read(ModelError, 'fit', 'options', fitOptions, given)
    const { validationData, stepsPerEpoch } = options
    const source = isStream(data) ? await this.batchesOf('fit', data) : data
    if (!isStream(data)) {
      await this.feedFor('fit', data)
      if (stepsPerEpoch !== undefined) {
        throw new ModelError('fit: stepsPerEpoch is for streams; a data set has as many as its batches.')
      }
    }
    if (validationData) {
      if (!isStream(validationData)) await this.feedFor('fit', validationData)
    } else if (this.rules.followsValidation) {
      throw new ModelError(
        'fit: the learning rate follows the validation loss, so the field validation should be a data set, found undefined.',
      )
    }
    if (this.fitting) throw new TrainingError('The trainer is already in the middle of another fit.')
    const { signal, callbacks = [] } = options
    const earlyStopping = callbacks.find((one) => one.earlyStopping)?.earlyStopping ?? options.earlyStopping
    if (earlyStopping) {
      const names = this.metrics.map((metric) => (typeof metric === 'string' ? metric : metric.name))
      checkEarlyStopping(earlyStopping, names, options.validationData !== undefined)
    }
    const stopping = earlyStopping ? new EarlyStopping(earlyStopping, this.resumed) : null
    this.resumed = null
    this.stopping = stopping
    this.fitting = true
    const isStopped = () => isLeft() || signal?.aborted === true
    let failed = false
    try {
      for (let done = 0; done < options.epochs && !isStopped() && !stopping?.over; done++) {
        const result = await this.trainEpoch(source, options, isStopped)
        const best = stopping && result.validation && stopping.observe(result.validation)
        if (best) this.best = this.readTensors()
        const judged = { ...result, best }
        this.history.push(judged)
        for (const { onEpochEnd } of callbacks) await onEpochEnd?.(judged)
        yield judged
      }
    } catch (error) {
      failed = true
      throw error
    } finally {
      const { best } = this
      this.stopping = null
      this.best = new Map()
      this.fitting = false
      if (!('count' in source)) await source.close()
      if (stopping?.progress && !failed && !this.closed)
        await this.inTurn('fit', () => this.writeTensors(best))
    }
  }

  /**
   * Everything that is needed to go on later from here with the same bits, a copy: to be taken between epochs, in the loop
   * over `fit` or after it.
   * @throws TrainingError in the middle of an epoch
   */
  checkpoint(): Checkpoint {
    this.checkOpen('checkpoint')
    if (this.turns.inEpoch) {
      throw new TrainingError('A checkpoint is taken between epochs, not in the middle of one.')
    }
    const earlyStopping = this.stopping ? this.stopping.progress : this.resumed
    const best = earlyStopping
      ? [...this.best].map(([name, array]) => [`${BEST}${name}`, array] as const)
      : []
    return {
      progress: { step: this.step, epoch: this.epoch, history: this.history.map(recordOf), earlyStopping },
      tensors: new Map([...this.readTensors(), ...best]),
    }
  }

  /**
   * Goes back to a checkpoint, which may come from another trainer of the same model and options, on any engine.
   * @throws ModelError that names what in the checkpoint does not fit; nothing is changed then
   * @throws TrainingError in the middle of a fit, or while the model is in use
   */
  restore(checkpoint: Checkpoint): void {
    this.checkOpen('restore')
    if (this.fitting) throw new TrainingError('A trainer in the middle of a fit cannot be restored.')
    this.turns.refuseChange('restore')
    const { progress, tensors } = checkCheckpoint(
      checkpoint,
      trainedTensors(this.model.parameters, this.state),
      Math.max(2, this.model.output.at(-1)!),
    )
    const best = [...tensors].filter(([name]) => name.startsWith(BEST))
    this.writeTensors(tensors)
    this.step = progress.step
    this.epoch = progress.epoch
    this.history.splice(0, this.history.length, ...progress.history.map(resultOf))
    this.best = new Map(best.map(([name, array]) => [name.slice(BEST.length), structuredClone(array)]))
    this.resumed = progress.earlyStopping
  }

  /** The program of a training step on `data`, or of the last of its parts, to be printed, counted or run elsewhere. */
  trainingProgram(data: Dataset): Program {
    this.checkOpen('trainingProgram')
    const feed = this.knownFeed('trainingProgram', data)
    if (!feed) {
      throw new TrainingError(
        'trainingProgram: targets of this kind are known once fit or evaluate has seen them.',
      )
    }
    const batch = Math.min(this.batchSize, data.count)
    const rows = Math.ceil(batch / this.accumulate)
    const part = { of: batch, isFirst: rows === batch, isLast: true }
    return this.buildStep(feed, this.stage.sourceFor(data), rows, part)
  }

  /** Trains one epoch to its end, or until it is stopped; where that fails, everything is as if it had never begun. */
  private async trainEpoch(
    data: Source,
    { validationData: validation, stepsPerEpoch, onStep, callbacks = [] }: FitOptions,
    isStopped: () => boolean,
  ): Promise<Omit<EpochResult, 'best'>> {
    const { step, epoch } = this
    await this.inTurn('fit', () => this.session.beginEpoch())
    try {
      const result = await this.runEpoch(data, stepsPerEpoch, listenersOf(onStep, callbacks), isStopped)
      // Of a whole epoch in any case: without its validation it could not be gone on from, and its steps would be lost.
      const measured = validation && result.complete ? await this.evaluate(validation) : null
      const trouble =
        measured && troubleOf('validation loss', measured.loss, this.history[0]?.loss ?? result.loss)
      if (trouble) throw this.diverged(trouble, result.steps, result.learningRate)
      this.checkOpen('fit')
      this.session.endEpoch()
      return { ...result, validation: measured }
    } catch (error) {
      await this.turns.take('fit')
      try {
        await this.engineIdle()
        this.session.rollBack()
      } finally {
        this.turns.pass()
      }
      this.step = step
      this.epoch = epoch
      throw error
    }
  }

  private async runEpoch(
    source: Source,
    stepsPerEpoch: number | undefined,
    listeners: readonly StepListener[],
    isStopped: () => boolean,
  ): Promise<Omit<EpochResult, 'best' | 'validation'>> {
    const epoch = ++this.epoch
    const set = 'count' in source ? source : null
    const batchSize = set ? Math.min(this.batchSize, set.count) : 0
    const steps = set ? Math.ceil(set.count / batchSize) : (stepsPerEpoch ?? Number.POSITIVE_INFINITY)
    let feed = set ? await this.feedFor('fit', set) : null
    const losses = this.history.flatMap(({ validation }) => (validation ? [validation.loss] : []))
    let first = this.history[0]?.loss
    const order = await this.inTurn('fit', async () => {
      this.clear(this.state.training)
      this.clearCarried('training')
      return set && (this.options.shuffle ?? true) ? await this.drawOrder(set.count, epoch) : undefined
    })
    const started = performance.now()
    let step = 0
    let samples = 0
    let rate = Number.NaN
    let hasEnded = false
    while (step < steps && !(step > 0 && isStopped())) {
      let data = set
      if (!data) {
        data = await this.nextBatch(source as StreamBatches, step, stepsPerEpoch)
        hasEnded = data === null
        if (!data) break
        feed = await this.feedFor('fit', data)
      }
      const wait = this.takeTurn('fit')
      if (wait) await wait
      let loss: number
      try {
        const batch = set ? Math.min(batchSize, data.count - samples) : data.count
        rate = this.rules.rate(this.step, losses)
        const running = this.startStep(data, feed!, set ? samples : 0, batch, order, losses)
        if (running) await running
        step++
        samples += batch
        loss = this.totals(this.state.training)[3]!
      } finally {
        this.turns.pass()
      }
      first ??= loss
      const trouble = troubleOf('loss', loss, first)
      if (trouble) throw this.diverged(trouble, step, rate)
      for (const listener of listeners) {
        const told = listener({ epoch, step, steps, samples, loss, learningRate: rate })
        if (isPromise(told)) await told
      }
      const pause = this.breath()
      if (pause) await pause
    }
    const seconds = (performance.now() - started) / 1000
    return await this.inTurn('fit', () => {
      // The last step's update is not followed by a loss that would show what it did.
      const trained = trainedTensors(this.model.parameters, this.state)
      const trouble = overflowIn(trained, this.engine, ({ buffer }) => this.session.addressOf(buffer))
      if (trouble) throw this.diverged(trouble, step, rate)
      const { loss, accuracy } = this.evaluation(this.state.training, feed!)
      const samplesPerSecond = samples / seconds
      const complete = step === steps || hasEnded
      const figures = { epoch, steps: step, samples, loss, accuracy, learningRate: rate }
      return { ...figures, seconds, samplesPerSecond, complete }
    })
  }

  /**
   * The next batch of a stream, which begins again at its end where an epoch has a number of steps; null at the end.
   * @throws DataError for a stream that has nothing in it any more
   */
  private async nextBatch(
    batches: StreamBatches,
    step: number,
    stepsPerEpoch: number | undefined,
  ): Promise<Dataset | null> {
    const batch = await batches.take()
    this.checkOpen('fit')
    if (batch || (stepsPerEpoch === undefined && step > 0)) return batch
    const again = stepsPerEpoch === undefined ? null : await batches.take()
    if (again) return again
    throw new DataError(
      `fit: the stream has no batch in epoch ${this.epoch}${step > 0 ? ` after step ${step}` : ''}; a generator can be gone through once, so give the function that makes it, or an endless one with stepsPerEpoch.`,
    )
  }

  /**
   * Starts the next step, on the samples from the `start`-th of `order` on; returns as `runAsync`.
   * @param losses of the validations so far
   */
  private startStep(
    data: Dataset,
    feed: Feed,
    start: number,
    batch: number,
    order: Uint32Array | undefined,
    losses: readonly number[],
  ): Promise<void> | undefined {
    this.write(this.state.scalars, this.rules.scalars(this.step, losses))
    this.step++
    const size = Math.ceil(batch / this.accumulate)
    if (size < batch) return this.runParts(data, feed, start, batch, order, size)
    return this.startPart(data, feed, start, batch, order, 1, { of: batch, isFirst: true, isLast: true })
  }

  /** Works a batch through in parts of `size` samples, the last one perhaps smaller. */
  private async runParts(
    data: Dataset,
    feed: Feed,
    start: number,
    batch: number,
    order: Uint32Array | undefined,
    size: number,
  ): Promise<void> {
    let loss = 0
    for (let done = 0, number = 1; done < batch; done += size, number++) {
      const rows = Math.min(size, batch - done)
      const part = { of: batch, isFirst: done === 0, isLast: done + rows === batch }
      if (this.engine.busy) await this.engineIdle()
      const running = this.startPart(data, feed, start + done, rows, order, number, part)
      if (running) await running
      loss += rows * this.totals(this.state.training)[3]!
    }
    this.totals(this.state.training)[3] = loss / batch
  }

  /** @param number of the part, from 1: random masks are drawn anew for each */
  private startPart(
    data: Dataset,
    feed: Feed,
    start: number,
    rows: number,
    order: Uint32Array | undefined,
    number: number,
    part: Part,
  ): Promise<void> | undefined {
    const { session, state, accumulate } = this
    const source = feed.load(data, start, rows, order)
    const { of: whole, isFirst, isLast } = part
    const key = `train ${feed.key} ${rows} of ${whole} ${isFirst} ${isLast} ${source.key}`
    const program = session.program(key, () => this.buildStep(feed, source, rows, part))
    const draw = (this.step - 1) * accumulate + number
    this.engine.views.u32[session.addressOf(state.step.buffer) >>> 2] = draw
    return program.runAsync()
  }

  private buildStep(feed: Feed, source: BatchSource, batch: number, part?: Part): Program {
    const { augment, clip } = this.options
    const { seed, state } = this
    const augmentation = augment ? { options: augment, seed, step: state.step } : null
    return trainingProgram(this.model, feed, source, state, batch, clip, augmentation, part)
  }

  private async drawOrder(count: number, epoch: number): Promise<Uint32Array> {
    const { order, state, session, seed } = this
    session.reserve(order.buffer, count * 4)
    this.engine.views.u32[session.addressOf(state.epoch.buffer) >>> 2] = epoch
    const running = session
      .program(`shuffle ${count}`, () => shuffleProgram(order, count, seed, state))
      .runAsync()
    if (running) await running
    const at = session.addressOf(order.buffer) >>> 2
    return this.engine.views.u32.slice(at, at + count)
  }

  private readTensors(): Map<string, StateArray> {
    const { f32 } = this.engine.views
    const read = ({ buffer, shape }: Tensor) => {
      const at = this.session.addressOf(buffer) >>> 2
      return { shape, data: f32.slice(at, at + sizeOf(shape)) }
    }
    const tensors = trainedTensors(this.model.parameters, this.state)
    return new Map([...tensors].map(([name, tensor]) => [name, read(tensor)]))
  }

  private writeTensors(arrays: ReadonlyMap<string, StateArray>): void {
    for (const [name, tensor] of trainedTensors(this.model.parameters, this.state)) {
      this.write(tensor, arrays.get(name)!.data)
    }
  }

  private diverged(trouble: string, step: number, rate: number): TrainingError {
    // Before the first update it was not the learning rate.
    const advice =
      this.step === 1 && trouble.startsWith('The loss')
        ? 'No update came before it: inputs or first weights are too large.'
        : `A smaller learning rate than ${rate} may help.`
    return new TrainingError(
      `${trouble} in epoch ${this.epoch}, step ${step}; the weights are back at what they were before that epoch. ${advice}`,
    )
  }
}

/** What an epoch trains on. */
type Source = Dataset | StreamBatches

type StepListener = NonNullable<FitOptions['onStep']>

function listenersOf(onStep: StepListener | undefined, callbacks: readonly Callback[]): StepListener[] {
  const others = callbacks.flatMap(({ onStepEnd }) => (onStepEnd ? [onStepEnd] : []))
  return onStep ? [onStep, ...others] : others
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
