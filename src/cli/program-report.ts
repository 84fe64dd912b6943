/** A program and its memory as plain data, and the memory as a table. */
import { operands, type Program } from '../program/builder.js'
import { planTransients } from '../program/plan.js'
import { quantity } from '../program/print.js'
import type { Buffer, BufferKind, Tensor } from '../program/tensor.js'
import { table } from './table.js'

/** A buffer of a program that the model or the trainer owns. */
export interface BufferInfo {
  readonly name: string
  readonly kind: BufferKind
  readonly bytes: number
  /** Bytes from the start of the memory that the transient buffers share; null for the other kinds. */
  readonly offset: number | null
  /** Numbers of the first and the last instruction that touches it. */
  readonly first: number
  readonly last: number
}

export interface MemoryInfo {
  readonly buffers: readonly BufferInfo[]
  /** Bytes of the parameters, and of what is kept from step to step. */
  readonly parameters: number
  readonly state: number
  /** Bytes of the memory that the transient buffers share, and what they would take without sharing. */
  readonly transient: number
  readonly transientUnshared: number
}

/** Where a program keeps what: all its buffers but the data set's. */
export function memoryOf(program: Program): MemoryInfo {
  const plan = planTransients(program)
  const touched = new Map<Buffer, { first: number; last: number }>()
  program.instructions.forEach((instruction, at) => {
    for (const { tensor } of operands(instruction)) {
      const known = touched.get(tensor.buffer)
      if (known) known.last = at
      else touched.set(tensor.buffer, { first: at, last: at })
    }
  })
  const buffers = [...touched]
    .filter(([{ kind }]) => kind !== 'external')
    .map(([buffer, life]) => ({ ...buffer, offset: plan.offsets.get(buffer) ?? null, ...life }))
  const sum = (kind: BufferKind) =>
    buffers.filter((buffer) => buffer.kind === kind).reduce((total, { bytes }) => total + bytes, 0)
  return {
    buffers,
    ...{ parameters: sum('parameter'), state: sum('state') },
    ...{ transient: plan.bytes, transientUnshared: sum('transient') },
  }
}

export function describeMemory({ buffers, ...total }: MemoryInfo): string[] {
  const rows = buffers.map(({ name, kind, bytes, offset, first, last }) => [
    ...[name, kind, quantity(bytes, 'B'), offset === null ? '' : String(offset), `${first}..${last}`],
  ])
  return [
    `memory: ${quantity(total.parameters, 'B')} parameters, ${quantity(total.state, 'B')} state, ` +
      `${quantity(total.transient, 'B')} transient (${quantity(total.transientUnshared, 'B')} if none were shared)`,
    ...table([['buffer', 'kind', 'size', 'offset', 'instructions'], ...rows], 2),
  ]
}

/** The instructions of a program, each tensor as the buffer's name, type, shape and offset. */
export function programJson({ name, instructions }: Program): object {
  const plain = (value: Tensor | number | null) =>
    value === null || typeof value === 'number'
      ? value
      : { buffer: value.buffer.name, type: value.type, shape: value.shape, offset: value.offset }
  return {
    name,
    instructions: instructions.map((instruction) => ({
      instruction: instruction.type.name,
      from: instruction.origin,
      arguments: Object.fromEntries(
        Object.entries(instruction.arguments).map(([name, value]) => [name, plain(value)]),
      ),
    })),
  }
}
