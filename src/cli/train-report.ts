/** What `train` says: before, after each epoch, and at the end. */
import { classNamesOf } from '../data/preparation.js'
import type { ClipSpec, Dataset, EarlyStoppingOptions, EpochResult, Trainer } from '../index.js'
import type { LoadedData } from './data-options.js'
import { describeEvaluation, evaluationJson, type Measures } from './evaluation-report.js'
import { counted, duration, grouped, percent } from './format.js'
import type { TrainingOptions } from './training-options.js'

/** What is trained on what, and how. */
export interface Run {
  readonly data: LoadedData
  readonly train: Dataset
  readonly validation: Dataset | undefined
  readonly trainer: Trainer
  readonly settings: {
    readonly epochs: number
    readonly batch: number | 'full'
    readonly optimizer: TrainingOptions['optimizer']
    readonly loss: TrainingOptions['loss']
    readonly clip: ClipSpec | null
    readonly augment: TrainingOptions['augment'] | null
    readonly earlyStopping: EarlyStoppingOptions | null
    readonly standardise: boolean
  }
}

/** What came of it. */
export interface Outcome {
  /** Stopped by Ctrl-C. */
  readonly interrupted: boolean
  readonly test: Measures
  readonly sha256: string
  /** The file that the model was written to. */
  readonly saved: string | null
  /** The file that a run can be resumed from, and the epochs in it. */
  readonly checkpoint: { readonly file: string; readonly epochs: number } | null
}

export function describeRun({ data, train, validation, trainer, settings }: Run): string[] {
  const parts = [
    `${grouped(train.count)} to train on`,
    ...(validation
      ? [`${grouped(validation.count)} ${data.preparation ? 'held out' : 'for validation'}`]
      : []),
    ...(data.preparation ? [] : [`${grouped(data.test.count)} to test on`]),
  ]
  const { type, ...fields } = settings.optimizer
  const optimizer = Object.entries(fields).map(([name, value]) => `${name} ${text(value)}`)
  const { clip, augment, earlyStopping } = settings
  const extras = [
    ...(settings.loss === 'softmaxCrossEntropy' ? [] : [`loss ${text(settings.loss)}`]),
    ...(clip ? [`gradients clipped by ${text(clip)}`] : []),
    ...(augment ? [`images distorted by ${text(augment)}`] : []),
    ...(earlyStopping ? [`stops after ${counted(earlyStopping.patience, 'epoch')} without a new best`] : []),
  ]
  const isStandard = settings.standardise || data.preparation?.type === 'table'
  const inputs = isStandard ? 'inputs standardised' : 'inputs scaled to 0..1'
  return [
    `data       ${train.name}: ${parts.join(', ')}`,
    `from       ${data.folder ?? 'drawn by a seeded generator'}`,
    `engine     ${trainer.engine.describe()}`,
    `training   ${counted(settings.epochs, 'epoch')}, batch ${settings.batch}, ${type} (${optimizer.join(', ')}), seed ${trainer.model.seed}, ${inputs}`,
    ...extras.map((extra) => `           ${extra}`),
    ...(trainer.history.length > 0 ? [`resumed    after ${counted(trainer.history.length, 'epoch')}`] : []),
    '',
    ...trainer.model.summary().split('\n'),
    '',
  ]
}

/** A name or number as it is, a description as JSON. */
function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Nothing where targets are numbers. */
const accurate = (accuracy: number) => (Number.isNaN(accuracy) ? '' : `, accuracy ${percent(accuracy)}`)

export function describeEpoch(result: EpochResult, epochs: number): string {
  const { epoch, loss, accuracy, validation, seconds, samplesPerSecond, complete } = result
  const measured = validation
    ? `  validation loss ${validation.loss.toFixed(4)}${accurate(validation.accuracy)}`
    : ''
  const stopped = complete ? '' : `  stopped after ${counted(result.steps, 'step')}`
  return `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}${accurate(accuracy)}${measured}  ${grouped(samplesPerSecond)} samples/s, ${duration(seconds)}${stopped}`
}

export function describeOutcome(
  { data, trainer }: Run,
  { test, sha256, saved, checkpoint, interrupted }: Outcome,
): string[] {
  const { samples, seconds } = trained(trainer)
  const stopped = interrupted ? ', stopped by Ctrl-C' : ''
  const best = trainer.history.findLast(({ best }) => best === true)
  return [
    '',
    ...describeEvaluation(data.test, test, data.preparation && classNamesOf(data.preparation)),
    '',
    `speed      ${grouped(samples / seconds)} samples/s: ${grouped(samples)} in ${duration(seconds)}${stopped}`,
    `engine     ${trainer.engine.describe()}`,
    ...(best ? [`best       epoch ${best.epoch}, whose weights these are`] : []),
    ...(saved === null ? [] : [`saved      ${saved}`]),
    ...(checkpoint ? [`checkpoint ${checkpoint.file}, after ${counted(checkpoint.epochs, 'epoch')}`] : []),
    `weights    SHA-256 ${sha256}`,
  ]
}

export function outcomeJson({ data, train, validation, trainer, settings }: Run, outcome: Outcome): object {
  const { samples, seconds } = trained(trainer)
  const { engine, model, history } = trainer
  return {
    data: {
      ...{ name: train.name, synthetic: train.synthetic, folder: data.folder },
      ...{ train: train.count, validation: validation?.count ?? 0, test: data.test.count },
      ...(data.preparation && { preparation: data.preparation }),
    },
    model: model.config,
    ...settings,
    engine: { name: engine.name, threads: engine.threads, description: engine.describe() },
    history: history.map(({ validation, ...epoch }) => ({
      ...epoch,
      validation: validation && { loss: validation.loss, accuracy: validation.accuracy },
    })),
    ...{ interrupted: outcome.interrupted, seconds, samplesPerSecond: samples / seconds },
    test: evaluationJson(outcome.test),
    ...{ saved: outcome.saved, checkpoint: outcome.checkpoint, sha256: outcome.sha256 },
  }
}

/** Samples trained on over all epochs, those before a resumption too, and the seconds that took without validation. */
function trained({ history }: Trainer): { samples: number; seconds: number } {
  return {
    samples: history.reduce((sum, { samples }) => sum + samples, 0),
    seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}
