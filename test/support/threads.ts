import { instantiate } from '@assemblyscript/loader'
import { coreModule } from '../../src/engine/cores.js'
import type { Engine } from '../../src/engine/engine.js'
import { Heap } from '../../src/engine/heap.js'
import { viewsOf } from '../../src/engine/js/views.js'
import { barrier } from '../../src/program/instructions.js'

interface Core extends Record<string, unknown> {
  heapBase(): number
  run(program: number, words: number): void
  setScratch(address: number): void
  setThread(index: number, count: number): void
  readonly SCRATCH_BYTES: { valueOf(): number }
}

const PAGE = 65536

/** Does one thread's share of the `words` words at `program`. */
type RunShare = (program: number, words: number, thread: number) => void

/** An engine of `bytes` bytes on one thread whose programs are run by `run`, which is given what does a share. */
async function createEngineOf(
  threads: number,
  bytes: number,
  description: string,
  run: (engine: Engine, share: RunShare, program: number, words: number) => void,
): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) + 32, maximum: PAGE })
  const module = await coreModule('simd')
  const { exports } = await instantiate<Core>(module, { env: { memory } })
  const heap = new Heap(exports.heapBase(), (end) => {
    if (end > memory.buffer.byteLength) throw new RangeError(`${end} bytes are more than this engine has.`)
  })
  exports.setScratch(heap.allocate(exports.SCRATCH_BYTES.valueOf()))
  const share: RunShare = (program, words, thread) => {
    exports.setThread(thread, threads)
    exports.run(program, words)
  }
  const engine: Engine = {
    name: 'simd',
    threads,
    views: viewsOf(memory.buffer),
    allocate: (size) => heap.allocate(size),
    release: (address) => heap.release(address),
    run: (program, words) => run(engine, share, program, words),
    describe: () => description,
    close: () => {},
    [Symbol.dispose]: () => {},
  }
  return engine
}

/**
 * An engine that runs a program once for each of `threads` shares, last share first, on one thread: what kernels write
 * must not depend on the number of shares, nor on their order. Its memory holds `bytes`.
 */
export function createSharesEngine(threads: number, bytes: number): Promise<Engine> {
  return createEngineOf(threads, bytes, `simd: ${threads} shares in turn`, (_, share, program, words) => {
    for (let thread = threads - 1; thread >= 0; thread--) share(program, words, thread)
  })
}

/**
 * An engine that does all shares of all instructions between two barriers in a random order, as threads may do them. Its
 * memory holds `bytes`.
 */
export function createDisorderedEngine(
  threads: number,
  bytes: number,
  draw: (low: number, high: number) => number,
): Promise<Engine> {
  return createEngineOf(
    threads,
    bytes,
    `simd: ${threads} shares in disorder`,
    (engine, share, program, words) => {
      for (const group of groupsOf(engine, program, words)) {
        const waiting = group.flatMap((instruction) =>
          Array.from({ length: threads }, (_, thread) => ({ ...instruction, thread })),
        )
        while (waiting.length > 0) {
          const [next] = waiting.splice(draw(0, waiting.length - 1), 1)
          share(next!.at, next!.length, next!.thread)
        }
      }
    },
  )
}

/** The instructions of a linked program, those between two barriers together. */
function groupsOf({ views }: Engine, program: number, words: number) {
  const groups: { at: number; length: number }[][] = [[]]
  for (let at = program; at < program + words * 4; ) {
    const [op, length] = views.i32.subarray(at >>> 2, (at >>> 2) + 2)
    if (op === barrier.op) groups.push([])
    else groups.at(-1)!.push({ at, length: length! })
    at += length! * 4
  }
  return groups
}
