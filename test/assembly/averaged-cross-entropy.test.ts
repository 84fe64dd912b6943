import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import * as instruction from '../../src/program/instructions.js'
import { categoricalCrossEntropy, normaliseRows, softmax } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** All results of the averaged softmax loss. */
function averaged(
  engine: Engine,
  x: Float32Array,
  labels: Int32Array,
  steps: number,
  classes: number,
  { valid = null, weights = null, divisor = null }: Partial<Record<string, Float32Array | null>> = {},
) {
  const rows = labels.length
  const logits = x.slice()
  const p = new Float32Array(x.length)
  const average = new Float32Array(rows * classes)
  runInstruction(engine, softmax, { x: logits, y: p, rows: steps * rows, classes })
  const sizes = { steps, rows, size: rows * classes }
  runInstruction(engine, instruction.averageSteps, { x: p, y: average, valid, ...sizes })
  const [loss, alone] = [new Float32Array(rows), new Float32Array(rows)]
  const predicted = new Int32Array(rows)
  const args = { logits, average, labels, valid, weights, divisor, predicted, steps, rows, classes }
  const logs = () => new Float32Array(steps * rows)
  runInstruction(engine, instruction.averagedCrossEntropy, { ...args, p: null, logs: logs(), loss: alone })
  runInstruction(engine, instruction.averagedCrossEntropy, { ...args, p, logs: logs(), loss })
  return { dlogits: p, average, loss, alone, predicted: Float32Array.from(predicted) }
}

t.test(
  'with a mask the averaged softmax loss is that of the valid steps, and agrees with the golden vectors',
  async (t) => {
    const cases = golden('masks').filter(({ name }) => name.startsWith('averaged_softmax'))
    t.equal(cases.length, 6)
    for (const engine of await everyEngine()) {
      for (const { name, inputs, outputs, grads } of cases) {
        const [steps, rows, classes] = inputs.logits!.shape as [number, number, number]
        const labels = Int32Array.from(inputs.labels!.data)
        const valid = floats(inputs.mask!)
        const found = averaged(engine, floats(inputs.logits!), labels, steps, classes, { valid })
        t.equal(mismatch(found.loss, outputs.per_sample!), undefined, `${engine.name} ${name} per sample`)
        t.equal(mismatch(found.average, outputs.probs!), undefined, `${engine.name} ${name} probabilities`)
        t.equal(mismatch(found.dlogits, grads.logits!), undefined, `${engine.name} ${name} gradient`)
        const weights = new Float32Array(rows).fill(2).fill(0, 0, 1)
        const divisor = Float32Array.of(4)
        const weighted = averaged(engine, floats(inputs.logits!), labels, steps, classes, {
          ...{ valid, weights, divisor },
        })
        const expected = found.loss.map((loss, r) => loss * weights[r]!)
        const row = (i: number) => Math.floor(i / classes) % rows
        const scaled = found.dlogits.map((d, i) => (d * weights[row(i)]! * rows) / divisor[0]!)
        t.equal(mismatch(weighted.loss, plain(expected)), undefined, `${engine.name} ${name} weighted`)
        t.equal(
          mismatch(weighted.dlogits, plain(scaled)),
          undefined,
          `${engine.name} ${name} weighted gradient`,
        )
      }
    }
  },
)

const plain = (values: Float32Array) => ({ shape: [values.length], data: [...values] })

/** All results of the categorical cross-entropy. */
function categorical(engine: Engine, x: Float32Array, labels: Int32Array, classes: number) {
  const rows = labels.length
  const scores = x.slice()
  const [dscores, probabilities] = [new Float32Array(x.length), new Float32Array(x.length)]
  const [loss, alone] = [new Float32Array(rows), new Float32Array(rows)]
  const predicted = new Int32Array(rows)
  const args = { scores, labels, predicted, rows, classes }
  runInstruction(engine, categoricalCrossEntropy, { ...args, dscores, loss })
  runInstruction(engine, categoricalCrossEntropy, { ...args, dscores: null, loss: alone })
  runInstruction(engine, normaliseRows, { x: scores, y: probabilities, rows, classes })
  return { dscores, probabilities, loss, alone, predicted: Float32Array.from(predicted) }
}

t.test('the averaged softmax loss agrees with the golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, inputs, outputs, grads } of golden('losses')) {
      if (!name.startsWith('averaged_softmax')) continue
      const [steps, , classes] = inputs.logits!.shape as [number, number, number]
      const found = averaged(
        engine,
        floats(inputs.logits!),
        Int32Array.from(inputs.labels!.data),
        steps,
        classes,
      )
      t.equal(mismatch(found.loss, outputs.per_sample!), undefined, `${engine.name} ${name} per sample`)
      t.equal(mismatch([mean(found.loss)], outputs.loss!), undefined, `${engine.name} ${name} loss`)
      t.equal(mismatch(found.average, outputs.probs!), undefined, `${engine.name} ${name} probabilities`)
      t.equal(mismatch(found.dlogits, grads.logits!), undefined, `${engine.name} ${name} gradient`)
    }
  }
})

t.test('both losses give the same bits on every engine and any number of threads', async (t) => {
  const cases = new Cases()
  const engines = [...(await everyEngine())]
  for (const threads of [2, 3, 8]) engines.push(await createSharesEngine(threads, 1 << 20))
  const integers = randomIntegers(31)
  for (let i = 0; i < 60; i++) {
    const [steps, rows, classes] = [integers(1, 5), integers(1, 21), integers(1, 14)]
    const labels = Int32Array.from({ length: rows }, () => integers(0, classes - 1))
    const plain = (count: number) => Float32Array.from({ length: count }, () => integers(0, 4096) / 512)
    const draw = (count: number) => (i % 2 === 0 ? plain(count) : mixedFloats(count, integers))
    const [x, scores] = [draw(steps * rows * classes), draw(rows * classes)]
    const some = (count: number) => Float32Array.from({ length: count }, () => integers(0, 2))
    const masked = { valid: some(steps * rows), weights: some(rows), divisor: Float32Array.of(3) }
    const results = engines.map((engine) => ({
      ...averaged(engine, x, labels, steps, classes, i % 3 === 0 ? {} : masked),
      ...Object.fromEntries(
        Object.entries(categorical(engine, scores, labels, classes)).map(([name, v]) => [`c ${name}`, v]),
      ),
    })) as Record<string, Float32Array>[]
    for (const [e, result] of results.entries()) {
      const what = `${engines[e]!.name} of ${engines[e]!.threads}, ${steps} x ${rows} x ${classes}`
      for (const [name, values] of Object.entries(result)) {
        sameBits(cases, values, results[0]![name]!, `${what}: ${name}`)
      }
      sameBits(cases, result.alone!, result.loss!, `${what}: loss without gradient`)
    }
  }
  cases.end(t)
})
