import { asyncDispose } from '../disposal.js'
import { TrainingError } from '../errors.js'
import type { EpochResult } from './results.js'

/**
 * A fit that is yet to run, once: awaited, it trains to the end and gives the results of its epochs; or looped over by
 * `for await`, it trains an epoch for each turn of the loop. Until then nothing happens.
 */
export class Fit implements AsyncGenerator<EpochResult, void, undefined>, Promise<EpochResult[]> {
  readonly [Symbol.toStringTag] = 'Fit'
  private readonly epochs: AsyncGenerator<EpochResult, void, undefined>
  private whole: Promise<EpochResult[]> | null = null
  private isStepped = false
  private isLooped = false
  private isLeft = false

  /** @param train trains epoch by epoch, until `isLeft` */
  constructor(train: (isLeft: () => boolean) => AsyncGenerator<EpochResult, void, undefined>) {
    this.epochs = train(() => this.isLeft)
  }

  /** Trains the next epoch. */
  async next(): Promise<IteratorResult<EpochResult, void>> {
    if (this.whole) throw usedTwice()
    this.isStepped = true
    return await this.epochs.next()
  }

  /** Ends the fit after the step at hand. */
  async return(): Promise<IteratorResult<EpochResult, void>> {
    this.isLeft = true
    return await this.epochs.return()
  }

  async throw(error: unknown): Promise<IteratorResult<EpochResult, void>> {
    this.isLeft = true
    return await this.epochs.throw(error)
  }

  [Symbol.asyncIterator](): this {
    if (this.whole || this.isLooped) throw usedTwice()
    this.isLooped = true
    return this
  }

  async [asyncDispose](): Promise<void> {
    await this.return()
  }

  // biome-ignore lint/suspicious/noThenProperty: it is there to be awaited.
  then<A = EpochResult[], B = never>(
    onDone?: ((history: EpochResult[]) => A | PromiseLike<A>) | null,
    onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.all().then(onDone, onFailure)
  }

  catch<B = never>(onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<EpochResult[] | B> {
    return this.all().catch(onFailure)
  }

  finally(onEnd?: (() => void) | null): Promise<EpochResult[]> {
    return this.all().finally(onEnd)
  }

  private all(): Promise<EpochResult[]> {
    this.whole ??= this.isStepped || this.isLooped ? Promise.reject(usedTwice()) : this.collect()
    return this.whole
  }

  private async collect(): Promise<EpochResult[]> {
    const history: EpochResult[] = []
    for await (const epoch of this.epochs) history.push(epoch)
    return history
  }
}

const usedTwice = () =>
  new TrainingError('A fit is awaited or looped over once; to train on, call fit again.')
