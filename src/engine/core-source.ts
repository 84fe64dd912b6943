import { leaf, type Schema } from '../schema/schema.js'

/** Where the core's code may come from: its bytes, a response that carries them, an address, or a compiled module. */
export type CoreSource = WebAssembly.Module | CoreBytes
export type CoreBytes = BufferSource | Response | URL | string

/** An option that is the source of a core. */
export const coreSource: Schema<CoreSource> = leaf(
  'a wasm core: a WebAssembly.Module, its bytes, a Response or a URL',
  (value) =>
    typeof value === 'string' ||
    value instanceof URL ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    // Where there is no such class, nothing is an instance of it.
    isOf(globalThis.WebAssembly?.Module, value) ||
    isOf(globalThis.Response, value),
)

const isOf = (type: (abstract new (...args: never[]) => unknown) | undefined, value: unknown) =>
  type !== undefined && value instanceof type
