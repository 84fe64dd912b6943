import type { Dataset } from '../data/dataset.js'
import { take } from '../data/splits.js'
import { dispose } from '../disposal.js'
import type { Engine } from '../engine/engine.js'
import type { Program } from '../program/builder.js'
import { instructionCost } from '../program/cost.js'
import { type BenchmarkEngine, openEngine } from './engines.js'
import { workloadTrainer } from './training.js'
import { type Measured, summarise } from './windows.js'
import type { Workload } from './workloads.js'

/** Steps of either kind before those that count. */
const WARM_UP = 2
/** Steps of either kind that count, however long they take. */
const LEAST = 5

/** Where one instruction of a training step spends time. Times are medians in seconds. */
export interface InstructionProfile {
  readonly from: string
  readonly instruction: string
  readonly seconds: number
  /** Part of the sum over all instructions. */
  readonly share: number
  /** Floating-point operations and bytes read and written, each a second, as `programCost` counts them. */
  readonly flops: number
  readonly bytes: number
}

/** Where a training step spends its time on one engine. */
export interface EngineProfile {
  readonly engine: BenchmarkEngine
  readonly threads: number
  readonly description: string
  /** Steps run as a whole, and as many instruction by instruction. */
  readonly steps: number
  /** A step run as a whole, in seconds. */
  readonly step: Measured
  /** Sum over the instructions: what is above the whole step is the cost of running and timing them one by one. */
  readonly sum: number
  readonly instructions: readonly InstructionProfile[]
}

export interface ProfileOptions {
  readonly workload: Workload
  readonly data: Dataset
  readonly engine: BenchmarkEngine
  readonly seconds: number
  /** Of the engines with threads; by default as many as the machine offers. */
  readonly threads?: number | undefined
  /** Ends the measurement after the step at hand. */
  readonly signal?: AbortSignal
}

/**
 * Trains a workload for about `seconds`, every other step instruction by instruction with a timer around each. Null when
 * it was stopped before a step of either kind was measured.
 * @throws EngineError when the engine cannot run here
 */
export async function profile(options: ProfileOptions): Promise<EngineProfile | null> {
  const { workload, seconds, signal } = options
  const engine = await openEngine(options.engine, options.threads)
  try {
    const { batchSize } = workload
    const data = take(options.data, Math.floor(options.data.count / batchSize) * batchSize)
    const timer = new StepTimer(engine)
    const trainer = workloadTrainer(workload, data, timer.engine)
    const program = trainer.trainingProgram(data)
    timer.program = program
    const enough = new AbortController()
    const started = performance.now()
    const onStep = () => {
      const isOver = performance.now() - started > seconds * 1000 && timer.parts.length >= WARM_UP + LEAST
      if (isOver || signal?.aborted) enough.abort()
    }
    while (!enough.signal.aborted) {
      for await (const _ of trainer.fit(data, { epochs: 1, onStep, signal: enough.signal })) {
        // The timer notes all that matters.
      }
    }
    const [whole, parts] = [timer.whole.slice(WARM_UP), timer.parts.slice(WARM_UP)]
    if (parts.length === 0) return null
    return { engine: options.engine, ...summary(engine, program, whole, parts) }
  } finally {
    engine.close()
  }
}

function summary(engine: Engine, program: Program, whole: number[], parts: number[][]) {
  const medians = program.instructions.map((_, i) => summarise(parts.map((step) => step[i]!)).median)
  const sum = medians.reduce((total, each) => total + each, 0)
  return {
    ...{ threads: engine.threads, description: engine.describe(), steps: parts.length },
    ...{ step: summarise(whole), sum },
    instructions: program.instructions.map((instruction, i) => {
      const { flops, bytes } = instructionCost(instruction)
      const seconds = medians[i]!
      return {
        ...{ from: instruction.origin, instruction: instruction.type.name, seconds, share: seconds / sum },
        ...{ flops: flops / seconds, bytes: bytes / seconds },
      }
    }),
  }
}

/** Stands between a trainer and its engine, and times the steps of one program. */
class StepTimer {
  /** The program whose runs are timed. */
  program: Program | null = null
  /** Seconds of each step that was run as a whole. */
  readonly whole: number[] = []
  /** [steps, instructions] seconds of the steps that were run instruction by instruction. */
  readonly parts: number[][] = []
  readonly engine: Engine

  constructor(private readonly inner: Engine) {
    this.engine = {
      name: inner.name,
      threads: inner.threads,
      get views() {
        return inner.views
      },
      allocate: (bytes) => inner.allocate(bytes),
      release: (address) => inner.release(address),
      run: (address, words) => this.run(address, words),
      describe: () => inner.describe(),
      close: () => inner.close(),
      [dispose]: () => inner.close(),
    }
  }

  private run(address: number, words: number): void {
    const places = this.instructionsAt(address, words)
    if (places === null) this.inner.run(address, words)
    else if (this.whole.length <= this.parts.length) this.whole.push(this.timed(address, words))
    else this.parts.push(places.map(([at, length]) => this.timed(at, length)))
  }

  private timed(address: number, words: number): number {
    const start = performance.now()
    this.inner.run(address, words)
    return (performance.now() - start) / 1000
  }

  /**
   * Address and length of each instruction of the timed program, or null when another one lies at `address`. Barriers,
   * which linking puts between them, are left out: each run of its own is one.
   */
  private instructionsAt(address: number, words: number): [number, number][] | null {
    const { i32 } = this.inner.views
    const expected = this.program?.instructions ?? []
    const places: [number, number][] = []
    for (let at = address >>> 2; at < (address >>> 2) + words; at += i32[at + 1]!) {
      if (i32[at] === expected[places.length]?.type.op) places.push([at * 4, i32[at + 1]!])
    }
    return expected.length > 0 && places.length === expected.length ? places : null
  }
}
