/** A set of addresses, as spans in increasing order that neither overlap nor touch: what is packed tightly is one span. */
export class Spans {
  private readonly starts: number[] = []
  private readonly ends: number[] = []

  add(start: number, end: number): void {
    if (start === end) return
    const { starts, ends } = this
    const from = this.firstEndingFrom(start)
    let to = from
    for (; to < starts.length && starts[to]! <= end; to++) {
      start = Math.min(start, starts[to]!)
      end = Math.max(end, ends[to]!)
    }
    starts.splice(from, to - from, start)
    ends.splice(from, to - from, end)
  }

  /** Whether any address from `start` up to, but not, `end` is in the set. */
  meets(start: number, end: number): boolean {
    return this.endOfMeeting(start, end) !== null
  }

  /** The end of the first span that has an address from `start` up to, but not, `end`; null when there is none. */
  endOfMeeting(start: number, end: number): number | null {
    const at = this.firstEndingFrom(start + 1)
    return at < this.starts.length && this.starts[at]! < end ? this.ends[at]! : null
  }

  clear(): void {
    this.starts.length = 0
    this.ends.length = 0
  }

  /** Number of the first span whose end is `address` or beyond. */
  private firstEndingFrom(address: number): number {
    let low = 0
    let high = this.ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ends[middle]! < address) low = middle + 1
      else high = middle
    }
    return low
  }
}
