import { aDataset, type Dataset, rowOf, type Standardisation } from '../data/dataset.js'
import { anEngine, type Engine } from '../engine/engine.js'
import { ModelError } from '../errors.js'
import { showShape } from '../nn/layer.js'
import type { Loss } from '../nn/loss.js'
import { lossOf } from '../nn/losses.js'
import { aModel, type Model } from '../nn/model.js'
import type { Optimizer } from '../optim/optimizer.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { either, read } from '../schema/schema.js'
import { arrayOf } from '../schema/values.js'
import { breathe } from './breathe.js'
import { ConfusionMatrix, type Evaluation, type Prediction } from './metrics.js'
import { type EvaluatorOptions, evaluatorOptions } from './options.js'
import { evaluationProgram, predictionProgram } from './programs.js'
import { Session } from './session.js'
import { createStepState, keptTensors, type StepState } from './state.js'

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
const inputsOrData = either(arrayOf(Float32Array), aDataset)

/** Measures and uses one model on one engine. See `createEvaluator`; a trainer is one too. */
export class Evaluator {
  protected readonly loss: Loss
  protected readonly state: StepState
  protected readonly session: Session
  /** Written by the host for a prediction, and read back: inputs and probabilities. */
  private readonly input = createTensor('external', 'x', [0])
  private readonly probabilities = createTensor('external', 'y', [0])
  /** Of stateful layers, by run and name. */
  private readonly carried = new Map<string, { tensor: Tensor; bytes: number }>()
  private readonly turn = breathe()

  /**
   * @param optimizer whose memory is kept beside the model, or null
   * @param statefulBatch samples a step of models with stateful layers
   */
  constructor(
    readonly engine: Engine,
    readonly model: Model,
    private readonly settings: EvaluatorOptions,
    optimizer: Optimizer | null,
    private readonly statefulBatch = 1,
  ) {
    const { loss = 'softmaxCrossEntropy', standardisation } = settings
    this.loss = lossOf(loss)
    this.state = createStepState(model, optimizer, (run, name, shape) =>
      this.carriedState(`${run}: ${name}`, shape),
    )
    const standard = standardisation && this.checked(standardisation)
    this.session = new Session(
      engine,
      model.weightsIn(engine),
      [...keptTensors(this.state), ...(standard ? [standard.mean, standard.scale] : [])],
      standard ?? null,
    )
    if (standard) {
      this.write(standard.mean, standardisation.mean)
      this.write(standard.scale, standardisation.scale)
    }
  }

  /** Measures the model on `data`, without dropout. */
  async evaluate(data: Dataset): Promise<Evaluation> {
    this.checkData('evaluate', data)
    this.clearTotals()
    this.clearCarried('evaluation')
    const source = this.session.load(data)
    await this.forEachBatch(data.count, this.evaluationBatch, (start, batch) => {
      this.writeIndices(data, start, batch)
      const program = this.session.program(`evaluate ${batch} ${source.id}`, () =>
        evaluationProgram(this.model, this.loss, source, this.state, batch),
      )
      program.run()
      return true
    })
    return this.evaluation()
  }

  /**
   * The classes' probabilities for inputs [samples, ...input]: float32 as they are (standardised where the trainer was
   * given a standardisation), or a data set.
   */
  async predict(inputs: Float32Array | Dataset): Promise<Prediction> {
    read(ModelError, 'predict', 'inputs', inputsOrData, inputs)
    const size = sizeOf(this.model.input)
    const rows = inputs instanceof Float32Array ? inputs.length / size : inputs.count
    if (inputs instanceof Float32Array) {
      if (!Number.isInteger(rows)) {
        throw new ModelError(
          `predict: expected a multiple of ${size} values, one input of shape ${showShape(this.model.input)} after another, found ${inputs.length}.`,
        )
      }
      const wrong = notFinite(inputs)
      if (wrong >= 0) {
        throw new ModelError(
          `predict: inputs should be finite, found ${inputs[wrong]} in sample ${Math.floor(wrong / size)}, element ${wrong % size}.`,
        )
      }
    } else this.checkShape(inputs)
    const outputs = this.model.output.at(-1)!
    const probabilities = new Float32Array(rows * outputs)
    this.clearCarried('prediction')
    await this.forEachBatch(rows, this.evaluationBatch, (start, batch) => {
      this.session.reserve(this.input.buffer, batch * size * 4)
      this.session.reserve(this.probabilities.buffer, batch * outputs * 4)
      const values =
        inputs instanceof Float32Array
          ? inputs.subarray(start * size, (start + batch) * size)
          : samplesOf(inputs, start, batch)
      this.write(this.input, this.standardised(values))
      const { input, probabilities: found, model, loss, state } = this
      const program = this.session.program(`predict ${batch}`, () =>
        predictionProgram(model, loss, input, state, found, batch),
      )
      program.run()
      const at = this.session.addressOf(found.buffer) >>> 2
      probabilities.set(this.engine.views.f32.subarray(at, at + batch * outputs), start * outputs)
      return true
    })
    return { probabilities, classes: argMaxRows(probabilities, outputs) }
  }

  /** Gives back all memory but the model's weights, and that of the data sets. */
  close(): void {
    this.session.close()
  }

  /** Calls `run` for one batch after the other while it returns true, and lets other tasks in now and then. */
  protected async forEachBatch(
    count: number,
    batchSize: number,
    run: (start: number, batch: number) => boolean,
  ): Promise<void> {
    for (let start = 0; start < count; start += batchSize) {
      if (!run(start, Math.min(batchSize, count - start))) return
      const pause = this.turn()
      if (pause) await pause
    }
  }

  /** With layers that carry state, samples keep their places in the batch. */
  protected get evaluationBatch(): number {
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

  protected writeIndices(data: Dataset, start: number, batch: number, order?: Uint32Array): void {
    const { buffer } = this.state.indices
    this.session.reserve(buffer, batch * 4)
    const at = this.session.addressOf(buffer) >>> 2
    const { i32 } = this.engine.views
    for (let i = 0; i < batch; i++) i32[at + i] = rowOf(data, order ? order[start + i]! : start + i)
  }

  protected write(tensor: Tensor, values: ArrayLike<number>): void {
    this.engine.views.f32.set(values, this.session.addressOf(tensor.buffer) >>> 2)
  }

  protected totals(): Float64Array {
    const at = this.session.addressOf(this.state.totals.buffer) >>> 3
    return this.engine.views.f64.subarray(at, at + 4)
  }

  private confusion(): Int32Array {
    const at = this.session.addressOf(this.state.confusion.buffer) >>> 2
    return this.engine.views.i32.subarray(at, at + sizeOf(this.state.confusion.shape))
  }

  protected clearTotals(): void {
    this.totals().fill(0)
    this.confusion().fill(0)
  }

  protected evaluation(): Evaluation {
    const [loss, right, samples] = this.totals() as unknown as [number, number, number]
    const confusion = new ConfusionMatrix(this.model.output.at(-1)!, this.confusion().slice())
    return { samples, loss: loss / samples, accuracy: right / samples, confusion }
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
    this.loss.check(this.model.output, data.classes)
  }

  private checked({ mean, scale }: Standardisation): { mean: Tensor; scale: Tensor } {
    const size = sizeOf(this.model.input)
    for (const [name, values] of Object.entries({ mean, scale })) {
      if (values.length !== size) {
        throw new ModelError(`standardisation: ${name} should have ${size} values, found ${values.length}.`)
      }
    }
    return {
      mean: createTensor('state', 'mean', this.model.input),
      scale: createTensor('state', 'scale', this.model.input),
    }
  }

  /** Inputs as a batch gathered from bytes would hold them. */
  private standardised(values: Float32Array): Float32Array {
    const { standardisation } = this.settings
    if (!standardisation) return values
    const { mean, scale } = standardisation
    const { fround } = Math
    return values.map((value, i) => fround(value - mean[i % mean.length]!) * scale[i % mean.length]!)
  }
}

/** Samples of a data set as float32, bytes scaled to 0..1. */
function samplesOf(data: Dataset, start: number, batch: number): Float32Array {
  const { images, sampleSize } = data
  const values = new Float32Array(batch * sampleSize)
  for (let i = 0; i < batch; i++) {
    const row = rowOf(data, start + i) * sampleSize
    for (let j = 0; j < sampleSize; j++) {
      const value = images[row + j]!
      values[i * sampleSize + j] = images instanceof Uint8Array ? value / 255 : value
    }
  }
  return values
}

/** Where the first value is that is not finite, or -1. */
function notFinite(values: Float32Array): number {
  let sum = 0
  // Measured: a quarter of the time of asking for each.
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0
  return sum === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value))
}

function argMaxRows(values: Float32Array, columns: number): Int32Array {
  return Int32Array.from({ length: values.length / columns }, (_, row) => {
    let best = 0
    for (let c = 1; c < columns; c++) {
      if (values[row * columns + c]! > values[row * columns + best]!) best = c
    }
    return best
  })
}
