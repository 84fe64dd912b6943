import { dispose } from '../../disposal.js'
import { EngineError } from '../../errors.js'
import { closedError, type Engine } from '../engine.js'
import { Heap } from '../heap.js'
import { type Views, viewsOf } from './views.js'

/** Address 0 stands for "none", so the heap starts one cache line in. */
const HEAP_BASE = 64

/** What the addresses in a program reach. */
const MOST_BYTES = 2 ** 32

/** An engine named js on an ArrayBuffer; `run` runs the instructions in the `words` 32-bit words at `program`. */
export function createArrayEngine(run: (views: Views, program: number, words: number) => void): Engine {
  let views = viewsOf(new ArrayBuffer(1 << 20))
  let closed = false
  const heap = new Heap(HEAP_BASE, (end) => {
    if (end <= views.u8.length) return
    if (end > MOST_BYTES) {
      throw new EngineError(`The js engine needs ${end} bytes of memory, and 32-bit addresses reach 4 GiB.`)
    }
    let grown: ArrayBuffer
    try {
      grown = new ArrayBuffer(Math.max(end, Math.min(2 * views.u8.length, 2 ** 30)))
    } catch {
      throw new EngineError(`The js engine needs ${end} bytes of memory, which this runtime does not give.`)
    }
    const next = viewsOf(grown)
    next.u8.set(views.u8)
    views = next
  })
  return {
    name: 'js',
    threads: 1,
    get views() {
      return views
    },
    allocate(bytes) {
      if (closed) throw closedError()
      return heap.allocate(bytes)
    },
    release: (address) => heap.release(address),
    run(program, words) {
      if (closed) throw closedError()
      run(views, program, words)
    },
    describe: () => 'js: plain JavaScript, one thread',
    close() {
      closed = true
    },
    [dispose]() {
      this.close()
    },
  }
}
