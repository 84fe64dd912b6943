import { instantiate } from '@assemblyscript/loader'
import { coreModule } from '../../src/engine/cores.js'
import type { Engine } from '../../src/engine/engine.js'
import { Heap } from '../../src/engine/heap.js'
import { viewsOf } from '../../src/engine/js/views.js'

interface Core extends Record<string, unknown> {
  heapBase(): number
  run(program: number, words: number): void
  setScratch(address: number): void
  setThread(index: number, count: number): void
  readonly SCRATCH_BYTES: { valueOf(): number }
}

const PAGE = 65536

/**
 * An engine that runs a program once for each of `threads` shares, last share first, on one thread: what kernels write
 * must not depend on the number of shares, nor on their order. Its memory holds `bytes`.
 */
export async function createSharesEngine(threads: number, bytes: number): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) + 32, maximum: PAGE })
  const module = await coreModule('simd')
  const { exports } = await instantiate<Core>(module, { env: { memory } })
  const heap = new Heap(exports.heapBase(), (end) => {
    if (end > memory.buffer.byteLength) throw new RangeError(`${end} bytes are more than this engine has.`)
  })
  exports.setScratch(heap.allocate(exports.SCRATCH_BYTES.valueOf()))
  return {
    name: 'simd',
    threads,
    views: viewsOf(memory.buffer),
    allocate: (size) => heap.allocate(size),
    release: (address) => heap.release(address),
    run(program, words) {
      for (let index = threads - 1; index >= 0; index--) {
        exports.setThread(index, threads)
        exports.run(program, words)
      }
    },
    describe: () => `simd: ${threads} shares in turn`,
    close: () => {},
  }
}
