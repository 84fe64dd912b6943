import { instantiate } from '@assemblyscript/loader'
import { createWorker } from '#runtime'
import { EngineError } from '../errors.js'
import { type CoreSource, coreModule } from './cores.js'
import type { Engine } from './engine.js'
import { Patience } from './patience.js'
import type { ThreadWorker } from './runtime.js'
import { WasmMemory } from './wasm-memory.js'
import { REASON_BYTES } from './worker/thread.js'

type Constant = { valueOf(): number }

/** What assembly/index.ts exports. */
interface CoreExports extends Record<string, unknown> {
  heapBase(): number
  setScratch(address: number): void
  joinThreads(index: number, count: number, control: number, spins: number): void
  spin(rounds: number): void
  start(program: number, end: number): number
  proceed(from: number, end: number): number
  stopOthers(): void
  readonly SCRATCH_BYTES: Constant
  readonly FAILED: Constant
  readonly PROGRESS: Constant
  readonly PROGRESS_STRIDE: Constant
}

const kinds = {
  threads: 'wasm SIMD128',
  'relaxed-threads': 'wasm relaxed SIMD',
} as const

/** Engines with several threads. */
export type ThreadsEngineName = keyof typeof kinds

export interface ThreadsOptions {
  readonly core?: CoreSource | undefined
  /** The script of a worker; by default the one inside this package. */
  readonly worker?: URL | string | undefined
  /** Processors on offer; with fewer than threads nobody spins for long. */
  readonly processors: number
  /** Milliseconds that workers may take to start. */
  readonly startLimit?: number
  /** Least milliseconds without any progress after which a thread is given up as dead. */
  readonly deathLimit?: number
  readonly createWorker?: typeof createWorker
}

/** How long a thread spins before it sleeps, in microseconds: as long as two sleeps and wakes take. */
const SPIN = 100
/** Rounds that are timed, and the fewest that are spun. */
const TIMED_ROUNDS = 20_000
const FEW_ROUNDS = 200

const START_LIMIT = 15_000
const DEATH_LIMIT = 10_000

/** Rounds of spinning that take about SPIN microseconds. */
function spinRounds(core: CoreExports, threads: number, processors: number): number {
  if (threads > processors) return FEW_ROUNDS
  // The first time it is compiled, or not yet compiled well.
  core.spin(TIMED_ROUNDS)
  const started = performance.now()
  core.spin(TIMED_ROUNDS)
  const microseconds = Math.max((performance.now() - started) * 1000, 1)
  return Math.max(Math.trunc((TIMED_ROUNDS * SPIN) / microseconds), FEW_ROUNDS)
}

/**
 * An engine on a wasm core whose threads all run the same program, each its share of every instruction. The thread that
 * calls `run` is the first of them; the others are workers, which sleep inside wasm between programs.
 * @throws EngineError when a worker cannot be started.
 */
export async function createThreadsEngine(
  name: ThreadsEngineName,
  threads: number,
  options: ThreadsOptions,
): Promise<Engine> {
  const linear = new WasmMemory(name, true)
  const { memory } = linear
  const module = await coreModule(name, options.core)
  const { exports: core } = await instantiate<CoreExports>(module, { env: { memory } })
  const heap = linear.heapFrom(core.heapBase())
  const [progress, stride] = [core.PROGRESS.valueOf(), core.PROGRESS_STRIDE.valueOf()]
  const controlBytes = progress + threads * stride
  const control = heap.allocate(controlBytes)
  const reason = heap.allocate(REASON_BYTES)
  const failed = control + core.FAILED.valueOf()
  linear.views.u8.fill(0, control, control + controlBytes)
  linear.views.u8.fill(0, reason, reason + REASON_BYTES)

  const progressAt = Array.from(
    { length: threads },
    (_, index) => (control + progress + index * stride) >>> 2,
  )
  for (const at of progressAt) linear.views.i32[at] = -1
  const progressOf = (index: number) => Atomics.load(linear.views.i32, progressAt[index]!)

  /** Why the engine can no longer run anything. */
  let broken: string | null = null
  /** What is known of a thread that has ended by itself. */
  let lost: string | null = null
  let closed = false
  const workers: ThreadWorker[] = []
  const thread = (index: number) => `thread ${index + 1} of ${threads}`

  function end(): void {
    core.stopOthers()
    for (const worker of workers.splice(0)) worker.terminate()
  }

  function fail(message: string, cause?: unknown): never {
    broken = message
    end()
    throw new EngineError(message, { cause })
  }

  /** What a thread wrote down before it ended. */
  function recordedFailure(): string | null {
    const { u8, i32 } = linear.views
    const index = Atomics.load(i32, failed >>> 2)
    if (index === 0) return null
    const text = new TextDecoder().decode(u8.slice(reason + 4, reason + 4 + i32[reason >>> 2]!))
    return `${thread(index)} has failed: ${text}`
  }

  /** The first of the threads that are not as far as this one. */
  function missing(): string {
    return thread(progressAt.findIndex((_, index) => progressOf(index) !== progressOf(0)))
  }

  const problem = (text: string) =>
    `The ${name} engine cannot go on: ${text}. Weights can still be read; to train on, create another engine.`

  core.joinThreads(0, threads, control, 0)
  const spins = spinRounds(core, threads, options.processors)
  core.joinThreads(0, threads, control, spins)
  core.setScratch(heap.allocate(core.SCRATCH_BYTES.valueOf()))
  for (let index = 1; index < threads; index++) {
    const scratch = heap.allocate(core.SCRATCH_BYTES.valueOf())
    const onFailure = (text: string) => {
      lost ??= `${thread(index)} has failed: ${text}`
    }
    try {
      const worker = (options.createWorker ?? createWorker)(options.worker, onFailure)
      workers.push(worker)
      worker.start({ module, memory, index, count: threads, control, scratch, failed, reason, spins })
    } catch (error) {
      onFailure((error as Error).message)
    }
  }
  const limit = performance.now() + (options.startLimit ?? START_LIMIT)
  while (progressAt.some((_, index) => progressOf(index) < 0)) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const late = performance.now() > limit ? `${missing()} did not start in time` : null
    const trouble = recordedFailure() ?? lost ?? late
    if (trouble !== null) fail(`The ${name} engine could not start: ${trouble}.`)
  }

  return {
    name,
    threads,
    get views() {
      return linear.views
    },
    allocate: (bytes) => heap.allocate(bytes),
    release: (address) => heap.release(address),
    run(program, words) {
      if (closed) throw new EngineError('The engine was closed and cannot run another program.')
      if (broken === null && lost !== null) fail(problem(lost))
      if (broken !== null) throw new EngineError(broken)
      const last = program + words * 4
      try {
        const patience = new Patience(options.deathLimit ?? DEATH_LIMIT)
        for (let at = core.start(program, last); at !== 0; at = core.proceed(at, last)) {
          const failure = recordedFailure()
          if (failure !== null) fail(problem(failure))
          const reached = progressAt.reduce((sum, _, index) => sum + progressOf(index), 0)
          if (patience.isOver(reached)) fail(problem(`${missing()} does not answer, it must have ended`))
        }
      } catch (error) {
        if (error instanceof EngineError) throw error
        fail(problem(`thread 1 of ${threads} has failed: ${String(error)}`), error)
      }
    },
    describe: () => `${name}: ${kinds[name]}, ${threads} threads`,
    close() {
      if (closed) return
      closed = true
      end()
    },
  }
}
