import t from 'tap'
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('products of elements give the same bits everywhere, in place and apart', async (t) => {
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  const random = randomIntegers(41)
  for (let i = 0; i < 40; i++) {
    const [rows, size] = [random(1, 12), random(1, 23)]
    const count = rows * size
    const [x, y, z] = [mixedFloats(count, random), mixedFloats(count, random), mixedFloats(count, random)]
    const factors = Float32Array.from(mixedFloats(rows, random), (value) => (random(0, 2) ? value : 0))
    const factor = [0, -0, 0.25, factors[0]!][i % 4]!
    const f = Math.fround
    const scaled = (value: number, by: number) => (by === 0 ? 0 : value * by)
    const wanted = {
      product: x.map((value, at) => value * y[at]!),
      sum: z.map((value, at) => value + f(x[at]! * y[at]!)),
      scaled: x.map((value) => scaled(value, f(factor))),
      rows: x.map((value, at) => scaled(value, factors[Math.floor(at / size)]!)),
    }
    for (const engine of engines) {
      const what = `${engine.name} of ${engine.threads}, ${rows} x ${size}`
      const apart = () => new Float32Array(count + 4).fill(99)
      const check = (found: Float32Array, name: keyof typeof wanted) => {
        sameBits(t, found.slice(0, count), wanted[name], `${what}: ${name}`)
        t.ok(
          found.slice(count).every((value) => value === 99),
          'writes nothing else',
        )
      }
      const product = apart()
      const operands = { x: x.slice(), y: y.slice(), count }
      runInstruction(engine, instruction.multiply, { ...operands, z: product, accumulate: 0 })
      check(product, 'product')
      const over = x.slice()
      runInstruction(engine, instruction.multiply, { ...operands, x: over, z: over, accumulate: 0 })
      check(over, 'product')
      const sum = apart()
      sum.set(z)
      runInstruction(engine, instruction.multiply, { ...operands, z: sum, accumulate: 1 })
      check(sum, 'sum')
      const [whole, inPlace] = [apart(), x.slice()]
      runInstruction(engine, instruction.scale, { x: x.slice(), y: whole, count, factor })
      runInstruction(engine, instruction.scale, { x: inPlace, y: inPlace, count, factor })
      check(whole, 'scaled')
      check(inPlace, 'scaled')
      const each = apart()
      runInstruction(engine, instruction.scaleRows, { x: x.slice(), factors, y: each, rows, size })
      check(each, 'rows')
    }
  }
})
