import { operands, type Program } from './builder.js'
import { Spans } from './spans.js'
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
  const occupied = new Occupied(program.instructions.length)
  const offsets = new Map<Buffer, number>()
  let bytes = 0
  for (const { buffer, first, last } of bySize) {
    const size = align(buffer.bytes)
    const start = occupied.lowest(first, last, size)
    occupied.add(first, last, start, start + size)
    offsets.set(buffer, start)
    bytes = Math.max(bytes, start + size)
  }
  return { offsets, bytes }
}

/** A stretch of instructions in a tree of halves. */
interface Stretch {
  /** What is occupied at some time of it. */
  readonly ever: Spans
  /** What is occupied all through it, by buffers whose lifetimes hold all of it but not all of the stretch around it. */
  readonly always: Spans
}

/**
 * The memory that is occupied over time: a tree of ever shorter stretches, so that what is free throughout a lifetime is
 * found in a few of them, however many buffers there are.
 */
class Occupied {
  private readonly tree: Stretch[] = []

  constructor(private readonly instructions: number) {}

  /** The lowest offset from which `size` bytes are free from instruction `first` to `last`. */
  lowest(first: number, last: number, size: number): number {
    const found: Spans[] = []
    this.visit(first, last, (node, isWhole) => {
      const stretch = this.tree[node]
      if (stretch) found.push(isWhole ? stretch.ever : stretch.always)
    })
    let start = 0
    for (let moved = true; moved; ) {
      moved = false
      for (const spans of found) {
        const end = spans.endOfMeeting(start, start + size)
        if (end === null) continue
        start = end
        moved = true
      }
    }
    return start
  }

  add(first: number, last: number, start: number, end: number): void {
    this.visit(first, last, (node, isWhole) => {
      this.tree[node] ??= { ever: new Spans(), always: new Spans() }
      const { ever, always } = this.tree[node]
      ever.add(start, end)
      if (isWhole) always.add(start, end)
    })
  }

  /** Calls `each` for the stretches that make up `first` to `last`, and, with `isWhole` false, for all around them. */
  private visit(first: number, last: number, each: (node: number, isWhole: boolean) => void): void {
    const go = (node: number, from: number, to: number) => {
      if (last < from || to < first) return
      const isWhole = first <= from && to <= last
      each(node, isWhole)
      if (isWhole) return
      const middle = (from + to) >>> 1
      go(2 * node, from, middle)
      go(2 * node + 1, middle + 1, to)
    }
    go(1, 0, this.instructions - 1)
  }
}
