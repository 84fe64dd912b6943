import t from 'tap'
import { add } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('every engine and any number of threads add x to y, and nothing else', async (t) => {
  const cases = new Cases()
  const engines = await everyEngine()
  for (const threads of [2, 3, 8]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(5)
  for (let i = 0; i < 40; i++) {
    const count = random(1, 2000)
    const [x, y] = [mixedFloats(count, random), mixedFloats(count, random)]
    const wanted = new Float32Array(count + 4).fill(99)
    for (const [at, value] of x.entries()) wanted[at] = y[at]! + value
    for (const engine of engines) {
      const sum = new Float32Array(count + 4).fill(99)
      sum.set(y)
      runInstruction(engine, add, { x: x.slice(), y: sum, count })
      sameBits(cases, sum, wanted, `${engine.name} of ${engine.threads}: ${count}`)
    }
  }
  cases.end(t)
})
