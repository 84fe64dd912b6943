import { dispose } from '../disposal.js'
import { EngineError } from '../errors.js'
import type { CoreSource } from './core-source.js'
import { coreExports, coreModule } from './cores.js'
import { closedError, type Engine, type EngineName, isRelaxed } from './engine.js'
import { WasmMemory } from './wasm-memory.js'

/** What assembly/index.ts exports. */
interface CoreExports extends Record<string, unknown> {
  heapBase(): number
  run(program: number, words: number): void
  setScratch(address: number): void
  fusesMultiplyAdd(): number
  readonly SCRATCH_BYTES: { valueOf(): number }
}

const kinds = {
  simd: 'wasm SIMD128',
  scalar: 'wasm without SIMD',
  relaxed: 'wasm relaxed SIMD',
} as const

/** Whether multiply-add rounds once, which machine and runtime decide: of relaxed engines, for `describe`. */
export function fusing(name: EngineName, fused: boolean): string {
  if (!isRelaxed(name)) return ''
  return fused ? ', multiply-add fused here' : ', multiply-add not fused here'
}

/** Engines on a wasm core with one thread. */
export type WasmEngineName = keyof typeof kinds

/** An engine on a wasm core, one thread. */
export async function createWasmEngine(name: WasmEngineName, source?: CoreSource): Promise<Engine> {
  const linear = new WasmMemory(name, false)
  const module = await coreModule(name, source)
  const exports = await coreExports<CoreExports>(module, linear.memory)
  const heap = linear.heapFrom(exports.heapBase())
  exports.setScratch(heap.allocate(exports.SCRATCH_BYTES.valueOf()))
  const fused = fusing(name, exports.fusesMultiplyAdd() !== 0)
  let closed = false

  const engine: Engine = {
    name,
    threads: 1,
    get views() {
      return linear.views
    },
    allocate(bytes) {
      if (closed) throw closedError()
      return heap.allocate(bytes)
    },
    release: (address) => heap.release(address),
    run(program, words) {
      if (closed) throw closedError()
      try {
        exports.run(program, words)
      } catch (error) {
        throw new EngineError(`The ${name} engine has failed: ${String(error)}`, { cause: error })
      }
    },
    describe: () => `${name}: ${kinds[name]}${fused}, one thread`,
    close() {
      closed = true
    },
    [dispose]() {
      this.close()
    },
  }
  return engine
}

/** The engine on the SIMD128 wasm core, one thread: the reference for every other. */
export function createSimdEngine(source?: CoreSource): Promise<Engine> {
  return createWasmEngine('simd', source)
}
