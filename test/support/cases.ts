import type { Test } from 'tap'

/** What takes assertions: a test, or cases that are asserted together. */
export interface Assertions {
  ok(condition: boolean, message: string): void
}

/** Many cases of one assertion: its message names the first that failed, and how many did. */
export class Cases implements Assertions {
  #count = 0
  #failures: string[] = []

  ok(condition: boolean, message: string): void {
    this.#count++
    if (!condition) this.#failures.push(message)
  }

  /** Asserts that there were cases, and that all of them hold. */
  end(t: Test): void {
    const [first] = this.#failures
    const verdict = first === undefined ? '' : `, ${this.#failures.length} failed, first ${first}`
    t.ok(this.#count > 0 && first === undefined, `${this.#count} cases${verdict}`)
  }
}
