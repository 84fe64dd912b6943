import { EngineError } from '../errors.js'
import { Heap } from './heap.js'
import { type Views, viewsOf } from './js/views.js'

const PAGE = 65536
const INITIAL_PAGES = 32
/** 4, 2 and 1 GiB: shared memory is reserved as a whole, which some runtimes refuse for the largest. */
const MAXIMA = [65536, 32768, 16384]

function createMemory(shared: boolean): { memory: WebAssembly.Memory; maximum: number } {
  let refusal: unknown
  for (const maximum of MAXIMA) {
    try {
      return { memory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared }), maximum }
    } catch (error) {
      refusal = error
    }
  }
  throw new EngineError(`The runtime gives no memory to wasm: ${(refusal as Error).message}`, {
    cause: refusal,
  })
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0)

/** The linear memory of one wasm engine: it grows as it is allocated from. */
export class WasmMemory {
  readonly memory: WebAssembly.Memory
  private readonly maximum: number
  private current: Views

  constructor(
    private readonly engineName: string,
    shared: boolean,
  ) {
    const { memory, maximum } = createMemory(shared)
    this.memory = memory
    this.maximum = maximum
    this.current = viewsOf(memory.buffer)
  }

  get views(): Views {
    return this.current
  }

  /** A heap of all memory from the address `base` on. */
  heapFrom(base: number): Heap {
    return new Heap(base, (end) => this.grow(end))
  }

  private grow(end: number): void {
    const { memory } = this
    const pages = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE
    if (pages <= 0) return
    try {
      memory.grow(pages)
    } catch (error) {
      const [wanted, has, most] = [end, memory.buffer.byteLength, this.maximum * PAGE].map(mebibytes)
      throw new EngineError(
        `The ${this.engineName} engine needs ${wanted} MiB of memory and has ${has}; the runtime refused to give more (this memory can hold at most ${most} MiB).`,
        { cause: error },
      )
    }
    this.current = viewsOf(memory.buffer)
  }
}
