import t from 'tap'
import {
  logSoftmax,
  logSoftmaxBackward,
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
  tally,
} from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('golden vectors of softmax and its logarithm', async (t) => {
  const pairs = {
    softmax: [softmax, softmaxBackward],
    log_softmax: [logSoftmax, logSoftmaxBackward],
  } as const
  for (const [kind, [forward, backward]] of Object.entries(pairs)) {
    const cases = golden('activations').filter(({ config }) => (config.activation as unknown) === kind)
    t.equal(cases.length, 6)
    for (const engine of await everyEngine()) {
      for (const { name, inputs, outputs, grads } of cases) {
        const [rows, classes] = inputs.x!.shape as [number, number]
        const y = new Float32Array(rows * classes)
        runInstruction(engine, forward, { x: floats(inputs.x!), y, rows, classes })
        t.equal(mismatch(y, outputs.y!), undefined, `${engine.name} ${name} y`)
        const dx = new Float32Array(rows * classes)
        runInstruction(engine, backward, { y, dy: floats(inputs.dy!), dx, rows, classes })
        t.equal(mismatch(dx, grads.x!), undefined, `${engine.name} ${name} dx`)
      }
    }
  }
})

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

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(17)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  for (let classes = 1; classes <= 70; classes++) {
    const rows = integers(1, 30)
    const size = rows * classes
    const plain = () => Float32Array.from({ length: size }, () => integers(-(2 ** 23), 2 ** 23) / 2 ** 18)
    const draw = classes % 3 === 0 ? () => mixedFloats(size, integers) : plain
    const x = draw()
    const dy = draw()
    const labels = Int32Array.from({ length: rows }, () => integers(0, classes - 1))
    let wanted: Float32Array[] | undefined
    for (const engine of engines) {
      const what = `${engine.name} of ${engine.threads}, ${rows} x ${classes}`
      const y = new Float32Array(size + 4).fill(99)
      runInstruction(engine, softmax, { x: x.slice(), y, rows, classes })
      const inPlace = x.slice()
      runInstruction(engine, softmax, { x: inPlace, y: inPlace, rows, classes })
      const dx = new Float32Array(size + 4).fill(99)
      runInstruction(engine, softmaxBackward, { y, dy: dy.slice(), dx, rows, classes })
      const [logs, dlogs] = [new Float32Array(size + 4).fill(99), new Float32Array(size + 4).fill(99)]
      runInstruction(engine, logSoftmax, { x: x.slice(), y: logs, rows, classes })
      runInstruction(engine, logSoftmaxBackward, { y: logs, dy: dy.slice(), dx: dlogs, rows, classes })
      const dlogits = new Float32Array(size + 4).fill(99)
      const loss = new Float32Array(rows)
      const predicted = new Int32Array(rows)
      const smoothing = classes % 2 === 0 ? 0.1 : 0
      const args = { labels, loss, predicted, rows, classes, smoothing }
      runInstruction(engine, softmaxCrossEntropy, { ...args, logits: x.slice(), dlogits })
      const lossOnly = new Float32Array(rows)
      runInstruction(engine, softmaxCrossEntropy, {
        ...args,
        logits: x.slice(),
        dlogits: null,
        loss: lossOnly,
      })
      const over = x.slice()
      runInstruction(engine, softmaxCrossEntropy, { ...args, logits: over, dlogits: over })

      const results = [y, dx, logs, dlogs, dlogits, loss, Float32Array.from(predicted)]
      wanted ??= results
      for (const [i, result] of results.entries()) sameBits(cases, result, wanted[i]!, `${what}: result ${i}`)
      sameBits(cases, lossOnly, loss, `${what}: loss without gradient`)
      sameBits(cases, inPlace, y.slice(0, size), `${what}: softmax in place`)
      sameBits(cases, over, dlogits.slice(0, size), `${what}: gradient in place`)
      t.same([...y.slice(size), ...dlogits.slice(size)], new Array(8).fill(99), `${what}: nothing behind`)
    }
  }
  cases.end(t)
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
