import { SingleBar } from 'cli-progress'
import { barStream } from './output.node.js'

/** A progress bar below the lines that are printed, on a terminal; nothing where there is none. */
export class Progress {
  private readonly bar: SingleBar | null
  private started = false

  /** @param format of cli-progress, with `{bar}`, `{percentage}` and the fields that `update` is given */
  constructor(
    private readonly total: number,
    format: string,
  ) {
    const stream = barStream()
    this.bar =
      stream &&
      new SingleBar({
        ...{ format, stream, clearOnComplete: true, hideCursor: true, gracefulExit: false, barsize: 24 },
        ...{ barCompleteChar: '\u2588', barIncompleteChar: '\u2591' },
      })
  }

  /** Whether there is a terminal to draw on. */
  get isDrawn(): boolean {
    return this.bar !== null
  }

  update(value: number, fields: Readonly<Record<string, string>>): void {
    if (this.started) this.bar?.update(value, fields)
    else {
      this.bar?.start(this.total, value, fields)
      process.once('exit', this.restore)
    }
    this.started = true
  }

  /** Takes the bar away while `print` prints; the next update draws it again. */
  interrupt(print: () => void): void {
    this.stop()
    print()
  }

  stop(): void {
    if (this.started) this.bar?.stop()
    this.started = false
    process.off('exit', this.restore)
  }

  /** Whatever ends the process: the cursor, which the bar hides, comes back. */
  private readonly restore = () => this.stop()
}

/** Says when it is time for another plain line, where no bar can be drawn. */
export class Interval {
  private last: number

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly seconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.last = now()
  }

  /** True once in every so many seconds, the first time after that many. */
  isDue(): boolean {
    const time = this.now()
    if (time - this.last < 1000 * this.seconds) return false
    this.last = time
    return true
  }
}
