import { isPlainObject, leaf, type Schema } from '../schema/schema.js'
import type { Evaluation } from './metrics.js'

/** One training step. */
export interface StepResult {
  /** From 1, over the trainer's life. */
  readonly epoch: number
  /** From 1, within the epoch. */
  readonly step: number
  /** Infinity where a stream does not say. */
  readonly steps: number
  /** Samples of the epoch trained on so far. */
  readonly samples: number
  /** Mean loss of this step's batch, before its update. */
  readonly loss: number
  /** Learning rate of this step's update. */
  readonly learningRate: number
}

/** One epoch: its training figures are measured along the way, before each update and with dropout. */
export interface EpochResult {
  readonly epoch: number
  /** Steps and samples trained on in this epoch. */
  readonly steps: number
  readonly samples: number
  readonly loss: number
  readonly accuracy: number
  /** Learning rate of the last step. */
  readonly learningRate: number
  readonly validation: Evaluation | null
  /** Seconds of training, without validation. */
  readonly seconds: number
  readonly samplesPerSecond: number
  /** Whether this is the best epoch of the fit so far, as early stopping sees it; null without it. */
  readonly best: boolean | null
  /** False when training was stopped within the epoch; it is not validated then. */
  readonly complete: boolean
}

/** An argument that is the result of an epoch: what is written of it is there. */
export const anEpoch: Schema<EpochResult> = leaf('the result of an epoch, as fit yields it', (value) => {
  if (!isPlainObject(value)) return false
  const { validation, complete, ...others } = value
  const figures = [
    'epoch',
    'steps',
    'samples',
    'loss',
    'accuracy',
    'learningRate',
    'seconds',
    'samplesPerSecond',
  ]
  return (
    figures.every((name) => typeof others[name] === 'number') &&
    typeof complete === 'boolean' &&
    (validation === null ||
      (isPlainObject(validation) &&
        ['loss', 'accuracy'].every((name) => typeof validation[name] === 'number')))
  )
})
