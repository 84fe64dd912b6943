/** A wait that lasts so many times as long as this thread's own work is not one for a slower processor. */
const TIMES_OWN_WORK = 20
/** A gap between two looks that is longer than this, in milliseconds, was a pause of the whole process. */
const LONGEST_GAP = 500

/** Milliseconds before the first look that are not taken for work: several times SLICE of assembly/barrier.ts. */
const GRACE = 250

/**
 * Decides when a thread that others wait for is to be given up: when for `limit` milliseconds, and for many times as long
 * as this thread was at work itself, no thread has come any further. Asked whenever a slice of waiting is over.
 */
export class Patience {
  private reached = -1
  private waited = 0
  private least: number | null = null
  private looked: number

  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.looked = now()
  }

  /** `reached` is how far the threads have come, in any measure that grows. */
  isOver(reached: number): boolean {
    const now = this.now()
    const gap = now - this.looked
    this.looked = now
    // Before the first look lies this thread's own work.
    this.least ??= Math.max(this.limit, TIMES_OWN_WORK * (gap - GRACE))
    this.waited = reached === this.reached ? this.waited + Math.min(gap, LONGEST_GAP) : 0
    this.reached = reached
    return this.waited > this.least
  }
}
