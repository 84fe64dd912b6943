import t from 'tap'
import { maskSteps } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test(
  'every engine and any number of threads multiply each step by the mask, and nothing else',
  async (t) => {
    const cases = new Cases()
    const engines = await everyEngine()
    for (const threads of [2, 3, 8]) engines.push(await createSharesEngine(threads, 1 << 20))
    const random = randomIntegers(5)
    for (let i = 0; i < 40; i++) {
      const [steps, size] = [random(1, 20), random(1, 99)]
      const count = steps * size
      const [x, mask] = [mixedFloats(count, random), mixedFloats(size, random)]
      const wanted = new Float32Array(count + 4).fill(99)
      for (const [at, value] of x.entries()) wanted[at] = value * mask[at % size]!
      for (const engine of engines) {
        const y = new Float32Array(count + 4).fill(99)
        runInstruction(engine, maskSteps, { x: x.slice(), mask: mask.slice(), y, steps, size })
        sameBits(cases, y, wanted, `${engine.name} of ${engine.threads}: ${steps} x ${size}`)
      }
    }
    cases.end(t)
  },
)
