import { createWorker } from '#runtime'
import { dispose, whenForgotten } from '../disposal.js'
import { EngineError } from '../errors.js'
import { ControlBlock, type ControlLayout } from './control-block.js'
import type { CoreSource } from './core-source.js'
import { coreExports, coreModule } from './cores.js'
import { closedError, type Engine } from './engine.js'
import type { ThreadWorker } from './runtime.js'
import { type ProgramCore, ThreadRuns, type Workers } from './thread-runs.js'
import { fusing } from './wasm.js'
import { WasmMemory } from './wasm-memory.js'

/** What assembly/index.ts exports. */
interface CoreExports extends ControlLayout, ProgramCore, Record<string, unknown> {
  heapBase(): number
  setScratch(address: number): void
  fusesMultiplyAdd(): number
  run(program: number, words: number): void
  setThread(index: number, count: number): void
  joinThreads(index: number, count: number, control: number, spins: number): void
  readonly SCRATCH_BYTES: { valueOf(): number }
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

/**
 * Rounds that a thread spins before it sleeps, about 100 us, and where threads outnumber processors: in half that time a
 * sleeper wakes, so that one late thread does not put all others to sleep at every barrier that follows.
 */
const SPINS = 100_000
const FEW_SPINS = 200

const START_LIMIT = 15_000
const DEATH_LIMIT = 10_000

/** Ends the threads of engines that nobody can reach any more and nobody has closed. */
const forgotten = whenForgotten<ThreadRuns>((runs) => runs.close())

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

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
  const crew = new Crew(threads, options)
  try {
    const linear = new WasmMemory(name, true)
    const { memory } = linear
    const module = await coreModule(name, options.core)
    const core = await coreExports<CoreExports>(module, memory)
    const fused = fusing(name, core.fusesMultiplyAdd() !== 0)
    const heap = linear.heapFrom(core.heapBase())
    const control = new ControlBlock(linear, heap, core, threads)
    const spins = threads > options.processors ? FEW_SPINS : SPINS
    // Before any worker has the memory: one that grows while they start is soonest misread.
    const scratches = Array.from({ length: threads }, () => heap.allocate(core.SCRATCH_BYTES.valueOf()))
    core.joinThreads(0, threads, control.address, spins)
    core.setScratch(scratches[0]!)
    const { failed, reason } = control
    crew.start((index) => ({
      ...{ module, memory, index, count: threads, control: control.address },
      ...{ scratch: scratches[index]!, failed, reason, spins },
    }))

    const limit = performance.now() + (options.startLimit ?? START_LIMIT)
    for (let idle = control.notJoined; idle !== null; idle = control.notJoined) {
      const late = performance.now() > limit ? `${idle} did not start in time` : null
      const trouble = control.failure ?? crew.lost ?? late
      if (trouble !== null) throw new EngineError(`The ${name} engine could not start: ${trouble}.`)
      await pause(1)
    }

    const runs = new ThreadRuns(name, core, control, crew, options.deathLimit ?? DEATH_LIMIT)
    const engine: Engine = {
      name,
      threads,
      get views() {
        runs.settle()
        return linear.views
      },
      get busy() {
        return runs.busy
      },
      allocate(bytes) {
        if (runs.closed) throw closedError()
        return heap.allocate(bytes)
      },
      release(address) {
        runs.settle()
        heap.release(address)
      },
      run: (program, words) => runs.run(program, words),
      runAsync: (program, words) => runs.runAsync(program, words),
      runAlone(program, words) {
        runs.settle()
        if (runs.closed) throw closedError()
        core.setThread(0, 1)
        try {
          core.run(program, words)
        } catch (error) {
          throw new EngineError(`The ${name} engine has failed: ${String(error)}`, { cause: error })
        } finally {
          core.setThread(0, threads)
        }
      },
      describe: () => `${name}: ${kinds[name]}${fused}, ${threads} threads`,
      close: () => runs.close(),
      [dispose]: () => runs.close(),
    }
    forgotten.register(engine, runs)
    return engine
  } catch (error) {
    void crew.end()
    throw error
  }
}

/** The workers of an engine: created at once, so that they come up while the core is compiled. */
class Crew implements Workers {
  /** What is known of one that could not be created, or has ended. */
  lost: string | null = null
  private readonly workers: ThreadWorker[] = []

  constructor(threads: number, options: ThreadsOptions) {
    for (let index = 1; index < threads; index++) {
      const onFailure = (text: string) => {
        this.lost ??= `thread ${index + 1} of ${threads} has failed: ${text}`
      }
      try {
        this.workers.push((options.createWorker ?? createWorker)(options.worker, onFailure))
      } catch (error) {
        onFailure((error as Error).message)
        return
      }
    }
  }

  start(messageFor: (index: number) => Parameters<ThreadWorker['start']>[0]): void {
    for (const [i, worker] of this.workers.entries()) worker.start(messageFor(i + 1))
  }

  /** Ends all workers, and resolves when they have. */
  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }
}
