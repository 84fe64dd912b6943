import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import * as instruction from '../../src/program/instructions.js'
import { categoricalCrossEntropy, normaliseRows } from '../../src/program/instructions.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { everyEngine, runInstruction } from '../support/run.js'

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

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
