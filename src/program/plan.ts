import { operands, type Program } from './builder.js'
import type { Buffer } from './tensor.js'

const ALIGNMENT = 64

/** Where each buffer lies, in bytes from the start of the plan's block of memory, and how long that block is. */
export interface Plan {
  readonly offsets: ReadonlyMap<Buffer, number>
  readonly bytes: number
}

interface Lifetime {
  readonly buffer: Buffer
  readonly first: number
  last: number
}

/** Every buffer that a program touches, with the first and the last instruction that does. */
function lifetimes(program: Program): Lifetime[] {
  const found = new Map<Buffer, Lifetime>()
  program.instructions.forEach((instruction, at) => {
    for (const { tensor } of operands(instruction)) {
      const lifetime = found.get(tensor.buffer)
      if (lifetime) lifetime.last = at
      else found.set(tensor.buffer, { buffer: tensor.buffer, first: at, last: at })
    }
  })
  return [...found.values()]
}

const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** Lays buffers end to end. */
export function planSequence(buffers: Iterable<Buffer>): Plan {
  const offsets = new Map<Buffer, number>()
  let bytes = 0
  for (const buffer of buffers) {
    offsets.set(buffer, bytes)
    bytes += align(buffer.bytes)
  }
  return { offsets, bytes }
}

/**
 * Places a program's transient buffers so that two share memory only when they are never alive together: largest first,
 * each at the lowest offset that is free for its whole lifetime.
 */
export function planTransients(program: Program): Plan {
  const bySize = lifetimes(program)
    .filter(({ buffer }) => buffer.kind === 'transient')
    .sort((a, b) => b.buffer.bytes - a.buffer.bytes)
  const placed: (Lifetime & { start: number; end: number })[] = []
  for (const lifetime of bySize) {
    const size = align(lifetime.buffer.bytes)
    const neighbours = placed
      .filter((other) => other.first <= lifetime.last && lifetime.first <= other.last)
      .sort((a, b) => a.start - b.start)
    let start = 0
    for (const other of neighbours) {
      if (start + size <= other.start) break
      start = Math.max(start, other.end)
    }
    placed.push({ ...lifetime, start, end: start + size })
  }
  return {
    offsets: new Map(placed.map(({ buffer, start }) => [buffer, start])),
    bytes: Math.max(0, ...placed.map(({ end }) => end)),
  }
}
