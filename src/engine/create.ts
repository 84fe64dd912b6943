import { EngineError } from '../errors.js'
import type { CoreSource } from './cores.js'
import type { Engine, EngineName } from './engine.js'
import { createJsEngine } from './js/engine.js'
import { createSimdEngine } from './simd.js'

export interface EngineOptions {
  /** Which engine to create; without it the fastest that this runtime supports. */
  readonly engine?: EngineName
  /** Where the wasm core comes from; by default the bytes inside this package. */
  readonly core?: CoreSource
}

/** The smallest module that uses a SIMD instruction: `(func (drop (v128.const i64x2 0 0)))`. */
const simdProbe = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
  ...[1, 4, 1, 0x60, 0, 0], // one type: () -> ()
  ...[3, 2, 1, 0], // one function of it
  ...[10, 23, 1, 21, 0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b], // v128.const, drop, end
)

/** Whether this runtime runs 128-bit SIMD WebAssembly. */
export function supportsSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe)
}

/**
 * Creates the fastest bit-identical engine that this runtime supports, or the one that is asked for.
 * @throws EngineError when the engine asked for is unknown or cannot run here.
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const name = options.engine ?? (supportsSimd() ? 'simd' : 'js')
  switch (name) {
    case 'simd':
      if (!supportsSimd()) {
        throw new EngineError(
          'The simd engine needs WebAssembly with 128-bit SIMD, which this runtime lacks.',
        )
      }
      return await createSimdEngine(options.core)
    case 'js':
      return createJsEngine()
    default:
      throw new EngineError(`There is no engine called '${String(name)}'; known are 'simd' and 'js'.`)
  }
}
