import t from 'tap'
import { copyBlocks } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('every engine and any number of threads exchange two axes, and nothing else', async (t) => {
  const cases = new Cases()
  const engines = await everyEngine()
  for (const threads of [2, 3, 8]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(5)
  for (let i = 0; i < 40; i++) {
    const [a, b, size] = [random(1, 20), random(1, 9), random(1, 11)]
    const count = a * b * size
    const x = mixedFloats(count, random)
    const strides = { xOuter: size, xInner: b * size, yOuter: a * size, yInner: size }
    const wanted = Float32Array.from({ length: count + 4 }, (_, at) => {
      const [row, k] = [Math.floor(at / size), at % size]
      return at < count ? x[((row % a) * b + Math.floor(row / a)) * size + k]! : 99
    })
    for (const engine of engines) {
      const y = new Float32Array(count + 4).fill(99)
      runInstruction(engine, copyBlocks, { x: x.slice(), y, outer: b, inner: a, size, ...strides })
      sameBits(cases, y, wanted, `${engine.name} of ${engine.threads}: ${a} x ${b} x ${size}`)
    }
  }
  cases.end(t)
})
