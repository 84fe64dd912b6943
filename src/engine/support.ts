/** What a runtime must have for each engine. */
import { enableRelaxedSimd, hasWorkers } from '#runtime'
import { type EngineName, engineNames } from './engine.js'

/** True, or one sentence that says what is missing. */
export type Support = true | string

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** The smallest module that uses a SIMD instruction: `(func (drop (v128.const i64x2 0 0)))`. */
const simdProbe = Uint8Array.of(
  ...header,
  ...[1, 4, 1, 0x60, 0, 0], // one type: () -> ()
  ...[3, 2, 1, 0], // one function of it
  ...[10, 23, 1, 21, 0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b], // v128.const, drop, end
)

/** `(func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))` */
const relaxedProbe = Uint8Array.of(
  ...header,
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
)

function wasm(): Support {
  return typeof WebAssembly === 'object' || 'This runtime has no WebAssembly.'
}

function simd(): Support {
  const found = wasm()
  if (found !== true) return found
  return WebAssembly.validate(simdProbe) || "This runtime's WebAssembly has no 128-bit SIMD."
}

function relaxed(): Support {
  const found = simd()
  if (found !== true) return found
  if (!WebAssembly.validate(relaxedProbe)) enableRelaxedSimd()
  return WebAssembly.validate(relaxedProbe) || "This runtime's WebAssembly has no relaxed SIMD."
}

/** Whether this thread may sleep until another wakes it: a browser's window may not. */
function maySleep(): boolean {
  try {
    // The word is not 1, so nothing is waited for.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
    return true
  } catch {
    return false
  }
}

function threads(): Support {
  if (typeof SharedArrayBuffer !== 'function') {
    const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
    return isolated === false
      ? 'Threads need shared memory, which browsers give only to pages that are cross-origin isolated: served with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.'
      : 'Threads need shared memory, and this runtime has no SharedArrayBuffer.'
  }
  if (!hasWorkers()) return 'Threads need workers, which this runtime does not have.'
  if (!maySleep()) {
    return "Threads wait for each other, which a browser does not allow a page's own thread: create the engine in a worker, and train there."
  }
  return true
}

const both = (first: Support, second: () => Support): Support => (first === true ? second() : first)

const checks: Record<EngineName, () => Support> = {
  threads: () => both(simd(), threads),
  simd,
  scalar: wasm,
  js: () => true,
  relaxed,
  'relaxed-threads': () => both(relaxed(), threads),
}

/** Whether an engine can run here. */
export function supportOf(name: EngineName): Support {
  return checks[name]()
}

/** For each engine true, or one sentence why it cannot run here. */
export function engineSupport(): Record<EngineName, Support> {
  return Object.fromEntries(engineNames.map((name) => [name, supportOf(name)])) as Record<EngineName, Support>
}
