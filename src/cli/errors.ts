import { DataError, LanegradError, ModelError } from '../errors.js'

/** Options that do not go together or name nothing: ends with the exit code for usage. */
export class UsageError extends LanegradError {
  override name = 'UsageError'
}

/** Ctrl-C, where there is nothing to report yet. */
export class InterruptedError extends LanegradError {
  override name = 'InterruptedError'
}

/**
 * Builds what options describe. What the library refuses then is what was typed, and is said of the options.
 *
 * @param option goes before the message; '' where the message says enough
 * @throws UsageError in place of ModelError and DataError
 */
export function fromOption<T>(option: string, build: () => T): T {
  try {
    return build()
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof DataError)) throw error
    throw new UsageError(`${option === '' ? '' : `${option}: `}${asOptions(error.message)}`)
  }
}

/** The library tells of its functions, such as `adam(...)`, whose JSON options take. */
function asOptions(message: string): string {
  return message.replace(/\b(\w+)\(\.\.\.\)/g, '{"type":"$1", ...}')
}
