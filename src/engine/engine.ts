import type { Views } from './js/views.js'

/** Names of the engines; all but the relaxed ones give the same bits. */
export type EngineName = 'simd' | 'js'

/**
 * Runs programs over one linear memory. Views are replaced when memory grows, so they are read from the engine each time
 * and never kept across an `allocate`.
 */
export interface Engine {
  /** `double` is the double-precision engine that gradients are checked against. */
  readonly name: EngineName | 'double'
  readonly threads: number
  readonly views: Views
  /** Address of `bytes` new bytes, aligned to 64 and not cleared. Throws EngineError when memory cannot grow. */
  allocate(bytes: number): number
  /** Gives back what `allocate` returned. */
  release(address: number): void
  /** Runs the instructions in the `words` 32-bit words at `program`. */
  run(program: number, words: number): void
  /** One line: which engine this is, and why it was chosen. */
  describe(): string
  /** Frees the engine; nothing of it can be used afterwards. */
  close(): void
}
