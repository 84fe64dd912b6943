/** Compiles the variants of the numeric core that asconfig.json names. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { root, sourcesIn, write } from './paths.mjs'
import { cached, step } from './steps.mjs'

/** Every variant, the one that takes longest first. */
export const variants = ['scalar', 'simd', 'threads', 'relaxed', 'relaxed-threads']

const fileOf = (variant) => `build/core/${variant}.wasm`
const inlinedOf = (variant) => `src/engine/cores/${variant}.generated.ts`

/** What a variant is made from: its wasm is as old as the oldest of these needs it to be. */
function inputsOf(variant) {
  const tools = [
    'package-lock.json',
    'asconfig.json',
    'scripts/build/cores.mjs',
    'scripts/build/core-worker.mjs',
  ]
  const lowering = variant === 'scalar' ? ['scripts/build/lower-simd.mjs'] : []
  return [...tools, ...lowering, ...sourcesIn('assembly')]
}

/**
 * Compiles those of `wanted` that have changed, as many at a time as there are processors. A thread that has compiled one
 * keeps the compiler warm for the next.
 */
export async function buildCores(wanted) {
  const crew = new Crew()
  try {
    await Promise.all(
      wanted.map((variant) => cached(fileOf(variant), inputsOf(variant), () => crew.compile(variant))),
    )
  } finally {
    crew.dismiss()
  }
  for (const variant of wanted) {
    const base64 = readFileSync(join(root, fileOf(variant)), 'base64')
    write(
      inlinedOf(variant),
      `// Written by scripts/build/cores.mjs from ${fileOf(variant)}.\nexport const base64 =\n  '${base64}'\n`,
    )
  }
}

/** The variants that were compiled at some time, for what can do without the others. */
export function compiledVariants() {
  return variants.filter((variant) => existsSync(join(root, inlinedOf(variant))))
}

/** Threads that compile, created when there is work for them. */
class Crew {
  idle = []
  waiting = []
  workers = []

  async compile(variant) {
    const worker = await this.#take()
    const failure = await step(`core ${variant}`, () => {
      worker.postMessage(variant)
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    })
    worker.removeAllListeners('error')
    this.#giveBack(worker)
    if (failure) throw new Error(`The core ${variant} could not be compiled:\n${failure}`)
  }

  dismiss() {
    for (const worker of this.workers) worker.terminate()
  }

  #take() {
    if (this.idle.length > 0) return this.idle.pop()
    if (this.workers.length === availableParallelism()) {
      return new Promise((resolve) => this.waiting.push(resolve))
    }
    const worker = new Worker(new URL('./core-worker.mjs', import.meta.url))
    this.workers.push(worker)
    return worker
  }

  #giveBack(worker) {
    const next = this.waiting.shift()
    if (next) next(worker)
    else this.idle.push(worker)
  }
}
