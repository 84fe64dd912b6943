import { isPlainObject, leaf, type Schema } from '../schema/schema.js'
import type { ArgumentKind, InstructionType } from './instructions.js'
import type { Tensor } from './tensor.js'

/** What an instruction is given: tensors (or null, left out) for memory, numbers for the rest. */
export type Arguments<A extends Record<string, ArgumentKind>> = {
  readonly [K in keyof A]: A[K] extends 'int' | 'float' ? number : Tensor | null
}

/** One instruction of a program, its memory still by name. */
export interface Instruction {
  readonly type: InstructionType
  readonly arguments: Readonly<Record<string, Tensor | number | null>>
  /** The layer or part of the training step that emitted it. */
  readonly origin: string
}

/** A flat list of instructions, run from first to last. */
export interface Program {
  readonly name: string
  readonly instructions: readonly Instruction[]
}

/** An argument that is a program. */
export const aProgram: Schema<Program> = leaf(
  'a program, such as trainer.trainingProgram(data) gives',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Program).name === 'string' &&
    Array.isArray((value as Program).instructions) &&
    (value as Program).instructions.every(isInstruction),
)

const isInstruction = (value: unknown): boolean => {
  const { type, arguments: args, origin } = (value ?? {}) as Partial<Instruction>
  return typeof type?.flops === 'function' && isPlainObject(args) && typeof origin === 'string'
}

/** Collects the instructions of one program. */
export class ProgramBuilder implements Program {
  readonly instructions: Instruction[] = []
  private origin = ''

  constructor(readonly name: string) {}

  /** Names what emits the instructions that follow. */
  from(origin: string): this {
    this.origin = origin
    return this
  }

  emit<A extends Record<string, ArgumentKind>>(type: InstructionType<A>, args: Arguments<A>): void {
    this.instructions.push({
      type: type as unknown as InstructionType,
      arguments: args as Instruction['arguments'],
      origin: this.origin,
    })
  }
}

/** The tensors that an instruction touches, with how: read, write or update. */
export function operands(instruction: Instruction): { kind: ArgumentKind; name: string; tensor: Tensor }[] {
  return Object.entries(instruction.type.arguments).flatMap(([name, kind]) => {
    const tensor = instruction.arguments[name]
    return tensor !== null && typeof tensor === 'object' ? [{ kind, name, tensor }] : []
  })
}
