import t from 'tap'
import {
  logSoftmax,
  logSoftmaxBackward,
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
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
