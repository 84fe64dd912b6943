/** What a training of an experiment leaves: plain data, as it is saved. */
import { type Engine, isRelaxed } from '../engine/engine.js'
import type { Dataset, Rate } from '../index.js'
import type {
  Configuration,
  DataRecipe,
  Experiment,
  Figure,
  Measure,
  Published,
  Recipe,
} from './experiment.js'

/** Shortens every training: shares of the epochs and of the training samples. */
export interface Limits {
  readonly epochs: number
  readonly samples: number
}

/** One training that is to be done. */
export interface Task {
  readonly experiment: string
  readonly configuration: Configuration
  readonly seed: number
  /** Null for a full run. */
  readonly limits: Limits | null
  /** Whether it is done by relaxed SIMD, whose bits differ from one processor to another. */
  readonly relaxed: boolean
}

/** What all results of one report have in common. */
export type Conditions = Pick<Task, 'limits' | 'relaxed'> & Pick<RunResult, 'data'>

export interface EpochFigures {
  readonly loss: number
  readonly accuracy: number
  readonly validationLoss: number
  readonly validationAccuracy: number
  /** Of training alone. */
  readonly seconds: number
}

/** Grey pictures of one size, one after the other: bytes, in base64. */
export interface GreyPictures {
  readonly width: number
  readonly height: number
  readonly pixels: string
}

/** A picture and what the network says of it. */
export interface Answer {
  readonly label: number
  readonly predicted: number
  /** Of what was predicted. */
  readonly probability: number
}

/** What some figures need beside the numbers. */
export interface Keepsakes {
  readonly weights?: GreyPictures
  readonly feedBackward?: GreyPictures
  readonly samples?: { readonly pictures: GreyPictures; readonly answers: readonly Answer[] }
  readonly ownDigits?: {
    readonly drawn: GreyPictures
    /** Scaled to 28x28 only, and prepared as MNIST was. */
    readonly scaled: { readonly pictures: GreyPictures; readonly answers: readonly Answer[] }
    readonly prepared: { readonly pictures: GreyPictures; readonly answers: readonly Answer[] }
  }
}

export interface RunResult {
  readonly configuration: string
  readonly seed: number
  /** What was run, so that a result of another recipe is not taken for this one's. */
  readonly recipe: Recipe
  readonly limits: Limits | null
  readonly data: { readonly name: string; readonly train: number; readonly test: number }
  readonly engine: { readonly name: Engine['name']; readonly threads: number }
  readonly epochs: readonly EpochFigures[]
  /** [step, mean training loss of the steps since the last one] */
  readonly steps: readonly (readonly [step: number, loss: number])[]
  readonly test: {
    readonly loss: number
    readonly accuracy: number
    readonly classes: number
    readonly confusion: readonly number[]
  }
  /** Training, validation and test. */
  readonly seconds: number
  /** Trained on, over all epochs. */
  readonly samples: number
  readonly sha256: string
  /** Why training ended early, where its loss was no longer finite. */
  readonly failure: string | null
  readonly keepsakes: Keepsakes
}

/** The recipe as it is run within the limits; a rate that falls along a cosine falls as far in fewer steps. */
export function limited(recipe: Recipe, limits: Limits | null): Recipe {
  if (!limits) return recipe
  const epochs = Math.max(1, Math.floor(recipe.epochs * limits.epochs))
  const { optimizer } = recipe
  const rate = shortened(optimizer.learningRate, (epochs / recipe.epochs) * limits.samples)
  return { ...recipe, epochs, optimizer: { ...optimizer, learningRate: rate } }
}

function shortened(rate: Rate, share: number): Rate {
  if (typeof rate === 'number' || rate.type !== 'cosineDecay') return rate
  return { ...rate, steps: Math.max(1, Math.floor(rate.steps * share)) }
}

/** Numbers of samples that a recipe uses of a data set. */
export function counts(
  { train, test, validation }: DataRecipe,
  data: { readonly train: number; readonly test: number },
  limits: Limits | null,
): { train: number; validation: number; test: number } {
  const all = Math.min(train ?? data.train, data.train)
  const held = typeof validation === 'string' ? 0 : Math.floor(validation.part * all + 0.5)
  const kept = Math.max(1, Math.floor((all - held) * (limits?.samples ?? 1)))
  const tested = Math.min(test ?? data.test, data.test)
  const of = { test: tested, trained: Math.min(kept, tested) }
  return { train: kept, validation: typeof validation === 'string' ? of[validation] : held, test: tested }
}

/** What recipes are written for. */
export const MNIST = { train: 60_000, test: 10_000 }

/** Seconds that a training takes on MNIST, about. */
export function estimate({ recipe, speed }: Configuration, limits: Limits | null): number {
  const { epochs } = limited(recipe, limits)
  const { train, validation } = counts(recipe.data, MNIST, limits)
  return (epochs * (train + validation / 3)) / speed
}

const QUICK = 60

/** What shortens an experiment to a minute or so, or null where it takes no longer anyway. */
export function quickLimits({ configurations }: Experiment): Limits | null {
  const total = (limits: Limits | null) =>
    configurations.reduce((sum, configuration) => sum + estimate(configuration, limits), 0)
  const full = total(null)
  if (full <= QUICK) return null
  const least = total({ epochs: 0, samples: 1 })
  if (least >= QUICK) {
    // Validation takes as long with few samples to train on.
    const validation = total({ epochs: 0, samples: 0 })
    return { epochs: 0, samples: round(Math.max(0.02, (QUICK - validation) / (least - validation))) }
  }
  // One epoch is the least of each, so the share is searched for rather than worked out.
  let [low, high] = [0, 1]
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2
    if (total({ epochs: middle, samples: 1 }) > QUICK) high = middle
    else low = middle
  }
  return { epochs: round(low), samples: 1 }
}

const round = (value: number) => Math.floor(value * 1000) / 1000

/** Whether a result is that of a task on these data. */
export function isResultOf(result: RunResult, task: Task, data: { train: Dataset; test: Dataset }): boolean {
  const { configuration, seed, limits, relaxed } = task
  if (result.configuration !== configuration.id || result.seed !== seed) return false
  return isOfRecipe(result, configuration, { limits, relaxed, data: nameOf(data) })
}

/** Whether a result belongs into an experiment's report of these conditions. */
export function isReported(
  result: RunResult,
  { configurations }: Experiment,
  conditions: Conditions,
): boolean {
  const configuration = configurations.find(({ id }) => id === result.configuration)
  return configuration !== undefined && isOfRecipe(result, configuration, conditions)
}

function isOfRecipe(result: RunResult, { recipe }: Configuration, conditions: Conditions): boolean {
  const { limits, relaxed, data } = conditions
  const found = conditionsOf(result)
  return (
    JSON.stringify([result.recipe, found.limits, found.relaxed, found.data]) ===
    JSON.stringify([recipe, limits, relaxed, data])
  )
}

export function conditionsOf({ limits, engine, data }: RunResult): Conditions {
  return { limits, relaxed: isRelaxed(engine.name), data }
}

/**
 * What another experiment has trained that is this task but for its name: the recipe, the seed and the data decide all
 * bits. Null where there is none, and for a task that has pictures or answers to keep.
 */
export function sharedResult(
  experiment: Experiment,
  task: Task,
  data: { train: Dataset; test: Dataset },
  others: readonly RunResult[],
): RunResult | null {
  const configuration = task.configuration.id
  if (isPictured(experiment, configuration)) return null
  for (const other of others) {
    const renamed = { ...other, configuration, keepsakes: {} }
    if (isResultOf(renamed, task, data)) return renamed
  }
  return null
}

const PICTURED: readonly Figure['type'][] = ['weights', 'feedBackward', 'samples', 'ownDigits']

/** Whether a figure shows more of a training than its numbers. */
function isPictured({ figures }: Experiment, id: string): boolean {
  return figures.some(
    (figure) =>
      figure.type !== 'sweep' && PICTURED.includes(figure.type) && figure.configurations.includes(id),
  )
}

export function nameOf({ train, test }: { train: Dataset; test: Dataset }): RunResult['data'] {
  return { name: train.name, train: train.count, test: test.count }
}

/** A measure of one run at the end of an epoch, the last one by default, or NaN where it has none. */
export function measured(result: RunResult, { measure, epoch, over = 1 }: MeasureAt): number {
  const { epochs, test, keepsakes } = result
  if (measure === 'test accuracy') return test.accuracy
  if (measure === 'test loss') return test.loss
  if (measure === 'own digits right' || measure === 'own digits right, prepared') {
    const digits = keepsakes.ownDigits
    const answers = (measure === 'own digits right' ? digits?.scaled : digits?.prepared)?.answers
    return answers ? answers.filter(({ label, predicted }) => label === predicted).length : Number.NaN
  }
  if (measure === 'seconds an epoch') return median(epochs.map(({ seconds }) => seconds))
  const last = epoch ?? epochs.length
  if (last > epochs.length) return Number.NaN
  return median(epochs.slice(Math.max(0, last - over), last).map((figures) => figures[FIELDS[measure]]))
}

export type MeasureAt = Pick<Published, 'measure' | 'epoch' | 'over'>

/** What the measures of an epoch are called in its figures. */
export const FIELDS = {
  'validation accuracy': 'validationAccuracy',
  'validation loss': 'validationLoss',
  'training accuracy': 'accuracy',
  'training loss': 'loss',
} as const satisfies Partial<Record<Measure, keyof EpochFigures>>

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

/** Bytes in base64, and back. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

/** The pixels of each picture. */
export function unpacked({ width, height, pixels }: GreyPictures): Uint8Array[] {
  const bytes = fromBase64(pixels)
  const size = width * height
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}
