/** What engines need of Node, Deno and Bun; see `runtime.ts`. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { ThreadWorker } from './runtime.js'
import { source } from './worker/worker.generated.js'

export function parallelism(): number {
  return availableParallelism()
}

export function hasWorkers(): boolean {
  return typeof Worker === 'function'
}

export function enableRelaxedSimd(): void {
  try {
    // Node 20 has it behind this flag.
    setFlagsFromString('--experimental-wasm-relaxed-simd')
  } catch {
    // A runtime on another engine than V8 has no such flags.
  }
}

export function createWorker(
  url: URL | string | undefined,
  onFailure: (reason: string) => void,
): ThreadWorker {
  // The flags of the process, such as loaders of TypeScript, are none of a worker's business.
  const settings = { execArgv: [], name: 'lanegrad' }
  const worker =
    url === undefined ? new Worker(source, { ...settings, eval: true }) : new Worker(url, settings)
  // A program that ends without closing its engine is not kept from ending.
  worker.unref()
  worker.on('error', (error) => onFailure(error.message))
  worker.on('exit', () => onFailure('it has ended'))
  return {
    start: (message) => worker.postMessage(message),
    async terminate() {
      await worker.terminate()
    },
  }
}
