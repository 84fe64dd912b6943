import { type Instruction, operands, type Program } from '../program/builder.js'
import { Spans } from '../program/spans.js'
import { bytesOf } from '../program/tensor.js'
import type { AddressOf } from './engine.js'

interface Span {
  readonly start: number
  readonly end: number
}

interface Access {
  readonly reads: readonly Span[]
  readonly writes: readonly Span[]
}

/** The memory that an instruction reads and writes: all of its tensors. */
function accessOf(instruction: Instruction, addressOf: AddressOf): Access {
  const spans = operands(instruction).map(({ kind, tensor }) => {
    const start = addressOf(tensor.buffer) + tensor.offset
    return { kind, span: { start, end: start + bytesOf(tensor) } }
  })
  return {
    reads: spans.filter(({ kind }) => kind !== 'write').map(({ span }) => span),
    writes: spans.filter(({ kind }) => kind !== 'read').map(({ span }) => span),
  }
}

const overlap = (some: readonly Span[], others: Spans): boolean =>
  some.some(({ start, end }) => others.meets(start, end))

/**
 * For each instruction of a program whether threads must wait for each other before it: when it reads what one since the
 * last barrier writes, writes what one reads, or writes what one writes. Addresses are compared, not names, since
 * buffers share memory. Threads share out each instruction in its own way, so that nothing less than waiting for all of
 * them will do.
 */
export function barriersIn(program: Program, addressOf: AddressOf): boolean[] {
  const reads = new Spans()
  const writes = new Spans()
  return program.instructions.map((instruction) => {
    const access = accessOf(instruction, addressOf)
    const waits =
      overlap(access.reads, writes) || overlap(access.writes, reads) || overlap(access.writes, writes)
    if (waits) {
      reads.clear()
      writes.clear()
    }
    for (const { start, end } of access.reads) reads.add(start, end)
    for (const { start, end } of access.writes) writes.add(start, end)
    return waits
  })
}
