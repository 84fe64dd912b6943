/** What an evaluator, a trainer and a fit may be told: types, and the schemas that check them. */

import { aStandardisation, type Dataset, type Standardisation } from '../data/dataset.js'
import { type BatchStream, dataOrStream } from '../data/stream.js'
import type { Loss } from '../nn/loss.js'
import { anyLoss, type LossName, type LossSpec } from '../nn/losses.js'
import { type OptimizerSpec, optimizerSpec } from '../optim/index.js'
import { either, type Fields, leaf, list, object, optional } from '../schema/schema.js'
import { abortSignal, aFunction, atLeast, seed, truth, wholeNumber } from '../schema/values.js'
import { type AugmentOptions, augmentOptions } from './augment.js'
import { type Callback, callbackList } from './callbacks.js'
import { type EarlyStoppingOptions, earlyStoppingOptions } from './early-stopping.js'
import { type Metric, type MetricName, metricList } from './metric.js'
import type { StepResult } from './results.js'
import { type ParameterGroup, parameterGroups } from './rules.js'
import { type ClipSpec, clipSpec } from './updates.js'

export interface EvaluatorOptions {
  /** `softmaxCrossEntropy` by default. */
  readonly loss?: LossName | LossSpec | Loss
  /** Worked out in evaluations, of validation data too, besides loss and accuracy. */
  readonly metrics?: readonly (MetricName | Metric)[]
  /** Standardises inputs; without it bytes are scaled to 0..1. */
  readonly standardisation?: Standardisation
}

export interface TrainerOptions extends EvaluatorOptions {
  readonly optimizer: OptimizerSpec
  /** How much each class counts in training, more than 1 for rare ones; as in Keras the sum of weights divides nothing. */
  readonly classWeights?: readonly number[]
  /** Clips the gradients before each update: `{ value }` or `{ norm }`. */
  readonly clip?: ClipSpec
  /** Samples a step, or `'full'` for all of them at once; 32 by default. The last batch of an epoch may be smaller. */
  readonly batchSize?: number | 'full'
  /**
   * Works each batch through in so many parts, one after the other, and adds their gradients up before the one update: the
   * memory of a batch a fraction as large. The gradient is that of the whole batch's mean loss; see docs/arithmetic.md for
   * where its bits are the same, too. Batch normalisation takes the statistics of each part. 1 by default.
   */
  readonly accumulate?: number
  /** Settings for some parameters in place of the optimizer's; the first group that names a parameter has it. */
  readonly parameterGroups?: readonly ParameterGroup[]
  /** Distorts images at random, in training only. */
  readonly augment?: AugmentOptions
  /** Draws a new order of the samples for every epoch; true by default. */
  readonly shuffle?: boolean
  /** Seed of the orders and of augmentation; the model's own by default. */
  readonly seed?: number
}

export interface FitOptions {
  /** How many passes over the data. */
  readonly epochs: number
  /** Evaluated after each epoch. */
  readonly validationData?: Dataset | BatchStream
  /** Steps of an epoch over a stream: it goes on where the epoch before ended. Without it an epoch is a pass. */
  readonly stepsPerEpoch?: number
  /**
   * Ends training when validation no longer gets better. However the fit ends, but by an error, the model and the
   * optimizer's memory are then those of the best epoch.
   */
  readonly earlyStopping?: EarlyStoppingOptions
  /**
   * Ends training after the step at hand: the epoch so far is yielded with `complete` false. An epoch whose last step that
   * was is complete, and measured on the validation data first.
   */
  readonly signal?: AbortSignal
  /** Told of steps and epochs as they end; `earlyStopping(...)` is one, in place of the option. */
  readonly callbacks?: readonly Callback[]
  /** Called after each step; what it returns is awaited where it is a promise. An error in it ends the fit. */
  readonly onStep?: (step: StepResult) => unknown
}

const evaluatorFields: Fields<EvaluatorOptions> = {
  loss: optional(anyLoss),
  metrics: optional(metricList),
  standardisation: optional(aStandardisation),
}

export const evaluatorOptions = object<EvaluatorOptions>(evaluatorFields)

export const trainerOptions = object<TrainerOptions>({
  ...evaluatorFields,
  optimizer: optimizerSpec,
  classWeights: optional(list('numbers from 0 up, one for each class', atLeast(0), 1)),
  clip: optional(clipSpec),
  batchSize: optional(
    either(
      wholeNumber(1),
      leaf<'full'>("'full'", (value) => value === 'full'),
    ),
  ),
  accumulate: optional(wholeNumber(1)),
  parameterGroups: optional(parameterGroups),
  augment: optional(augmentOptions),
  shuffle: optional(truth),
  seed: optional(seed),
})

export const fitOptions = object<FitOptions>({
  epochs: wholeNumber(0),
  validationData: optional(dataOrStream),
  stepsPerEpoch: optional(wholeNumber(1)),
  earlyStopping: optional(earlyStoppingOptions),
  signal: optional(abortSignal),
  callbacks: optional(callbackList),
  onStep: optional(aFunction()),
})
