import { InterruptedError } from './errors.js'
import { ExitCode } from './exit-codes.js'

/** Ctrl-C while a command runs. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Gives Ctrl-C back its usual meaning. */
  release(): void
}

/** Turns the first Ctrl-C into an aborted signal, and lets `onInterrupt` say so; the second ends the process. */
export function catchInterrupt(onInterrupt: () => void = () => {}): Interrupt {
  const controller = new AbortController()
  const listener = () => {
    if (controller.signal.aborted) process.exit(ExitCode.Interrupted)
    controller.abort(new InterruptedError('Stopped by Ctrl-C.'))
    onInterrupt()
  }
  process.on('SIGINT', listener)
  return {
    signal: controller.signal,
    release: () => process.off('SIGINT', listener),
  }
}
