import type { Dataset } from '../data/dataset.js'
import { anEngine, type Engine } from '../engine/engine.js'
import { ModelError, TrainingError } from '../errors.js'
import { aModel, type Model } from '../nn/model.js'
import { buildOptimizer } from '../optim/index.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Program } from '../program/builder.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { read } from '../schema/schema.js'
import { checkAugmented } from './augment.js'
import {
  BEST,
  type Checkpoint,
  checkCheckpoint,
  recordOf,
  resultOf,
  type StateArray,
  trainedTensors,
} from './checkpoint.js'
import { checkEarlyStopping, EarlyStopping, type EarlyStoppingProgress } from './early-stopping.js'
import { Evaluator } from './evaluator.js'
import { type FitOptions, fitOptions, type TrainerOptions, trainerOptions } from './options.js'
import { shuffleProgram, trainingProgram } from './programs.js'
import type { EpochResult } from './results.js'
import type { Session } from './session.js'

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
  private readonly optimizer: Optimizer
  private readonly seed: number
  private readonly batchSize: number
  /** Drawn for every epoch: where each of its samples lies in the data set. */
  private readonly order = createTensor('external', 'order', [0], 'i32')
  private step = 0
  private epoch = 0
  private fitting = false
  private midEpoch = false
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
    const { batchSize = 32, seed = model.seed } = options
    const optimizer = buildOptimizer(options.optimizer)
    const samples = batchSize === 'full' ? Number.POSITIVE_INFINITY : batchSize
    super(engine, model, options, optimizer, samples)
    this.optimizer = optimizer
    this.seed = seed
    this.batchSize = samples
  }

  /**
   * Trains for `epochs` passes over `data` and yields the figures of each. A loop that is left early, or a signal that
   * aborts, stops after the step at hand. Epochs and the optimizer's state go on where an earlier `fit` ended.
   * @throws ModelError when the data do not fit the model
   * @throws TrainingError when a loss is not finite: it names the epoch and step, and the weights are back at what they
   *   were when that epoch began
   */
  async *fit(data: Dataset, given: FitOptions): AsyncGenerator<EpochResult, void, undefined> {
    const options = read(ModelError, 'fit', 'options', fitOptions, given)
    this.checkData('fit', data)
    if (options.validation) this.checkData('fit', options.validation)
    else if (this.optimizer.followsValidation) {
      throw new ModelError(
        'fit: the learning rate follows the validation loss, so the field validation should be a data set, found undefined.',
      )
    }
    if (this.fitting) throw new TrainingError('The trainer is already in the middle of another fit.')
    const { earlyStopping } = options
    if (earlyStopping) checkEarlyStopping(options.validation !== undefined)
    const stopping = earlyStopping ? new EarlyStopping(earlyStopping, this.resumed) : null
    this.resumed = null
    this.stopping = stopping
    this.fitting = true
    let failed = false
    try {
      for (let done = 0; done < options.epochs && !options.signal?.aborted && !stopping?.over; done++) {
        this.midEpoch = true
        const result = await this.trainEpoch(data, options)
        const best = stopping && result.validation && stopping.observe(result.validation)
        if (best) this.best = this.readTensors()
        const judged = { ...result, best }
        this.history.push(judged)
        this.midEpoch = false
        yield judged
      }
    } catch (error) {
      failed = true
      throw error
    } finally {
      if (stopping?.progress && !failed) this.writeTensors(this.best)
      this.stopping = null
      this.best = new Map()
      this.midEpoch = false
      this.fitting = false
    }
  }

  /**
   * Everything that is needed to go on later from here with the same bits, a copy: to be taken between epochs, in the loop
   * over `fit` or after it.
   */
  checkpoint(): Checkpoint {
    if (this.midEpoch)
      throw new TrainingError('A checkpoint is taken between epochs, not in the middle of one.')
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
   * @throws TrainingError in the middle of a fit
   */
  restore(checkpoint: Checkpoint): void {
    if (this.fitting) throw new TrainingError('A trainer in the middle of a fit cannot be restored.')
    const { progress, tensors } = checkpoint
    checkCheckpoint(checkpoint, trainedTensors(this.model.parameters, this.state))
    const best = [...tensors].filter(([name]) => name.startsWith(BEST))
    this.writeTensors(tensors)
    this.step = progress.step
    this.epoch = progress.epoch
    this.history.splice(0, this.history.length, ...progress.history.map(resultOf))
    this.best = new Map(best.map(([name, array]) => [name.slice(BEST.length), array]))
    this.resumed = progress.earlyStopping
  }

  /** The program of a training step on `data`, to be printed, counted or run elsewhere. */
  trainingProgram(data: Dataset): Program {
    this.checkData('trainingProgram', data)
    return this.stepProgram(data, Math.min(this.batchSize, data.count)).program
  }

  private async trainEpoch(
    data: Dataset,
    { validation, signal, onStep }: FitOptions,
  ): Promise<Omit<EpochResult, 'best'>> {
    const epoch = ++this.epoch
    const batchSize = Math.min(this.batchSize, data.count)
    const steps = Math.ceil(data.count / batchSize)
    const before = { ...this.session.snapshot(), step: this.step }
    const order = (this.options.shuffle ?? true) ? this.drawOrder(data.count, epoch) : undefined
    this.clearTotals()
    this.clearCarried('training')
    const started = performance.now()
    let step = 0
    let samples = 0
    let rate = Number.NaN
    const losses = this.history.flatMap(({ validation }) => (validation ? [validation.loss] : []))
    await this.forEachBatch(data.count, batchSize, (start, batch) => {
      this.writeIndices(data, start, batch, order)
      this.engine.views.u32[this.session.addressOf(this.state.step.buffer) >>> 2] = ++this.step
      rate = this.optimizer.rate(this.step - 1, losses)
      this.write(this.state.scalars, this.optimizer.scalars(this.step, rate))
      this.stepProgram(data, batch).run()
      step++
      samples += batch
      const loss = this.totals()[3]!
      if (!Number.isFinite(loss)) this.giveUp(before, epoch, step, loss, rate)
      onStep?.({ epoch, step, steps, samples, loss, rate })
      return signal?.aborted !== true
    })
    const seconds = (performance.now() - started) / 1000
    this.checkWeights(before, epoch, step, rate)
    const { loss, accuracy } = this.evaluation()
    const complete = step === steps
    return {
      ...{ epoch, steps: step, samples, loss, accuracy, rate, seconds, samplesPerSecond: samples / seconds },
      // Of a whole epoch in any case: without its validation it could not be gone on from, and its steps would be lost.
      validation: validation && complete ? await this.evaluate(validation) : null,
      complete,
    }
  }

  private stepProgram(data: Dataset, batch: number) {
    const { augment, clip } = this.options
    const { seed, state } = this
    const source = this.session.load(data)
    const augmentation = augment ? { options: augment, seed, step: state.step } : null
    return this.session.program(`train ${batch} ${source.id}`, () =>
      trainingProgram(this.model, this.loss, this.optimizer, source, state, batch, clip, augmentation),
    )
  }

  private drawOrder(count: number, epoch: number): Uint32Array {
    const { order, state, session, seed } = this
    session.reserve(order.buffer, count * 4)
    this.engine.views.u32[session.addressOf(state.epoch.buffer) >>> 2] = epoch
    session.program(`shuffle ${count}`, () => shuffleProgram(order, count, seed, state)).run()
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

  private giveUp(
    before: ReturnType<Session['snapshot']> & { step: number },
    epoch: number,
    step: number,
    loss: number,
    rate: number,
  ): never {
    this.session.restore(before)
    this.step = before.step
    this.epoch = epoch - 1
    throw new TrainingError(
      `The loss became ${loss} in epoch ${epoch}, step ${step}; the weights are back at what they were before that epoch. A smaller learning rate than ${rate} may help.`,
    )
  }

  /** The last step's update is not followed by a loss that would show what it did. */
  private checkWeights(
    before: ReturnType<Session['snapshot']> & { step: number },
    epoch: number,
    step: number,
    rate: number,
  ): void {
    const finite = [...this.model.weights().values()].every((values) => values.every(Number.isFinite))
    if (!finite) this.giveUp(before, epoch, step, Number.NaN, rate)
  }
}
