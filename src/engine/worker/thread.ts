/** What a worker is sent to become a thread of an engine. */
export interface ThreadStart {
  readonly module: WebAssembly.Module
  /** Shared by all threads. */
  readonly memory: WebAssembly.Memory
  readonly index: number
  readonly count: number
  /** Addresses in `memory`. */
  readonly control: number
  readonly scratch: number
  readonly failed: number
  readonly reason: number
  readonly spins: number
}

/** Bytes for the words of a failure: how many there are (int32), then UTF-8. */
export const REASON_BYTES = 512

interface ThreadExports {
  setScratch(address: number): void
  joinThreads(index: number, count: number, control: number, spins: number): void
  work(): void
}

/**
 * All that a worker does: it runs its part of every program until the engine is closed. Between programs it sleeps inside
 * wasm, so it never looks at another message. What goes wrong is written down in the shared memory, since whoever waits
 * there for this thread sees no events.
 */
export function runThread(start: ThreadStart): void {
  try {
    const { module, memory, index, count, control, scratch, spins } = start
    const core = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ThreadExports
    core.setScratch(scratch)
    core.joinThreads(index, count, control, spins)
    core.work()
  } catch (error) {
    reportFailure(start, String(error))
  }
}

function reportFailure({ memory, index, failed, reason }: ThreadStart, text: string): void {
  const bytes = new TextEncoder().encode(text).subarray(0, REASON_BYTES - 4)
  new Uint8Array(memory.buffer, reason + 4, REASON_BYTES - 4).set(bytes)
  new Int32Array(memory.buffer, reason, 1)[0] = bytes.length
  Atomics.compareExchange(new Int32Array(memory.buffer, failed, 1), 0, 0, index)
}
