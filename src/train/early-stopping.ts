import { ModelError } from '../errors.js'
import { object, optional, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { atLeast, oneOf, text, wholeNumber } from '../schema/values.js'
import { isHigherBetter } from './metric.js'
import type { Evaluation } from './metrics.js'

/** Ends training when validation no longer gets better. */
export interface EarlyStoppingOptions {
  /** The figure of the validation data that is watched: the `loss`, by default, the `accuracy`, or a metric by its name. */
  readonly monitor?: string
  /** Whether less of it is better, or more; by default what is known of it, and less of a metric of one's own. */
  readonly mode?: 'min' | 'max'
  /** Epochs in a row without a new best after which training ends. */
  readonly patience: number
  /** By how much a new best must be better than the last; 0 by default. */
  readonly minDelta?: number
}

/** How far early stopping has come: plain data. */
export interface EarlyStoppingProgress {
  /** The best figure so far. */
  readonly best: number
  /** Epochs since then. */
  readonly waited: number
}

/** A field that holds them. */
export const earlyStoppingOptions: Schema<EarlyStoppingOptions> = object<EarlyStoppingOptions>({
  monitor: optional(text),
  mode: optional(oneOf('min', 'max')),
  patience: wholeNumber(1),
  minDelta: optional(atLeast(0)),
})

/** @throws ModelError when there is nothing to be watched, or not what is to be. */
export function checkEarlyStopping(
  { monitor = 'loss' }: EarlyStoppingOptions,
  metrics: readonly string[],
  hasValidation: boolean,
): void {
  const known = ['loss', 'accuracy', ...metrics]
  if (!known.includes(monitor)) {
    throw new ModelError(
      `fit: earlyStopping.monitor should be one of ${known.map((name) => `'${name}'`).join(', ')}, found ${show(monitor)}.`,
    )
  }
  if (hasValidation) return
  throw new ModelError('fit: earlyStopping needs the field validation, a data set, found undefined.')
}

/** Watches the validation figures of one fit. */
export class EarlyStopping {
  constructor(
    private readonly options: EarlyStoppingOptions,
    /** Null before the first epoch. */
    public progress: EarlyStoppingProgress | null,
  ) {}

  /** True when training should go no further. */
  get over(): boolean {
    return this.progress !== null && this.progress.waited >= this.options.patience
  }

  /** Takes note of an epoch, and returns whether it is the best so far. */
  observe(validation: Evaluation): boolean {
    const { monitor = 'loss', minDelta = 0 } = this.options
    const { mode = isHigherBetter(monitor) ? 'max' : 'min' } = this.options
    const figure = monitored(monitor, validation)
    const isLessBetter = mode === 'min'
    const { best, waited } = this.progress ?? { best: Number.NaN, waited: 0 }
    const gain = isLessBetter ? best - figure : figure - best
    // Whatever follows a figure that is no number, or nothing, is the best.
    const better = Number.isNaN(best) || (gain > 0 && gain >= minDelta)
    this.progress = better ? { best: figure, waited: 0 } : { best, waited: waited + 1 }
    return better
  }
}

function monitored(name: string, { loss, accuracy, metrics = {} }: Evaluation): number {
  if (name === 'accuracy' && Number.isNaN(accuracy) && metrics.accuracy === undefined) {
    throw new ModelError('fit: earlyStopping.monitor: there is no accuracy where targets are numbers.')
  }
  return { loss, accuracy, ...metrics }[name]!
}
