import t from 'tap'
import { columnSum } from '../../src/program/instructions.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

/** y[c] = sum over r of x[r, c] in increasing r, straight from the definition. */
function expected(x: Float32Array, y: Float32Array, rows: number, columns: number, accumulate: number) {
  return y.map((start, c) => {
    if (c >= columns) return start
    let sum = accumulate ? start : 0
    for (let r = 0; r < rows; r++) sum = Math.fround(sum + x[r * columns + c]!)
    return sum
  })
}

t.test('sums columns in increasing row, in any number of shares', async (t) => {
  const random = randomIntegers(3)
  const float = () => random(-(2 ** 23), 2 ** 23) / 2 ** random(0, 30)
  const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 20)]
  for (const rows of [1, 2, 33, 128]) {
    for (const columns of [1, 3, 4, 5, 10, 16, 17, 31, 32, 48, 100, 129]) {
      for (const accumulate of [0, 1]) {
        const x = Float32Array.from({ length: rows * columns }, float)
        // The sums of nothing but -0 tell a start from +0 and a start from y apart.
        x.forEach((_, i) => {
          if (i % columns === 0) x[i] = -0
        })
        const before = Float32Array.from({ length: columns + 5 }, (_, c) => (c === 0 ? -0 : float()))
        const sums = expected(x, before, rows, columns, accumulate)
        for (const engine of engines) {
          const y = before.slice()
          runInstruction(engine, columnSum, { x, y, rows, columns, accumulate })
          t.ok(
            y.every((value, c) => Object.is(value, sums[c])),
            `${engine.describe()}: ${rows} x ${columns}, accumulate ${accumulate}`,
          )
        }
      }
    }
  }
})
