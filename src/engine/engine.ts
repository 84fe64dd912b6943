/// <reference lib="esnext.disposable" preserve="true" />
import { EngineError } from '../errors.js'
import type { Buffer } from '../program/tensor.js'
import type { Schema } from '../schema/schema.js'
import { instance } from '../schema/values.js'
import type { Views } from './js/views.js'

/** Names of the engines. */
export const engineNames = ['threads', 'simd', 'scalar', 'js', 'relaxed', 'relaxed-threads'] as const

/** All but the relaxed engines give the same bits. */
export type EngineName = (typeof engineNames)[number]

/** Whether an engine's bits differ from one processor to another. */
export function isRelaxed(name: Engine['name']): boolean {
  return name.startsWith('relaxed')
}

/** Address of a buffer in an engine's memory. */
export type AddressOf = (buffer: Buffer) => number

/**
 * Runs programs over one linear memory. Views are replaced when memory grows, so they are read from the engine each time
 * and never kept across an `allocate`. The memory of engines with threads is shared: what takes no shared views, such as
 * `crypto.subtle` and `TextDecoder`, is given a copy.
 */
export interface Engine {
  /** `double` is the double-precision engine that gradients are checked against. */
  readonly name: EngineName | 'double'
  readonly threads: number
  readonly views: Views
  /**
   * Address of `bytes` new bytes, aligned to 64 and not cleared.
   * @throws EngineError when memory cannot grow, or the engine was closed
   */
  allocate(bytes: number): number
  /** Gives back what `allocate` returned. */
  release(address: number): void
  /**
   * Runs the instructions in the `words` 32-bit words at `program`.
   * @throws EngineError when the engine was closed, or when one of its threads has failed: memory can still be read then
   */
  run(program: number, words: number): void
  /**
   * Of engines with several threads: runs a program as `run` does, and returns nothing when it is done by then, as it
   * nearly always is. Where a thread keeps the others waiting it returns a promise of the end and lets other tasks in
   * meanwhile, so that the end of a worker is noticed at once. Until then other programs wait, and so does whoever looks
   * at memory.
   * @throws EngineError as `run`, at once or by the promise; no thread writes to memory any more then
   */
  runAsync?(program: number, words: number): Promise<void> | undefined
  /**
   * Of engines with several threads: runs a program that has no barriers on the calling thread alone, so that little work
   * wakes no other thread.
   * @throws EngineError when the engine was closed
   */
  runAlone?(program: number, words: number): void
  /** While a program that `runAsync` has begun is under way: resolves at its end, whatever comes of it. */
  readonly busy?: Promise<void> | undefined
  /** One line: which engine this is, and why it was chosen. */
  describe(): string
  /** Ends the engine and its threads: nothing can be run on it afterwards. A second time does nothing. */
  close(): void
  /** Closes it at the end of a block that it was declared in by `using`. */
  [Symbol.dispose](): void
}

/** Why a closed engine takes no memory and runs no program. */
export function closedError(): EngineError {
  return new EngineError('The engine was closed and cannot run another program.')
}

/** An argument that is an engine. */
export const anEngine: Schema<Engine> = instance<Engine>(
  'an engine, from await createEngine()',
  ...(['allocate', 'release', 'run', 'describe', 'close'] as const),
)
