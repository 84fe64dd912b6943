import t from 'tap'
import { softmaxCrossEntropy, tally } from '../../src/program/instructions.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('golden vectors of the cross-entropy', async (t) => {
  const cases = golden('losses').filter(({ config }) => {
    return (config as { loss?: string }).loss === 'softmax_cross_entropy'
  })
  t.ok(cases.length > 0)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const smoothing: number = config.label_smoothing!
      const [rows, classes] = inputs.logits!.shape as [number, number]
      const dlogits = new Float32Array(rows * classes)
      const loss = new Float32Array(rows)
      const predicted = new Int32Array(rows)
      const labels = Int32Array.from(inputs.labels!.data)
      const args = { logits: floats(inputs.logits!), labels, dlogits, loss, predicted, rows, classes }
      runInstruction(engine, softmaxCrossEntropy, { ...args, smoothing })
      t.equal(mismatch(loss, outputs.per_sample!), undefined, `${engine.name} ${name} loss`)
      t.equal(mismatch(dlogits, grads.logits!), undefined, `${engine.name} ${name} dlogits`)
      const totals = new Float64Array(4)
      const confusion = new Int32Array(classes * classes)
      runInstruction(engine, tally, { loss, predicted, labels, totals, confusion, rows, classes })
      t.equal(mismatch([totals[3]!], outputs.loss!), undefined, `${engine.name} ${name} mean loss`)
    }
  }
})

t.test('arg max is the first of equals, and a NaN makes a row NaN without touching the others', async (t) => {
  for (const engine of await everyEngine()) {
    const classes = 6
    const logits = new Float32Array([
      ...[1, 7, 3, 7, 7, 0],
      ...[2, 2, 2, 2, 2, 2],
      ...[0, 1, NaN, 3, 2, 5],
      ...[-1, -2, -3, -4, -5, 0.5],
      ...new Array(classes).fill(NaN),
      ...[-1e30, 3e38, -3e38, 0, 0, 0],
    ])
    const rows = logits.length / classes
    const loss = new Float32Array(rows)
    const predicted = new Int32Array(rows)
    const dlogits = new Float32Array(logits.length)
    const labels = new Int32Array([0, 0, 5, 5, 0, 1])
    runInstruction(engine, softmaxCrossEntropy, {
      ...{ logits, labels, dlogits, loss, predicted, rows, classes, smoothing: 0 },
    })
    t.same([...predicted], [1, 0, 5, 5, 0, 1], engine.name)
    t.same(
      [...loss].map(Number.isNaN),
      [false, false, true, false, true, false],
      `${engine.name}: losses ${loss}`,
    )
    for (let r = 0; r < rows; r++) {
      const row = dlogits.subarray(r * classes, (r + 1) * classes)
      t.ok(
        row.every((d) => Number.isNaN(d) === Number.isNaN(loss[r])),
        `${engine.name}: gradient ${r}`,
      )
    }
    t.equal(loss[5], 0, 'a difference beyond the range of exp')
  }
})

t.test('tally adds batches up', async (t) => {
  const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 16)]
  for (const engine of engines) {
    const totals = new Float64Array([0.5, 1, 2, 0])
    const confusion = new Int32Array(9)
    const args = { totals, confusion, rows: 4, classes: 3, labels: new Int32Array([0, 1, 2, 2]) }
    const loss = new Float32Array([0.25, 16777216, 1, 1])
    runInstruction(engine, tally, { ...args, loss, predicted: new Int32Array([0, 1, 1, 2]) })
    t.same([...totals], [0.5 + 16777218.25, 4, 6, 16777218.25 / 4], `${engine.name}: in float64`)
    t.same([...confusion], [1, 0, 0, 0, 1, 0, 0, 1, 1], engine.name)
    runInstruction(engine, tally, { ...args, loss, predicted: new Int32Array([2, 2, 2, 2]) })
    t.same([...confusion], [1, 0, 1, 0, 1, 1, 0, 1, 3], engine.name)
  }
})
