import { EngineError } from '../errors.js'
import type { ControlBlock } from './control-block.js'
import { closedError } from './engine.js'
import { Patience } from './patience.js'

/** How the core runs programs: each function returns 0, or where to go on when a slice of waiting has passed in vain. */
export interface ProgramCore {
  start(program: number, end: number): number
  proceed(from: number, end: number): number
  stopOthers(): void
}

/** The workers that are the other threads. */
export interface Workers {
  /** What is known of one that has ended by itself, or null. */
  readonly lost: string | null
  /** Ends all of them, and resolves when they have. */
  end(): Promise<void>
}

interface Run {
  /** Where this thread goes on, or 0 at the end. */
  at: number
  readonly last: number
  readonly patience: Patience
  failure: EngineError | null
}

/** Lets the runtime's other tasks run, such as the news that a worker has ended. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** Runs programs on all threads of an engine, one after the other, and notices when a thread is no longer there. */
export class ThreadRuns {
  closed = false
  /** Why nothing more can be run. */
  private broken: string | null = null
  /** A program that somebody awaits the end of. */
  private awaited: { readonly run: Run; readonly ended: Promise<void> } | null = null

  constructor(
    private readonly name: string,
    private readonly core: ProgramCore,
    private readonly control: ControlBlock,
    private readonly workers: Workers,
    /** Least milliseconds without any progress after which a thread is given up. */
    private readonly deathLimit: number,
  ) {}

  /** Resolves, whatever comes of it, when the program that is awaited has ended. */
  get busy(): Promise<void> | undefined {
    return this.awaited?.ended.catch(() => {})
  }

  run(program: number, words: number): void {
    this.settle()
    const run = this.begin(program, words)
    while (run.at !== 0) this.advance(run)
    if (run.failure) throw run.failure
  }

  runAsync(program: number, words: number): Promise<void> | undefined {
    if (this.awaited) return this.awaited.ended.then(() => this.runAsync(program, words))
    const run = this.begin(program, words)
    if (run.at === 0 && run.failure === null) return undefined
    const ended = this.finish(run)
    this.awaited = { run, ended }
    return ended
  }

  /** Brings the program that is awaited to its end, so that no thread touches memory behind the caller's back. */
  settle(): void {
    const run = this.awaited?.run
    while (run && run.at !== 0) this.advance(run)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.end()
  }

  private begin(program: number, words: number): Run {
    if (this.closed) throw closedError()
    if (this.broken !== null) throw new EngineError(this.broken)
    const last = program + words * 4
    const run: Run = { at: program, last, patience: new Patience(this.deathLimit), failure: null }
    this.guard(run, () => {
      if (this.workers.lost !== null) throw this.givenUp(this.workers.lost)
      return this.core.start(program, last)
    })
    return run
  }

  /** Goes on until the run ends or another slice of waiting has passed in vain. */
  private advance(run: Run): void {
    this.guard(run, () => {
      if (this.closed) throw closedError()
      const trouble = this.control.failure ?? this.workers.lost
      if (trouble !== null) throw this.givenUp(trouble)
      if (run.patience.isOver(this.control.reached)) {
        throw this.givenUp(`${this.control.missing} does not answer, it must have ended`)
      }
      return this.core.proceed(run.at, run.last)
    })
  }

  private guard(run: Run, step: () => number): void {
    try {
      run.at = step()
    } catch (error) {
      run.at = 0
      run.failure =
        error instanceof EngineError
          ? error
          : this.givenUp(`${this.control.name(0)} has failed: ${String(error)}`, error)
    }
  }

  private async finish(run: Run): Promise<void> {
    while (run.at !== 0) {
      await nextTask()
      if (run.at !== 0) this.advance(run)
    }
    if (run.failure) await this.workers.end()
    this.awaited = null
    if (run.failure) throw run.failure
  }

  private givenUp(trouble: string, cause?: unknown): EngineError {
    this.broken = `The ${this.name} engine cannot go on: ${trouble}. Weights can still be read; to train on, create another engine.`
    this.end()
    return new EngineError(this.broken, { cause })
  }

  private end(): void {
    this.core.stopOthers()
    void this.workers.end()
  }
}
