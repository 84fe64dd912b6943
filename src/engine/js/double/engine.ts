import { dispose } from '../../../disposal.js'
import { EngineError } from '../../../errors.js'
import { run } from '../../double.generated.js'
import type { Engine } from '../../engine.js'
import { Heap } from '../../heap.js'
import { type Views, viewsOf } from '../views.js'

/** Address 0 stands for "none", so the heap starts one cache line in. */
const HEAP_BASE = 64

/**
 * An engine that runs the same programs in double precision: the loops of the js engine without any rounding to float32.
 * It is what gradients are checked against, and shows in benchmarks what the rounding costs; its bits are its own.
 *
 * A float of a program keeps its address, but its value is a float64 in `views.f32`, which is a second memory with one
 * place for every 32-bit word of the first. Bytes and integers live in the first. So `views.f32` and `views.u8` are not
 * two views of one thing here: floats must be written and read as floats.
 */
export function createDoubleEngine(): Engine {
  let words = viewsOf(new ArrayBuffer(1 << 20))
  let floats = new Float64Array(words.i32.length)
  let views = viewsWith(words, floats)
  const heap = new Heap(HEAP_BASE, (end) => {
    if (end <= words.u8.length) return
    const bytes = Math.max(end, Math.min(2 * words.u8.length, 2 ** 30))
    try {
      const [grownWords, grownFloats] = [viewsOf(new ArrayBuffer(bytes)), new Float64Array(bytes / 4)]
      grownWords.u8.set(words.u8)
      grownFloats.set(floats)
      words = grownWords
      floats = grownFloats
    } catch {
      throw new EngineError(
        `The double engine needs ${3 * bytes} bytes of memory, which this runtime does not give.`,
      )
    }
    views = viewsWith(words, floats)
  })
  return {
    name: 'double',
    threads: 1,
    get views() {
      return views
    },
    allocate(bytes) {
      const address = heap.allocate(bytes)
      // Who clears new memory clears its bytes, which are not those of the floats.
      floats.fill(0, address >>> 2, (address + bytes + 3) >>> 2)
      return address
    },
    release: (address) => heap.release(address),
    run(program, count) {
      // Instructions carry float32 numbers among their words.
      const start = program >>> 2
      floats.set(words.f32.subarray(start, start + count), start)
      run(views, program, count)
    },
    describe: () => 'double: plain JavaScript in double precision, one thread',
    close: () => {
      words = viewsOf(new ArrayBuffer(0))
      floats = new Float64Array(0)
      views = viewsWith(words, floats)
    },
    [dispose]() {
      this.close()
    },
  }
}

function viewsWith(words: Views, floats: Float64Array): Views {
  return { ...words, f32: floats as unknown as Float32Array }
}
