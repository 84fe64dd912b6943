import t from 'tap'
import * as instruction from '../../src/program/instructions.js'
import { everyEngine, runInstruction } from '../support/run.js'

const rows = 6
const classes = 5
const wrong = Int32Array.of(0, 5, -1, 2 ** 31 - 1, -(2 ** 31), 1 << 30)
/** What they are taken for. */
const clamped = Int32Array.of(0, 4, 4, 4, 4, 4)

const values = (count: number) => Float32Array.from({ length: count }, (_, i) => ((i * 7) % 11) / 10 + 0.05)
const results = () => ({ loss: new Float32Array(rows), predicted: new Int32Array(rows) })

t.test(
  'a label that is none of the classes is taken for the last, in every kernel that takes labels',
  async (t) => {
    for (const engine of await everyEngine()) {
      const kernels: Record<string, (labels: Int32Array) => unknown> = {
        softmaxCrossEntropy(labels) {
          const written = { ...results(), dlogits: new Float32Array(rows * classes) }
          const args = { logits: values(rows * classes), labels, ...written, rows, classes, smoothing: 0.1 }
          runInstruction(engine, instruction.softmaxCrossEntropy, args)
          return written
        },
        categoricalCrossEntropy(labels) {
          const written = { ...results(), dscores: new Float32Array(rows * classes) }
          const args = { scores: values(rows * classes), labels, ...written, rows, classes }
          runInstruction(engine, instruction.categoricalCrossEntropy, args)
          return written
        },
        averagedCrossEntropy(labels) {
          const steps = 2
          const written = {
            ...results(),
            p: values(steps * rows * classes),
            logs: new Float32Array(steps * rows),
          }
          const [logits, average] = [values(steps * rows * classes), values(rows * classes)]
          const all = { valid: null, weights: null, divisor: null }
          const args = { logits, average, labels, ...all, ...written, steps, rows, classes }
          runInstruction(engine, instruction.averagedCrossEntropy, args)
          return written
        },
        oneHot(labels) {
          const y = new Float32Array(rows * classes)
          runInstruction(engine, instruction.oneHot, { labels, y, rows, classes })
          return y
        },
        tally(labels) {
          const written = { totals: new Float64Array(4), confusion: new Int32Array(classes * classes) }
          const args = { loss: values(rows), predicted: labels, labels, ...written, rows, classes }
          runInstruction(engine, instruction.tally, args)
          return written
        },
      }
      for (const [name, run] of Object.entries(kernels))
        t.same(run(wrong), run(clamped), `${engine.name} ${name}`)
    }
  },
)

t.test(
  'scores that are all zero have the largest loss that is clipped, no gradient, and no probabilities',
  async (t) => {
    for (const engine of await everyEngine()) {
      const written = { ...results(), dscores: values(rows * classes) }
      const scores = new Float32Array(rows * classes)
      const args = { scores, labels: new Int32Array(rows), ...written, rows, classes }
      runInstruction(engine, instruction.categoricalCrossEntropy, args)
      t.ok(
        written.loss.every((loss) => Math.abs(loss + Math.log(1e-7)) < 1e-4),
        engine.name,
      )
      t.ok(written.dscores.every((value) => value === 0))
      const y = values(rows * classes)
      runInstruction(engine, instruction.normaliseRows, { x: scores, y, rows, classes })
      t.ok(y.every((value) => value === 0))
    }
  },
)
