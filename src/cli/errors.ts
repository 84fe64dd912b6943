import { LanegradError } from '../errors.js'

/** Options that do not go together or name nothing: ends with the exit code for usage. */
export class UsageError extends LanegradError {
  override name = 'UsageError'
}

/** Ctrl-C, where there is nothing to report yet. */
export class InterruptedError extends LanegradError {
  override name = 'InterruptedError'
}
