import type { Heap } from './heap.js'
import type { WasmMemory } from './wasm-memory.js'
import { REASON_BYTES } from './worker/thread.js'

type Constant = { valueOf(): number }

/** Where things lie in the control block, as assembly/barrier.ts says. */
export interface ControlLayout {
  readonly FAILED: Constant
  readonly PROGRESS: Constant
  readonly PROGRESS_STRIDE: Constant
}

/** The part of shared memory by which threads wait for each other, as the host sees it. */
export class ControlBlock {
  readonly address: number
  /** Address of the word that names the thread which has failed. */
  readonly failed: number
  /** Address of where it says why. */
  readonly reason: number
  /** Of each thread's progress, in words. */
  private readonly progress: readonly number[]

  constructor(
    private readonly linear: WasmMemory,
    heap: Heap,
    layout: ControlLayout,
    private readonly threads: number,
  ) {
    const [first, stride] = [layout.PROGRESS.valueOf(), layout.PROGRESS_STRIDE.valueOf()]
    const bytes = first + threads * stride
    this.address = heap.allocate(bytes)
    this.reason = heap.allocate(REASON_BYTES)
    this.failed = this.address + layout.FAILED.valueOf()
    this.progress = Array.from(
      { length: threads },
      (_, index) => (this.address + first + index * stride) >>> 2,
    )
    linear.views.u8.fill(0, this.address, this.address + bytes)
    linear.views.u8.fill(0, this.reason, this.reason + REASON_BYTES)
    for (const at of this.progress) linear.views.i32[at] = -1
  }

  /** How many barriers all threads have come to, together. */
  get reached(): number {
    return this.progress.reduce((sum, at) => sum + this.read(at), 0)
  }

  /** The first thread that has not joined, or null. */
  get notJoined(): string | null {
    const index = this.progress.findIndex((at) => this.read(at) < 0)
    return index < 0 ? null : this.name(index)
  }

  /** The first thread that has not come as far as the first of them. */
  get missing(): string {
    const own = this.read(this.progress[0]!)
    return this.name(this.progress.findIndex((at) => this.read(at) !== own))
  }

  /** What a thread wrote down before it ended, or null. */
  get failure(): string | null {
    const { u8, i32 } = this.linear.views
    const index = this.read(this.failed >>> 2)
    if (index === 0) return null
    const start = this.reason + 4
    const text = new TextDecoder().decode(u8.slice(start, start + i32[this.reason >>> 2]!))
    return `${this.name(index)} has failed: ${text}`
  }

  name(index: number): string {
    return `thread ${index + 1} of ${this.threads}`
  }

  private read(at: number): number {
    return Atomics.load(this.linear.views.i32, at)
  }
}
