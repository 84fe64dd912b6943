import type { BenchmarkEngine } from '../benchmark/engines.js'
import type { BenchmarkResult, BenchmarkRun } from '../benchmark/run.js'

/** What the page tells the worker that measures. */
export type Order =
  | {
      readonly type: 'start'
      /** Groups or ids of benchmarks. */
      readonly only: readonly string[]
      /** All by default. */
      readonly engines: readonly BenchmarkEngine[]
      readonly windows: number
      readonly seconds: number
    }
  /** Ends after the window at hand. */
  | { readonly type: 'stop' }

/** What the worker tells the page. */
export type News =
  | {
      readonly type: 'progress'
      readonly done: number
      readonly secondsLeft: number
      /** What is being measured. */
      readonly label: string
    }
  | { readonly type: 'result'; readonly result: BenchmarkResult }
  | { readonly type: 'done'; readonly run: BenchmarkRun }
  | { readonly type: 'failed'; readonly reason: string }
