import { ModelError } from '../errors.js'
import { type Fields, list, object, optional, read, type Schema } from '../schema/schema.js'
import { aFunction } from '../schema/values.js'
import { type EarlyStoppingOptions, earlyStoppingOptions } from './early-stopping.js'
import type { EpochResult, StepResult } from './results.js'

/** What a fit tells of itself. What a function returns is awaited where it is a promise; an error in it ends the fit. */
export interface Callback {
  /** After each step. An error undoes the epoch, as any other. */
  readonly onStepEnd?: (step: StepResult) => unknown
  /** After each epoch, its validation and early stopping's verdict included. What was trained stays, whatever it throws. */
  readonly onEpochEnd?: (epoch: EpochResult) => unknown
  /** Ends the fit when validation no longer gets better. */
  readonly earlyStopping?: EarlyStoppingOptions
}

const fields: Fields<Callback> = {
  onStepEnd: optional(aFunction()),
  onEpochEnd: optional(aFunction()),
  earlyStopping: optional(earlyStoppingOptions),
}

/** A field that holds callbacks. */
export const callbackList: Schema<Callback[]> = list(
  'callbacks { onStepEnd?, onEpochEnd? }',
  object<Callback>(fields),
)

/** Ends a fit when validation no longer gets better, and brings the best epoch's weights back: one of its `callbacks`. */
export function earlyStopping(options: EarlyStoppingOptions): Callback {
  return { earlyStopping: read(ModelError, 'earlyStopping', 'options', earlyStoppingOptions, options) }
}
