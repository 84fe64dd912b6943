import { demangle } from '@assemblyscript/loader'
import { EngineError } from '../errors.js'
import type { CoreBytes, CoreSource } from './core-source.js'

/** The builds of the numeric core. */
export type CoreVariant = 'simd' | 'threads' | 'scalar' | 'relaxed' | 'relaxed-threads'

// Imported when asked for, so that a bundler puts each into a file of its own.
const inlined: Record<CoreVariant, () => Promise<{ readonly base64: string }>> = {
  simd: () => import('./cores/simd.generated.js'),
  threads: () => import('./cores/threads.generated.js'),
  scalar: () => import('./cores/scalar.generated.js'),
  relaxed: () => import('./cores/relaxed.generated.js'),
  'relaxed-threads': () => import('./cores/relaxed-threads.generated.js'),
}

/** The bytes of a variant of the core, as they come with this package. */
export async function coreBytes(variant: CoreVariant): Promise<Uint8Array<ArrayBuffer>> {
  const { base64 } = await inlined[variant]()
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  // Uint8Array.from would make a string of each byte first, which takes longer than compiling them.
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** What every core exports, and more. */
const needed = ['heapBase', 'run', 'setScratch', 'fusesMultiplyAdd', 'SCRATCH_BYTES'] as const

/**
 * What an instance of the core on this memory exports. The loader's own `instantiate` asks whether it was given a
 * `Response`, for which Node loads all of its fetch.
 * @throws EngineError for a module that is none of the cores
 */
export async function coreExports<T extends Record<string, unknown>>(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<T> {
  let exports: WebAssembly.Exports
  try {
    exports = (await WebAssembly.instantiate(module, { env: { memory } })).exports
  } catch (error) {
    throw new EngineError(`The wasm core should be one of lanegrad's, found ${String(error)}`, {
      cause: error,
    })
  }
  const missing = needed.find((name) => !Object.hasOwn(exports, name))
  if (missing === undefined) return demangle<T>(exports)
  throw new EngineError(
    `The wasm core should be one of lanegrad's, found a module without the export ${missing}.`,
  )
}

/**
 * A variant of the core, compiled: from `source`, or without it from this package.
 * @throws EngineError when its bytes cannot be had or compiled.
 */
export async function coreModule(variant: CoreVariant, source?: CoreSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  try {
    return await WebAssembly.compile(
      source === undefined ? await coreBytes(variant) : await bytesFrom(source as CoreBytes),
    )
  } catch (error) {
    throw new EngineError(`The wasm core could not be compiled: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

async function bytesFrom(source: CoreBytes): Promise<BufferSource> {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source
  const response = source instanceof Response ? source : await fetch(source)
  if (!response.ok) throw new Error(`${response.url} answered ${response.status} ${response.statusText}`)
  return await response.arrayBuffer()
}
