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

t.test('the categorical cross-entropy agrees with the golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, inputs, outputs, grads } of golden('losses')) {
      if (!/^(sigmoid_normalised|categorical_ce)/.test(name)) continue
      const source = inputs.logits ?? inputs.probs_in!
      const [rows, classes] = source.shape as [number, number]
      const count = rows * classes
      const scores = floats(source)
      const code = { count, activation: 4, slope: 0 }
      if (inputs.logits) runInstruction(engine, instruction.activate, { x: scores, y: scores, ...code })
      const found = categorical(engine, scores, Int32Array.from(inputs.labels!.data), classes)
      t.equal(mismatch(found.loss, outputs.per_sample!), undefined, `${engine.name} ${name} per sample`)
      t.equal(mismatch([mean(found.loss)], outputs.loss!), undefined, `${engine.name} ${name} loss`)
      const clipped = found.probabilities.map((p) => Math.min(Math.max(p, 1e-7), 1 - 1e-7))
      t.equal(mismatch(clipped, outputs.probs!), undefined, `${engine.name} ${name} probabilities`)
      const expected = grads.sigmoid ?? grads.probs_in
      if (expected) t.equal(mismatch(found.dscores, expected), undefined, `${engine.name} ${name} gradient`)
      if (!grads.logits) continue
      const dx = found.dscores.slice()
      runInstruction(engine, instruction.activateBackward, { x: null, y: scores, dy: dx, dx, ...code })
      t.equal(mismatch(dx, grads.logits), undefined, `${engine.name} ${name} gradient for the logits`)
    }
  }
})

t.test('scores that are all zero, or as good as that, have a finite loss and gradient', async (t) => {
  for (const engine of await everyEngine()) {
    const x = Float32Array.of(0, 0, 0, 1, 0, 1, 1e-45, 0, 1e-45)
    const found = categorical(engine, x, Int32Array.of(1, 1, 2), 3)
    const most = Math.fround(-Math.log(1e-7))
    t.ok(Math.abs(found.loss[0]! - most) < 1e-5, `${engine.name}: ${found.loss[0]}`)
    t.equal(found.loss[1], found.loss[0], 'as that of a class that was given nothing')
    t.ok(Math.abs(found.loss[2]! - Math.log(2)) < 1e-6, 'half of next to nothing')
    t.same([...found.dscores], Array(9).fill(0), `${engine.name}: gradient`)
    t.same([...found.probabilities], [0, 0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5])
    t.same([...found.predicted], [0, 0, 0])
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
