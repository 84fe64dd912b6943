import type { Engine } from '../engine/engine.js'

/** What a speed counts, a second. */
export type Unit = 'FLOP' | 'elements' | 'samples'

export const groups = ['gemm', 'kernels', 'training', 'inference'] as const
export type Group = (typeof groups)[number]

/** Something whose speed is measured on every engine, with the same data and the same program. */
export interface Benchmark {
  /** Unique, without spaces. */
  readonly id: string
  readonly group: Group
  readonly title: string
  readonly unit: Unit
  /** Brings data and program into the engine's memory. */
  prepare(engine: Engine): Prepared
}

/** A benchmark in an engine's memory. */
export interface Prepared {
  /** Works for about `seconds`, at least once, and returns how many of the benchmark's units it did a second. */
  speed(seconds: number): number | Promise<number>
  /** Gives the memory back. */
  release(): void
}
