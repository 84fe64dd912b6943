import { type Instruction, operands, type Program, ProgramBuilder } from '../program/builder.js'
import type { Buffer, Tensor } from '../program/tensor.js'

/** A program in two parts, to be run one after the other. */
export interface Split {
  /** What depends on the parameters alone, such as packing them: to be run again only after they have changed. */
  readonly constant: Program
  /** All else. */
  readonly varying: Program
  /** What the one part leaves for the other. */
  readonly kept: readonly Buffer[]
}

/** Takes what is the same for every input out of a program for inference, in which no instruction writes a parameter. */
export function splitConstants(program: Program): Split {
  const writers = new Map<Buffer, number>()
  for (const instruction of program.instructions) {
    for (const { tensor } of operands(instruction).filter(isWritten)) {
      writers.set(tensor.buffer, (writers.get(tensor.buffer) ?? 0) + 1)
    }
  }
  const kept = new Map<Buffer, Buffer>()
  const isConstant = ({ buffer }: Tensor) => buffer.kind === 'parameter' || kept.has(buffer)
  const constant = new ProgramBuilder(`${program.name}: constants`)
  const varying = new ProgramBuilder(program.name)
  for (const instruction of program.instructions) {
    const all = operands(instruction)
    const written = all.filter(isWritten)
    const moves =
      written.length < all.length &&
      all.every(({ kind, tensor }) =>
        kind === 'read'
          ? isConstant(tensor)
          : kind === 'write' && tensor.buffer.kind === 'transient' && writers.get(tensor.buffer) === 1,
      )
    if (moves) for (const { tensor } of written) kept.set(tensor.buffer, { ...tensor.buffer, kind: 'state' })
    const part = moves ? constant : varying
    part.instructions.push(withBuffers(instruction, kept))
  }
  return { constant, varying, kept: [...kept.values()] }
}

const isWritten = ({ kind }: { readonly kind: string }) => kind !== 'read'

/** The same instruction on other buffers. */
function withBuffers(instruction: Instruction, others: ReadonlyMap<Buffer, Buffer>): Instruction {
  const replaced = Object.entries(instruction.arguments).map(([name, value]) => {
    const isTensor = typeof value === 'object' && value !== null
    return [name, isTensor ? { ...value, buffer: others.get(value.buffer) ?? value.buffer } : value] as const
  })
  return { ...instruction, arguments: Object.fromEntries(replaced) }
}
