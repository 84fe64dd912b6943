import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import { createWasmEngine } from '../../src/engine/wasm.js'
import { encode } from '../../src/program/encode.js'
import type { ArgumentKind, InstructionType } from '../../src/program/instructions.js'

export type Data = Float32Array | Int32Array | Uint32Array | Uint8Array | Float64Array

/** One of every engine that must give the same bits. */
export async function everyEngine(): Promise<Engine[]> {
  return [await createWasmEngine('simd'), await createWasmEngine('scalar'), createJsEngine()]
}

/**
 * Runs one instruction on `engine`. Arguments that name memory are given as typed arrays, which are copied in before and
 * copied back after the run (so written arrays hold the results), or as null where they are left out.
 */
export function runInstruction<A extends Record<string, ArgumentKind>>(
  engine: Engine,
  type: InstructionType<A>,
  args: { readonly [K in keyof A]: A[K] extends 'int' | 'float' ? number : Data | null },
): void {
  const places = new Map<Data, number>()
  const values: Record<string, number> = {}
  for (const [name, value] of Object.entries<number | Data | null>(args)) {
    if (typeof value === 'number') values[name] = value
    else if (value === null) values[name] = 0
    else {
      if (!places.has(value)) places.set(value, engine.allocate(value.byteLength))
      values[name] = places.get(value)!
    }
  }
  const words = encode(type as unknown as InstructionType, values)
  const program = engine.allocate(words.length * 4)
  const bytes = (data: Data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  for (const [data, address] of places) engine.views.u8.set(bytes(data), address)
  engine.views.i32.set(words, program >>> 2)
  engine.run(program, words.length)
  for (const [data, address] of places) {
    bytes(data).set(engine.views.u8.subarray(address, address + data.byteLength))
    engine.release(address)
  }
  engine.release(program)
}
