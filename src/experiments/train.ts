/** Trains one configuration of an experiment with one seed. */
import { rowOf } from '../data/dataset.js'
import {
  createTrainer,
  type Dataset,
  dataset,
  type Engine,
  holdout,
  type Model,
  prepareImage,
  type Standardisation,
  sequential,
  standardisation,
  subset,
  type Trainer,
  TrainingError,
  take,
} from '../index.js'
import type { Experiment } from './experiment.js'
import { drawnDigits, drawStrokes, scaledTo } from './own-digits.js'
import {
  type Answer,
  counts,
  type EpochFigures,
  type GreyPictures,
  type Keepsakes,
  limited,
  nameOf,
  type RunResult,
  type Task,
  toBase64,
} from './results.js'

export interface Data {
  readonly train: Dataset
  readonly test: Dataset
}

export interface TaskEvents {
  readonly signal?: AbortSignal
  /** @param share of the task that is done, 0..1 */
  onProgress?(share: number): void
}

/** The most points of a curve by steps. */
const POINTS = 400

/**
 * Trains, measures, and keeps what the experiment's figures need. Nothing is left of a training that is stopped.
 *
 * @returns null when the signal stopped it
 */
export async function runTask(
  experiment: Experiment,
  task: Task,
  data: Data,
  engine: Engine,
  { signal, onProgress }: TaskEvents = {},
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
  const perEpoch = recipe.batchSize === 'full' ? 1 : Math.ceil(parts.train.count / recipe.batchSize)
  const curve = new LossCurve(Math.ceil((epochs * perEpoch) / POINTS))
  const figures: EpochFigures[] = []
  const started = performance.now()
  let failure: string | null = null
  try {
    const results = trainer.fit(parts.train, {
      ...{ epochs, validation: parts.validation },
      ...(signal && { signal }),
      onStep({ epoch, step, loss }) {
        curve.add(loss)
        if (step % 16 === 0 || step === perEpoch) onProgress?.((epoch - 1 + step / perEpoch) / epochs)
      },
    })
    for await (const { loss, accuracy, validation, seconds, complete } of results) {
      if (!complete || !validation) break
      const validated = { validationLoss: validation.loss, validationAccuracy: validation.accuracy }
      figures.push({ loss, accuracy, ...validated, seconds })
    }
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error
    failure = error.message
  }
  if (failure === null && figures.length < epochs) return null
  const { loss, accuracy, confusion } = await trainer.evaluate(parts.test)
  const seconds = (performance.now() - started) / 1000
  const result: RunResult = {
    ...{ configuration: configuration.id, seed, recipe: configuration.recipe, limits, data: nameOf(data) },
    engine: { name: engine.name, threads: engine.threads },
    ...{ epochs: figures, steps: curve.points },
    test: { loss, accuracy, classes: confusion.classes, confusion: [...confusion.counts] },
    ...{ seconds, samples: figures.length * parts.train.count, sha256: await model.fingerprint(), failure },
    keepsakes: await keepsakes(experiment, configuration.id, trainer, model, parts.test),
  }
  trainer.close()
  return result
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

/** The training loss by steps: that of the first step, then means over so many steps. */
class LossCurve {
  readonly points: [step: number, loss: number][] = []
  private step = 0
  private sum = 0
  private count = 0

  constructor(private readonly every: number) {}

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

async function keepsakes(
  experiment: Experiment,
  configuration: string,
  trainer: Trainer,
  model: Model,
  test: Dataset,
): Promise<Keepsakes> {
  let kept: Keepsakes = {}
  for (const figure of experiment.figures) {
    if (figure.type === 'sweep' || !figure.configurations.includes(configuration)) continue
    if (figure.type === 'weights') {
      kept = { ...kept, weights: unitPictures(model, figure.parameter, figure.shape) }
    }
    if (figure.type === 'feedBackward') kept = { ...kept, feedBackward: feedBackward(model) }
    if (figure.type === 'samples') kept = { ...kept, samples: await samplesOf(trainer, test) }
    if (figure.type === 'ownDigits') kept = { ...kept, ownDigits: await ownDigits(trainer) }
  }
  return kept
}

const UNITS = 40

/** The weights of the first units. */
function unitPictures(model: Model, name: string, [height, width]: readonly [number, number]): GreyPictures {
  const weights = model.weights().get(name)!
  const units = weights.length / (height * width)
  const pictures = Array.from({ length: Math.min(units, UNITS) }, (_, unit) =>
    Float32Array.from({ length: height * width }, (_, i) => weights[i * units + unit]!),
  )
  return greyOf(pictures, width, height)
}

/** Each class sent back through W^T of every dense layer. */
function feedBackward(model: Model): GreyPictures {
  const kernels = [...model.weights()].filter(([name]) => /^dense_\d+\/kernel$/.test(name)).reverse()
  const classes = model.output.at(-1)!
  const pictures = Array.from({ length: classes }, (_, label) => {
    let values = Float32Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0))
    for (const [, weights] of kernels) {
      const [outputs, before] = [values.length, values]
      values = Float32Array.from({ length: weights.length / outputs }, (_, i) => {
        let sum = 0
        for (let j = 0; j < outputs; j++) sum += weights[i * outputs + j]! * before[j]!
        return sum
      })
    }
    return values
  })
  const [height, width] = model.input as [number, number]
  return greyOf(pictures, width, height)
}

/** Pictures of signed values: 0 is middle grey, the largest of each is black or white. */
function greyOf(pictures: readonly Float32Array[], width: number, height: number): GreyPictures {
  const bytes = pictures.map((values) => {
    const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12)
    return Uint8Array.from(values, (value) => 127.5 + (127.4 * value) / most)
  })
  return packed(bytes, width, height)
}

function packed(pictures: readonly Uint8Array[], width: number, height: number): GreyPictures {
  const all = new Uint8Array(pictures.length * width * height)
  for (const [i, pixels] of pictures.entries()) all.set(pixels, i * width * height)
  return { width, height, pixels: toBase64(all) }
}

const RIGHT = 10
const WRONG = 20

/** The first test samples, and the errors that the network is surest of. */
async function samplesOf(trainer: Trainer, test: Dataset): Promise<NonNullable<Keepsakes['samples']>> {
  const answers = await answersOf(trainer, test)
  const wrong = answers
    .map((answer, i) => ({ ...answer, i }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability || a.i - b.i)
    .slice(0, WRONG)
  const shown = [...answers.keys()].slice(0, RIGHT).concat(wrong.map(({ i }) => i))
  const [height, width] = test.sampleShape as [number, number]
  const pictures = shown.map((i) => {
    const row = rowOf(test, i) * test.sampleSize
    return test.images.subarray(row, row + test.sampleSize) as Uint8Array
  })
  return { pictures: packed(pictures, width, height), answers: shown.map((i) => answers[i]!) }
}

async function answersOf(trainer: Trainer, set: Dataset): Promise<Answer[]> {
  const { probabilities, classes } = await trainer.predict(set)
  return Array.from(classes, (predicted, i) => ({
    ...{ label: set.labels[rowOf(set, i)]!, predicted },
    probability: Number(
      probabilities[i * (probabilities.length / classes.length) + predicted]!.toPrecision(4),
    ),
  }))
}

/** Width and height that digits of our own are drawn with. */
const DRAWN = 84

async function ownDigits(trainer: Trainer): Promise<NonNullable<Keepsakes['ownDigits']>> {
  const drawn = drawnDigits.map((digit) => drawStrokes(digit, DRAWN))
  const labels = Uint8Array.from(drawnDigits, ({ label }) => label)
  const answered = async (name: string, pictures: readonly Uint8Array[]) => {
    const images = new Uint8Array(pictures.length * 784)
    for (const [i, pixels] of pictures.entries()) images.set(pixels, i * 784)
    const set = dataset({ name, images, labels, sampleShape: [28, 28], classes: 10 })
    return {
      pictures: packed(pictures, 28, 28),
      answers: await answersOf(
        trainer,
        subset(
          set,
          labels.map((_, i) => i),
        ),
      ),
    }
  }
  return {
    drawn: packed(drawn, DRAWN, DRAWN),
    scaled: await answered(
      'own digits, scaled',
      drawn.map((pixels) => scaledTo(28, pixels, DRAWN)),
    ),
    prepared: await answered(
      'own digits, prepared',
      drawn.map((pixels) => prepareImage(pixels, DRAWN, DRAWN)),
    ),
  }
}
