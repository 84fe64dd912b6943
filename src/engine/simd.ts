import { instantiate } from '@assemblyscript/loader'
import { EngineError } from '../errors.js'
import { type CoreSource, coreModule } from './cores.js'
import type { Engine } from './engine.js'
import { Heap } from './heap.js'
import { type Views, viewsOf } from './js/views.js'

const PAGE = 65536
const MAXIMUM_PAGES = 65536

/** What assembly/index.ts exports. */
interface CoreExports extends Record<string, unknown> {
  heapBase(): number
  run(program: number, words: number): void
  setScratch(address: number): void
  readonly SCRATCH_BYTES: { valueOf(): number }
}

/** The engine on the SIMD128 wasm core, one thread: the reference for every other. */
export async function createSimdEngine(source?: CoreSource): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: MAXIMUM_PAGES })
  const module = await coreModule('simd', source)
  const { exports } = await instantiate<CoreExports>(module, { env: { memory } })
  let views: Views = viewsOf(memory.buffer)
  let closed = false

  const heap = new Heap(exports.heapBase(), (end) => {
    const pages = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE
    if (pages <= 0) return
    try {
      memory.grow(pages)
    } catch (error) {
      const [wanted, has] = [end, memory.buffer.byteLength].map((bytes) => (bytes / 2 ** 20).toFixed(0))
      throw new EngineError(
        `The simd engine needs ${wanted} MiB of memory and has ${has}; the runtime refused to give more (a wasm memory holds at most 4096 MiB).`,
        { cause: error },
      )
    }
    views = viewsOf(memory.buffer)
  })
  exports.setScratch(heap.allocate(exports.SCRATCH_BYTES.valueOf()))

  return {
    name: 'simd',
    threads: 1,
    get views() {
      return views
    },
    allocate: (bytes) => heap.allocate(bytes),
    release: (address) => heap.release(address),
    run(program, words) {
      if (closed) throw new EngineError('The engine was closed and cannot run another program.')
      exports.run(program, words)
    },
    describe: () => 'simd: wasm SIMD128, one thread',
    close: () => {
      closed = true
    },
  }
}
