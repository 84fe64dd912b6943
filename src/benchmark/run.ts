import type { Dataset } from '../data/dataset.js'
import { builtInDigits } from '../data/digits.js'
import type { Engine } from '../engine/engine.js'
import type { Benchmark, Group, Prepared, Unit } from './benchmark.js'
import { type BenchmarkEngine, openEngine } from './engines.js'
import { gemmBenchmarks } from './gemm.js'
import { inferenceBenchmarks } from './inference.js'
import { kernelBenchmarks } from './kernels.js'
import { trainingBenchmarks } from './training.js'
import { type Measured, ratios, summarise } from './windows.js'

/** Number of the digits. */
const DIGITS = 4000
/** Windows of all but training are shorter than those of training by this factor: their work is more even. */
const SHORTER = 5

/** What training takes its batches from: drawn digits, which are everywhere the same and as sparse as MNIST's. */
export function benchmarkDigits(): Dataset {
  return builtInDigits({ train: DIGITS, test: 1 }).train
}

/** All benchmarks, in the order in which they run. */
export function allBenchmarks(): readonly Benchmark[] {
  return [
    ...gemmBenchmarks,
    ...kernelBenchmarks,
    ...trainingBenchmarks(benchmarkDigits),
    ...inferenceBenchmarks(benchmarkDigits),
  ]
}

/** Those whose group or id is among `names`, in whatever case. */
export function selectBenchmarks(all: readonly Benchmark[], names: readonly string[]): readonly Benchmark[] {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  return all.filter(({ id, group }) => wanted.has(id.toLowerCase()) || wanted.has(group))
}

export interface BenchmarkOptions {
  readonly benchmarks: readonly Benchmark[]
  readonly engines: readonly BenchmarkEngine[]
  /** Windows that count, of each benchmark on each engine; one more before them does not. */
  readonly windows: number
  /** Length of a window of training; all others get a fifth. */
  readonly seconds: number
  /** Of the engines with threads; by default as many as the machine offers. */
  readonly threads?: number | undefined
  /** Ends the run after the window at hand; what was measured completely is returned. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BenchmarkProgress) => void
  readonly onResult?: (result: BenchmarkResult) => void
}

export interface BenchmarkProgress {
  readonly benchmark: Benchmark
  readonly engine: BenchmarkEngine
  /** 0 to 1 */
  readonly done: number
  /** Estimated from the time so far. */
  readonly secondsLeft: number
}

/** The speed of a benchmark on one engine, or why it failed there. */
export type Speed = (Measured & { readonly ratio: number | null }) | { readonly error: string }

/** One benchmark on every engine: units a second, and the median ratio to `js` where that was measured. */
export interface BenchmarkResult {
  readonly id: string
  readonly group: Group
  readonly title: string
  readonly unit: Unit
  readonly engines: Partial<Record<BenchmarkEngine, Speed>>
}

export interface EngineInfo {
  readonly name: BenchmarkEngine
  readonly threads: number
  readonly description: string
}

export interface BenchmarkRun {
  readonly windows: number
  readonly seconds: number
  readonly engines: readonly EngineInfo[]
  /** Engines that were asked for and cannot run here, each with one sentence why. */
  readonly unavailable: readonly { readonly name: BenchmarkEngine; readonly reason: string }[]
  readonly results: readonly BenchmarkResult[]
  /** False when the run was stopped before its end. */
  readonly complete: boolean
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Measures every benchmark on every engine that runs here, engine after engine, window after window. */
export async function runBenchmarks(options: BenchmarkOptions): Promise<BenchmarkRun> {
  const { benchmarks, windows, seconds } = options
  const engines = new Map<BenchmarkEngine, Engine>()
  const unavailable: { name: BenchmarkEngine; reason: string }[] = []
  try {
    for (const name of options.engines) {
      try {
        engines.set(name, await openEngine(name, options.threads))
      } catch (error) {
        unavailable.push({ name, reason: reasonOf(error) })
      }
    }
    const results: BenchmarkResult[] = []
    const pace = new Pace(benchmarks, seconds)
    for (const benchmark of benchmarks) {
      const result = await measure(benchmark, engines, options, (engine, share) => {
        options.onProgress?.({ benchmark, engine, ...pace.at(benchmark, share) })
      })
      if (!result) break
      results.push(result)
      options.onResult?.(result)
    }
    return {
      ...{ windows, seconds, unavailable, results, complete: results.length === benchmarks.length },
      engines: [...engines].map(([name, engine]) => ({
        ...{ name, threads: engine.threads, description: engine.describe() },
      })),
    }
  } finally {
    for (const engine of engines.values()) engine.close()
  }
}

function windowOf({ group }: Benchmark, seconds: number): number {
  return group === 'training' ? seconds : seconds / SHORTER
}

/** How far a run is, and how long the rest will take if it goes on as so far. */
class Pace {
  private readonly started = performance.now()
  private readonly planned: readonly number[]
  private readonly total: number

  constructor(
    private readonly benchmarks: readonly Benchmark[],
    seconds: number,
  ) {
    this.planned = benchmarks.map((benchmark) => windowOf(benchmark, seconds))
    this.total = this.planned.reduce((sum, each) => sum + each, 0)
  }

  /** When the share `share` of a benchmark's windows is done. */
  at(benchmark: Benchmark, share: number): { done: number; secondsLeft: number } {
    const index = this.benchmarks.indexOf(benchmark)
    const before = this.planned.slice(0, index).reduce((sum, each) => sum + each, 0)
    const done = (before + share * this.planned[index]!) / this.total
    const elapsed = (performance.now() - this.started) / 1000
    return { done, secondsLeft: (elapsed / done) * (1 - done) }
  }
}

/** Lets other tasks of the runtime in: a signal is noticed, a page's messages are read. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** Null when the run was stopped before all windows of the benchmark were done. */
async function measure(
  benchmark: Benchmark,
  engines: ReadonlyMap<BenchmarkEngine, Engine>,
  { windows, seconds, signal }: BenchmarkOptions,
  onWindow: (engine: BenchmarkEngine, share: number) => void,
): Promise<BenchmarkResult | null> {
  const prepared = new Map<BenchmarkEngine, Prepared>()
  const found = new Map<BenchmarkEngine, number[]>()
  const errors = new Map<BenchmarkEngine, string>()
  const names = [...engines.keys()]
  const attempt = async (name: BenchmarkEngine, work: () => void | Promise<void>) => {
    try {
      await work()
    } catch (error) {
      errors.set(name, reasonOf(error))
    }
  }
  try {
    for (const [name, engine] of engines) {
      await attempt(name, () => {
        prepared.set(name, benchmark.prepare(engine))
        found.set(name, [])
      })
    }
    // One window before those that count: code is compiled, memory touched.
    for (let window = -1; window < windows; window++) {
      for (const [index, name] of names.entries()) {
        await turn()
        if (signal?.aborted) return null
        if (!errors.has(name)) {
          await attempt(name, async () => {
            const speed = await prepared.get(name)!.speed(windowOf(benchmark, seconds))
            if (window >= 0) found.get(name)!.push(speed)
          })
        }
        const done = (window + 1) * names.length + index + 1
        onWindow(name, done / ((windows + 1) * names.length))
      }
    }
    return resultOf(benchmark, names, found, errors)
  } finally {
    for (const each of prepared.values()) each.release()
  }
}

function resultOf(
  { id, group, title, unit }: Benchmark,
  names: readonly BenchmarkEngine[],
  found: ReadonlyMap<BenchmarkEngine, readonly number[]>,
  errors: ReadonlyMap<BenchmarkEngine, string>,
): BenchmarkResult {
  const base = errors.has('js') ? undefined : found.get('js')
  const engines: Partial<Record<BenchmarkEngine, Speed>> = {}
  for (const name of names) {
    const error = errors.get(name)
    const values = found.get(name)!
    engines[name] =
      error === undefined
        ? { ...summarise(values), ratio: base ? ratios(values, base).median : null }
        : { error }
  }
  return { id, group, title, unit, engines }
}
