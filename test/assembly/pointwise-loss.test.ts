import t from 'tap'
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, type GoldenCase, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const kinds = {
  binary_cross_entropy: instruction.binaryCrossEntropy,
  mean_squared_error: instruction.squaredError,
}

const oneHot = (labels: ArrayLike<number>, classes: number) => {
  const y = new Float32Array(labels.length * classes)
  for (let r = 0; r < labels.length; r++) y[r * classes + labels[r]!] = 1
  return y
}

t.test('pointwise losses agree with the golden vectors', async (t) => {
  const kindOf = ({ config }: GoldenCase) => kinds[config.loss as unknown as keyof typeof kinds]
  const cases = golden('losses').filter(kindOf)
  t.equal(cases.length, 16)
  for (const engine of await everyEngine()) {
    for (const found of cases) {
      const { name, config, inputs, outputs, grads } = found
      const x = inputs.logits ?? inputs.pred!
      const [rows, size] = x.shape as [number, number]
      const targets = inputs.target ? floats(inputs.target) : oneHot(inputs.labels!.data, size)
      const [dx, loss] = [new Float32Array(rows * size), new Float32Array(rows)]
      const divisor = (config.reduction as unknown) === 'mean_all' ? size : 1
      runInstruction(engine, kindOf(found), { x: floats(x), targets, dx, loss, rows, size, divisor })
      const mean = loss.reduce((sum, value) => sum + value, 0) / rows
      t.equal(mismatch([mean], outputs.loss!), undefined, `${engine.name} ${name} loss`)
      t.equal(mismatch(dx, (grads.logits ?? grads.pred)!), undefined, `${engine.name} ${name} gradient`)
      const sums = loss.map((value) => value * divisor)
      if (outputs.per_sample) t.equal(mismatch(sums, outputs.per_sample), undefined, `${engine.name} ${name}`)
    }
  }
})

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(31)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  for (let size = 1; size <= 40; size++) {
    const rows = integers(1, 20)
    const count = rows * size
    const labels = Int32Array.from({ length: rows }, () => integers(0, size - 1))
    const plain = Float32Array.from({ length: count }, () => integers(-(2 ** 23), 2 ** 23) / 2 ** 18)
    const x = size % 3 === 0 ? mixedFloats(count, integers) : plain
    const soft = Float32Array.from({ length: count }, () => integers(0, 100) / 100)
    let wanted: Float32Array[] | undefined
    for (const engine of engines) {
      const what = `${engine.name} of ${engine.threads}, ${rows} x ${size}`
      const hot = new Float32Array(count + 4).fill(99)
      runInstruction(engine, instruction.oneHot, { labels, y: hot, rows, classes: size })
      sameBits(cases, hot, Float32Array.of(...oneHot(labels, size), 99, 99, 99, 99), `${what}: one hot`)
      const best = new Int32Array(rows + 4).fill(99)
      runInstruction(engine, instruction.argMax, { x: x.slice(), y: best, rows, classes: size })
      const results = [Float32Array.from(best)]
      for (const type of Object.values(kinds)) {
        const [dx, loss] = [new Float32Array(count + 4).fill(99), new Float32Array(rows + 4).fill(99)]
        const args = { targets: soft.slice(), loss, rows, size, divisor: size }
        runInstruction(engine, type, { ...args, x: x.slice(), dx })
        const [over, lossOnly] = [x.slice(), loss.slice()]
        runInstruction(engine, type, { ...args, x: over, dx: over })
        runInstruction(engine, type, { ...args, x: x.slice(), dx: null, loss: lossOnly })
        sameBits(cases, over, dx.slice(0, count), `${what}: ${type.name} in place`)
        sameBits(cases, lossOnly, loss, `${what}: ${type.name} without gradient`)
        results.push(dx, loss)
      }
      wanted ??= results
      for (const [i, found] of results.entries()) sameBits(cases, found, wanted[i]!, `${what}: result ${i}`)
      t.same([...best.slice(rows)], [99, 99, 99, 99])
    }
  }
  cases.end(t)
})

t.test('arg max takes the first of equals and passes NaN over', async (t) => {
  const x = Float32Array.of(1, 5, 5, 2, NaN, 3, -0, 0, -1, NaN, NaN, NaN)
  for (const engine of await everyEngine()) {
    const y = new Int32Array(4)
    runInstruction(engine, instruction.argMax, { x, y, rows: 4, classes: 3 })
    t.same([...y], [1, 2, 0, 0], engine.name)
  }
})
