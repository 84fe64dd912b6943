import t from 'tap'
import { begunMask, stepMask } from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('every engine and any number of threads find which steps count, and write nothing else', async (t) => {
  const cases = new Cases()
  const engines = await everyEngine()
  for (const threads of [2, 3, 8]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(5)
  for (let i = 0; i < 40; i++) {
    const [steps, batch, features] = [random(1, 20), random(1, 40), random(1, 3)]
    const x = Float32Array.from({ length: steps * batch * features }, () => random(0, 3) && 1)
    const reverse = i % 2
    const isValid = (step: number, sample: number) => {
      const at = (step * batch + sample) * features
      return x.subarray(at, at + features).some((value) => value !== 0)
    }
    const isAnyValid = (from: number, to: number, sample: number) =>
      Array.from({ length: to - from }, (_, step) => isValid(from + step, sample)).some(Boolean)
    const maskOf = (isOne: (step: number, sample: number) => boolean) =>
      Float32Array.from({ length: steps * batch + 4 }, (_, at) =>
        at < steps * batch ? Number(isOne(Math.floor(at / batch), at % batch)) : 99,
      )
    const wanted = {
      anywhere: maskOf(isValid),
      trailing: maskOf((step, sample) => isAnyValid(step, steps, sample)),
      begun: maskOf((step, sample) =>
        reverse ? isAnyValid(step, steps, sample) : isAnyValid(0, step + 1, sample),
      ),
    }
    for (const engine of engines) {
      const written = () => new Float32Array(steps * batch + 4).fill(99)
      const found = { anywhere: written(), trailing: written(), begun: written() }
      const sequences = { x: x.slice(), steps, batch, features, value: 0 }
      runInstruction(engine, stepMask, { ...sequences, mask: found.anywhere, trailing: 0 })
      runInstruction(engine, stepMask, { ...sequences, mask: found.trailing, trailing: 1 })
      runInstruction(engine, begunMask, { mask: found.anywhere, begun: found.begun, steps, batch, reverse })
      const what = `${engine.name} of ${engine.threads}: ${steps} x ${batch} x ${features}`
      for (const name of ['anywhere', 'trailing', 'begun'] as const) {
        sameBits(cases, found[name], wanted[name], `${what} ${name}`)
      }
    }
  }
  cases.end(t)
})
