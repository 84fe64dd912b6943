const ALIGNMENT = 64

/** Rounds a size or address up to a whole cache line. */
export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

interface Block {
  readonly start: number
  readonly end: number
}

/**
 * First-fit allocation of an engine's linear memory. It only keeps the books: `grow` must make memory up to a given end
 * address usable, or throw.
 */
export class Heap {
  /** By address; no two of them touch. */
  private readonly free: Block[] = []
  private readonly used = new Map<number, Block>()
  private end: number

  constructor(
    start: number,
    private readonly grow: (end: number) => void,
  ) {
    this.end = align(start)
  }

  /** Address of `bytes` bytes, aligned to 64. The bytes are not cleared. */
  allocate(bytes: number): number {
    const size = Math.max(align(bytes), ALIGNMENT)
    const hole = this.free.findIndex((block) => block.end - block.start >= size)
    if (hole >= 0) {
      const { start, end } = this.free[hole]!
      const rest = { start: start + size, end }
      this.free.splice(hole, 1, ...(rest.start < rest.end ? [rest] : []))
      return this.take(start, size)
    }
    // The hole at the very end, if there is one, is only extended.
    const last = this.free.at(-1)
    const start = last?.end === this.end ? last.start : this.end
    this.grow(start + size)
    if (start < this.end) this.free.pop()
    this.end = start + size
    return this.take(start, size)
  }

  /** Gives back what `allocate` returned. */
  release(address: number): void {
    const block = this.used.get(address)
    if (block === undefined) return
    this.used.delete(address)
    const { free } = this
    const above = free.findIndex((other) => other.start > block.start)
    const at = above < 0 ? free.length : above
    const [before, after] = [free[at - 1], free[at]]
    const [joinsBefore, joinsAfter] = [before?.end === block.start, after?.start === block.end]
    const whole = {
      start: joinsBefore ? before!.start : block.start,
      end: joinsAfter ? after!.end : block.end,
    }
    free.splice(joinsBefore ? at - 1 : at, Number(joinsBefore) + Number(joinsAfter), whole)
  }

  private take(start: number, size: number): number {
    this.used.set(start, { start, end: start + size })
    return start
  }
}
