import type { ArgumentKind, InstructionType } from './instructions.js'

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** The 32-bit word that holds an argument: a float's bits, anything else as an integer. */
function encodeArgument(kind: ArgumentKind, value: number): number {
  if (kind !== 'float') return value | 0
  float[0] = value
  return bits[0]!
}

/** The words of one instruction: opcode, number of words, arguments in order. `values` holds addresses for memory. */
export function encode(type: InstructionType, values: Readonly<Record<string, number>>): number[] {
  const words = Object.entries(type.arguments).map(([name, kind]) => encodeArgument(kind, values[name] ?? 0))
  return [type.op, words.length + 2, ...words]
}
