import { TrainingError } from '../errors.js'

/**
 * Who may use a model's weights, one at a time: everything that trains, measures or uses the model, on whatever evaluator
 * or trainer. What takes long waits for its turn, first come first served; a fit has a turn for every step, so that others
 * come in between two of them and see the weights that a step has left. What is done at once, such as replacing weights,
 * is refused while another has its turn.
 */
export class Turns {
  /** What is being done in the turn at hand. */
  private doing: string | null = null
  private readonly waiting: { readonly what: string; readonly begin: () => void }[] = []
  private training = false
  private begun = 0

  /** Whether a fit is between the start and the end of an epoch, in a turn or between two. */
  get inEpoch(): boolean {
    return this.training
  }

  /** How many turns there have been, or null in the middle of one: between two answers that are equal nobody had one. */
  get count(): number | null {
    return this.doing === null ? this.begun : null
  }

  /** Takes a turn: at once, or when the promise resolves. Whoever has it must `pass` it on. */
  take(what: string): Promise<void> | undefined {
    this.begun++
    if (this.doing === null) {
      this.doing = what
      return undefined
    }
    return new Promise((begin) => this.waiting.push({ what, begin }))
  }

  pass(): void {
    const next = this.waiting.shift()
    this.doing = next?.what ?? null
    next?.begin()
  }

  /**
   * Marks the start of an epoch.
   * @throws TrainingError in the middle of another: their steps would undo each other
   */
  beginEpoch(): void {
    if (this.training) {
      throw new TrainingError(
        'The model is already in the middle of an epoch of another fit; one model is trained by one fit at a time.',
      )
    }
    this.training = true
  }

  endEpoch(): void {
    this.training = false
  }

  /**
   * To be called before something that changes the weights at once.
   * @throws TrainingError while others use them, which `what` is to name the change
   */
  refuseChange(what: string): void {
    if (this.doing !== null) {
      throw new TrainingError(`${what}: the model is in use by ${this.doing}, which is to be awaited first.`)
    }
    if (this.training) {
      throw new TrainingError(
        `${what}: the model is in the middle of an epoch; between two epochs, or after the fit, it can be changed.`,
      )
    }
  }
}
