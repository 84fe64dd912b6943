import { LanegradError } from '../errors.js'
import { read } from '../schema/schema.js'
import { aProgram, type Instruction, operands, type Program } from './builder.js'
import { bytesOf } from './tensor.js'

/** What an instruction or a program costs: floating-point operations, and bytes read and written in memory. */
export interface Cost {
  readonly flops: number
  readonly bytes: number
}

/** Counts one instruction; an operand that is updated is read and written. Zeros that a GEMM may skip count as work. */
export function instructionCost(instruction: Instruction): Cost {
  const numbers = Object.fromEntries(
    Object.entries(instruction.arguments).filter(([, value]) => typeof value === 'number'),
  ) as Record<string, number>
  const bytes = operands(instruction).reduce(
    (sum, { kind, tensor }) => sum + bytesOf(tensor) * (kind === 'update' ? 2 : 1),
    0,
  )
  return { flops: instruction.type.flops(numbers), bytes }
}

/** Counts a whole program. */
export function programCost(program: Program): Cost {
  read(LanegradError, 'programCost', 'program', aProgram, program)
  return program.instructions
    .map(instructionCost)
    .reduce((sum, cost) => ({ flops: sum.flops + cost.flops, bytes: sum.bytes + cost.bytes }), {
      flops: 0,
      bytes: 0,
    })
}
