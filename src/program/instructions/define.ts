/**
 * What an argument is: memory that the instruction reads, writes or updates in place (an address in the encoding, 0
 * where an optional one is left out), a whole number, or a float.
 */
export type ArgumentKind = 'read' | 'write' | 'update' | 'int' | 'float'

export type Values<A> = { readonly [K in keyof A]: number }

/** One kind of instruction: its opcode, its arguments in encoding order, and how many FLOPs it stands for. */
export interface InstructionType<A extends Record<string, ArgumentKind> = Record<string, ArgumentKind>> {
  readonly op: number
  readonly name: string
  readonly arguments: A
  /** Floating-point operations, a multiplication and an addition counted as two; an activation as one an element. */
  flops(values: Values<A>): number
}

/**
 * An entry of the table of instructions. The kernel is the function `name` of one file in assembly/, its twin the one of
 * the file of that name in src/engine/js; both take the arguments by the names and in the order given here, which
 * scripts/build/interpreters.mjs checks when it writes both interpreters. Opcodes say nothing outside a running engine:
 * any number that is free will do, a small one best.
 */
export function define<const A extends Record<string, ArgumentKind>>(
  op: number,
  name: string,
  args: A,
  flops: (values: Values<A>) => number = () => 0,
): InstructionType<A> {
  return { op, name, arguments: args, flops }
}
