import t from 'tap'
import { dropout } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

/** The int32 whose bits are those of a uint32. */
const signed = (word: number) => word | 0

t.test('every engine and every number of shares gives the same bits, in place or not', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(23)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 16))
  for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 1003]) {
    const x = mixedFloats(count, integers)
    const threshold = signed([0, 1 << 30, 2 ** 31, 2 ** 32 - 1][count % 4]!)
    const args = { count, threshold, scale: 1.25, seed: 7, stream: count, step: new Int32Array([count * 3]) }
    let wanted: Float32Array | undefined
    for (const engine of engines) {
      const y = new Float32Array(count + 4).fill(99)
      runInstruction(engine, dropout, { ...args, x: x.slice(), y })
      wanted ??= y
      sameBits(cases, y, wanted, `${engine.name} of ${engine.threads}, ${count}`)
      t.same([...y.slice(count)], [99, 99, 99, 99], `${engine.name}: nothing behind ${count}`)
      const inPlace = x.slice()
      runInstruction(engine, dropout, { ...args, x: inPlace, y: inPlace })
      sameBits(cases, inPlace, y.slice(0, count), `${engine.name}: ${count} in place`)
    }
  }
  cases.end(t)
})

t.test('drops the wanted part, scales the rest, and draws anew at each step and stream', async (t) => {
  const cases = new Cases()
  const count = 1 << 18
  const [engine] = await everyEngine()
  const mask = (rate: number, stream: number, step: number, seed = 1) => {
    const x = new Float32Array(count).fill(3)
    const scale = 1 / (1 - rate)
    const threshold = signed(rate * 2 ** 32)
    const steps = new Int32Array([step])
    runInstruction(engine!, dropout, { x, y: x, count, threshold, scale, seed, stream, step: steps })
    t.ok(x.every((value) => value === 0 || value === Math.fround(3 * Math.fround(scale))))
    return x
  }
  t.ok(
    mask(0, 1, 1).every((value) => value === 3),
    'rate 0 keeps all',
  )
  for (const rate of [0.1, 0.5, 0.8]) {
    const dropped = mask(rate, 1, 1).reduce((n, value) => n + (value === 0 ? 1 : 0), 0)
    const sigma = Math.sqrt(count * rate * (1 - rate))
    t.ok(Math.abs(dropped - count * rate) < 4 * sigma, `rate ${rate}: ${dropped} of ${count} dropped`)
  }
  const first = mask(0.5, 1, 1)
  sameBits(cases, mask(0.5, 1, 1), first, 'the same step gives the same mask')
  const others = { step: mask(0.5, 1, 2), stream: mask(0.5, 2, 1), seed: mask(0.5, 1, 1, 2) }
  for (const [name, other] of Object.entries(others)) {
    const equal = other.reduce((n, value, i) => n + (value === first[i] ? 1 : 0), 0)
    t.ok(Math.abs(equal - count / 2) < 4 * Math.sqrt(count / 4), `another ${name} gives an independent mask`)
  }
  cases.end(t)
})

t.test('a dropped NaN is 0, a kept one NaN', async (t) => {
  for (const engine of await everyEngine()) {
    const args = {
      count: 64,
      threshold: signed(2 ** 31),
      scale: 2,
      seed: 1,
      stream: 1,
      step: new Int32Array(1),
    }
    const ones = new Float32Array(64).fill(1)
    runInstruction(engine, dropout, { ...args, x: ones, y: ones })
    const nans = new Float32Array(64).fill(NaN)
    runInstruction(engine, dropout, { ...args, x: nans, y: nans })
    sameBits(
      t,
      nans,
      ones.map((y) => (y === 0 ? 0 : NaN)),
      engine.name,
    )
  }
})
