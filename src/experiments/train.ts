/** Trains one configuration of an experiment with one seed. */
import {
  type Checkpoint,
  createTrainer,
  type Dataset,
  type Engine,
  type EpochResult,
  holdout,
  type Standardisation,
  sequential,
  standardisation,
  TrainingError,
  take,
} from '../index.js'
import { leaf, list, object, type Schema } from '../schema/schema.js'
import { atLeast, finite, wholeNumber } from '../schema/values.js'
import type { Experiment } from './experiment.js'
import { keepsakes } from './keepsakes.js'
import { counts, type EpochFigures, limited, nameOf, type RunResult, type Task } from './results.js'

export interface Data {
  readonly train: Dataset
  readonly test: Dataset
}

/** What an unfinished training goes on from with the same bits: all but the arrays is plain data. */
export interface TaskCheckpoint {
  readonly checkpoint: Checkpoint
  readonly curve: CurveState
  /** Spent on it so far. */
  readonly seconds: number
}

export interface TaskEvents {
  readonly signal?: AbortSignal
  /** Of the same task, on any engine that gives the same bits. */
  readonly from?: TaskCheckpoint | null
  /** @param share of the task that is done, 0..1: at first that of `from` */
  onProgress?(share: number): void
  /** Awaited after each epoch but the last; `take` copies what the task could go on from. */
  onEpoch?(take: () => TaskCheckpoint): Promise<void> | undefined
}

/** The most points of a curve by steps. */
const POINTS = 400

/**
 * Trains, measures, and keeps what the experiment's figures need.
 *
 * @returns null when the signal stopped it
 * @throws ModelError for a checkpoint of another task
 */
export async function runTask(
  experiment: Experiment,
  task: Task,
  data: Data,
  engine: Engine,
  { signal, from, onProgress, onEpoch }: TaskEvents = {},
): Promise<RunResult | null> {
  const { configuration, seed, limits } = task
  const recipe = limited(configuration.recipe, limits)
  const { layers, data: _, epochs, ...training } = recipe
  const parts = partsOf(task, data)
  const model = sequential(layers, { input: data.train.sampleShape, seed })
  const standard = parts.standardisation
  const trainer = createTrainer(engine, model, {
    ...training,
    ...(standard ? { standardisation: standard } : {}),
  })
  if (from) trainer.restore(from.checkpoint)
  const perEpoch = recipe.batchSize === 'full' ? 1 : Math.ceil(parts.train.count / recipe.batchSize)
  const curve = new LossCurve(Math.ceil((epochs * perEpoch) / POINTS), from?.curve)
  const before = trainer.history.length
  const started = performance.now()
  const spent = () => (from?.seconds ?? 0) + (performance.now() - started) / 1000
  let failure: string | null = null
  onProgress?.(before / epochs)
  try {
    const results = trainer.fit(parts.train, {
      ...{ epochs: epochs - before, validationData: parts.validation },
      ...(signal && { signal }),
      onStep({ epoch, step, loss }) {
        curve.add(loss)
        if (step % 16 === 0 || step === perEpoch) onProgress?.((epoch - 1 + step / perEpoch) / epochs)
      },
    })
    for await (const { epoch, complete } of results) {
      if (!complete || epoch === epochs) continue
      await onEpoch?.(() => ({ checkpoint: trainer.checkpoint(), curve: curve.state, seconds: spent() }))
    }
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error
    failure = error.message
  }
  const figures = trainer.history.flatMap(figuresOf)
  if (failure === null && figures.length < epochs) return null
  const { loss, accuracy, confusion } = await trainer.evaluate(parts.test)
  const result: RunResult = {
    ...{ configuration: configuration.id, seed, recipe: configuration.recipe, limits, data: nameOf(data) },
    engine: { name: engine.name, threads: engine.threads },
    ...{ epochs: figures, steps: curve.points },
    test: { loss, accuracy, classes: parts.test.classes, confusion: [...(confusion?.counts ?? [])] },
    ...{ seconds: spent(), samples: figures.length * parts.train.count },
    ...{ sha256: await model.fingerprint(), failure },
    keepsakes: await keepsakes(experiment, configuration.id, trainer, model, parts.test),
  }
  trainer.close()
  return result
}

/** None of an epoch that was cut short. */
function figuresOf({ loss, accuracy, validation, seconds, complete }: EpochResult): EpochFigures[] {
  if (!complete || !validation) return []
  const { loss: validationLoss, accuracy: validationAccuracy } = validation
  return [{ loss, accuracy, validationLoss, validationAccuracy, seconds }]
}

interface Parts {
  readonly train: Dataset
  readonly validation: Dataset
  readonly test: Dataset
  readonly standardisation: Standardisation | null
}

function partsOf({ configuration: { recipe }, limits }: Task, data: Data): Parts {
  const { validation, standardise } = recipe.data
  const count = counts(recipe.data, { train: data.train.count, test: data.test.count }, limits)
  const tested = take(data.test, count.test)
  const first = take(data.train, Math.min(recipe.data.train ?? data.train.count, data.train.count))
  const split =
    typeof validation === 'string' ? null : holdout(first, validation.part, { shuffle: validation.shuffle })
  const trained = take(split?.train ?? first, count.train)
  const measuredOn = { all: data.train, trained }
  return {
    ...{ train: trained, test: tested },
    validation: split?.validation ?? (validation === 'trained' ? take(trained, count.validation) : tested),
    standardisation: standardise ? standardisation(measuredOn[standardise]) : null,
  }
}

interface CurveState {
  readonly points: readonly (readonly [step: number, loss: number])[]
  readonly step: number
  /** Of the losses since the last point. */
  readonly sum: number
  readonly count: number
}

/** A point of the curve: its step and a loss. */
const curvePoint: Schema<readonly [step: number, loss: number]> = leaf(
  'a step and a loss',
  (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite),
)

const curveState = object<CurveState>({
  points: list('points', curvePoint),
  ...{ step: wholeNumber(0), sum: finite, count: wholeNumber(0) },
})

/** What a checkpoint has beside the trainer's own part. */
export const taskExtra = object<Omit<TaskCheckpoint, 'checkpoint'>>({
  ...{ curve: curveState, seconds: atLeast(0) },
})

/** The training loss by steps: that of the first step, then means over so many steps. */
class LossCurve {
  readonly points: [step: number, loss: number][]
  private step: number
  private sum: number
  private count: number

  constructor(
    private readonly every: number,
    { points, step, sum, count }: CurveState = { points: [], step: 0, sum: 0, count: 0 },
  ) {
    this.points = points.map(([step, loss]) => [step, loss])
    this.step = step
    this.sum = sum
    this.count = count
  }

  get state(): CurveState {
    const { points, step, sum, count } = this
    return { points: [...points], step, sum, count }
  }

  add(loss: number): void {
    this.step++
    this.sum += loss
    this.count++
    if (this.step !== 1 && this.step % this.every !== 0) return
    this.points.push([this.step, Number((this.sum / this.count).toPrecision(5))])
    this.sum = 0
    this.count = 0
  }
}
