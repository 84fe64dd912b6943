import t from 'tap'
import { PENALTY_BLOCK } from '../../assembly/codes.js'
import * as instruction from '../../src/program/instructions.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const special = [0, -0, 1e-45, -1e-38, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN]
const random = randomIntegers(23)
const float = () => (random(-(2 ** 24), 2 ** 24) / 2 ** 24) * 2 ** random(-20, 10)
const vector = (length: number, strange = false) =>
  Float32Array.from({ length }, (_, i) => (strange && i % 11 === 4 ? special[i % 9]! : float()))
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]))

const enginesOfAllKinds = async () => [
  ...(await everyEngine()),
  await createSharesEngine(2, 1 << 22),
  await createSharesEngine(5, 1 << 22),
]

/** `penalty` straight from its definition. */
function penaltyOf(x: Float32Array, l1: number, l2: number): number[] {
  const sums: number[] = []
  for (let start = 0; start < x.length; start += PENALTY_BLOCK) {
    const partial = [0, 0, 0, 0]
    for (const [i, value] of x.subarray(start, start + PENALTY_BLOCK).entries()) {
      partial[i % 4]! += (l1 + l2 * Math.abs(value)) * Math.abs(value)
    }
    sums.push(partial[0]! + partial[1]! + (partial[2]! + partial[3]!))
  }
  return sums
}

const lengths = [1, 2, 3, 4, 5, 63, 130, PENALTY_BLOCK, PENALTY_BLOCK + 1, 3 * PENALTY_BLOCK + 7]

t.test('sums of penalties follow their stated order on every engine, in any number of shares', async (t) => {
  const [l1, l2] = [Math.fround(0.3), Math.fround(0.7)]
  for (const engine of await enginesOfAllKinds()) {
    for (const count of lengths) {
      for (const [one, two] of [
        [0, 1],
        [l1, l2],
      ] as const) {
        const x = vector(count)
        const expected = [...penaltyOf(x, one, two), -5]
        const sums = new Float64Array(expected.length).fill(-5)
        runInstruction(engine, instruction.penalty, { x, sums, count, l1: one, l2: two })
        t.ok(same(sums, expected), `${engine.describe()}, ${count} elements, l1 ${one}`)
        const totals = Float64Array.of(1, 2, 3, 4)
        const blocks = sums.length - 1
        runInstruction(engine, instruction.addPenalty, { sums, totals, blocks, rows: 7 })
        const sum = penaltyOf(x, one, two).reduce((all, value) => all + value, 0)
        t.ok(same(totals, [1 + 7 * sum, 2, 3, 4 + sum]), `${engine.describe()}, ${count} elements: totals`)
      }
    }
  }
})
