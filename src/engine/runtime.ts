/**
 * What engines need of a browser and of runtimes like it. Package imports give `runtime.node.ts` in its place to Node,
 * Deno and Bun; both export the same functions.
 */
import type { ThreadStart } from './worker/thread.js'
import { source } from './worker/web.generated.js'

/** A worker that becomes one of an engine's threads. */
export interface ThreadWorker {
  start(message: ThreadStart): void
  /** Ends the worker; resolves when it has, where the runtime tells. */
  terminate(): Promise<void>
}

/** Number of threads that the machine offers. */
export function parallelism(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1
}

/** Whether workers can be created here. */
export function hasWorkers(): boolean {
  return typeof Worker === 'function'
}

/** Lets relaxed SIMD be compiled where a runtime has it behind a flag. */
export function enableRelaxedSimd(): void {}

/**
 * Creates a worker, from its script in this package or from `url`. `onFailure` is called with a reason if it cannot be
 * started or ends by itself.
 */
export function createWorker(
  url: URL | string | undefined,
  onFailure: (reason: string) => void,
): ThreadWorker {
  const worker = url === undefined ? inlinedWorker() : new Worker(url, { type: 'module' })
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    onFailure(event.message || 'its script could not be loaded')
  })
  return {
    start: (message) => worker.postMessage(message),
    terminate: async () => worker.terminate(),
  }
}

/** From a URL of its own making, so that no bundler or server has to know of a second file. */
function inlinedWorker(): Worker {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  try {
    return new Worker(url)
  } finally {
    // Revoked at once, some browsers would not find the script any more.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}
