import t from 'tap'
import { NO_ID } from '../../assembly/codes.js'
import { bidirectional, dense, lstm, timeDistributed } from '../../src/index.js'
import * as instruction from '../../src/program/instructions.js'
import { type LossParts, Training } from '../support/composition.js'
import { floats, type GoldenTensor, golden, mismatch } from '../support/golden.js'
import { everyEngine } from '../support/run.js'

/** [a, b, n] as [b, a, n]. */
function swapped({ shape, data }: GoldenTensor): GoldenTensor {
  const [a, b, n] = shape as [number, number, number]
  const from = (i: number) => ((Math.floor(i / n) % a) * b + Math.floor(i / n / a)) * n + (i % n)
  return { shape: [b, a, n], data: data.map((_, i) => data[from(i)]!) }
}

/** The softmax averaged over the valid steps, or cross-entropy at every one of them. */
function emitLoss({ program, forward, data, kept, scratch }: LossParts, isAveraged: boolean) {
  const { output: logits } = forward
  const [steps, batch, classes] = logits.shape as [number, number, number]
  const valid = data('valid', [steps, batch])
  const rows = isAveraged ? batch : steps * batch
  const labels = data('labels', [rows])
  const [weights, divisor] = [scratch('weights', [rows]), kept('divisor', [1])]
  program.emit(instruction.lossWeights, {
    ...{ labels, weights: null, mask: isAveraged ? null : valid, classWeights: null, w: weights, divisor },
    ...{ rows, classes, ignored: NO_ID, steps: 0, scale: 1, summed: 1 },
  })
  const [gradient, loss] = [scratch('gradient', logits.shape), kept('loss', [rows])]
  const shared = {
    labels,
    weights,
    divisor,
    loss,
    predicted: scratch('predicted', [rows], 'i32'),
    rows,
    classes,
  }
  if (isAveraged) {
    const average = kept('average', [batch, classes])
    const sizes = { valid, steps, rows }
    program.emit(instruction.softmax, { x: logits, y: gradient, rows: steps * batch, classes })
    program.emit(instruction.averageSteps, { ...sizes, x: gradient, y: average, size: batch * classes })
    const logs = scratch('logs', [steps, batch])
    program.emit(instruction.averagedCrossEntropy, {
      ...shared,
      ...sizes,
      logits,
      average,
      p: gradient,
      logs,
    })
  } else {
    const targets = { targets: null, classWeights: null, smoothing: 0 }
    program.emit(instruction.weightedCrossEntropy, { ...shared, ...targets, logits, dlogits: gradient })
  }
  return gradient
}

t.test('losses over masked layers agree with the golden vectors', async (t) => {
  const cases = golden('masks').filter(({ name }) => name.startsWith('lstm_') && name.includes('dense'))
  t.equal(cases.length, 3)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const { hidden, bidirectional: isBoth } = config as unknown as {
        hidden: number
        bidirectional: boolean
      }
      const [steps, batch, features] = inputs.x!.shape as [number, number, number]
      const cell = lstm(hidden, { returnSequences: true })
      const isAveraged = name.endsWith('averaged_softmax')
      const valid = floats(inputs.mask!)
      const labels = Int32Array.from(inputs.labels!.data)
      const batchOfCase = { x: floats(swapped(inputs.x!)), valid, labels }
      const training = new Training(
        engine,
        {
          layers: [isBoth ? bidirectional(cell) : cell, timeDistributed(dense(inputs.bd!.shape[0]!))],
          ...{ input: [steps, features], batch, isMasked: true },
          loss: (parts) => emitLoss(parts, isAveraged),
        },
        batchOfCase,
      )
      const endings = isBoth ? ['_f', '_b'] : ['']
      const names = [...endings.flatMap((end) => ['Wx', 'Wh', 'b'].map((part) => part + end)), 'Wd', 'bd']
      const { model } = training
      model.setWeights(new Map(model.parameters.map(({ name }, i) => [name, floats(inputs[names[i]!]!)])))
      training.run(batchOfCase)
      const what = `${engine.name} ${name}`
      const losses = training.read('loss')
      const mean = losses.reduce((sum, value) => sum + value, 0) / training.read('divisor')[0]!
      t.equal(mismatch([mean], outputs.loss!), undefined, `${what} loss`)
      t.equal(mismatch(losses, outputs.per_sample ?? outputs.per_step!), undefined, `${what} of each row`)
      t.equal(mismatch(training.read('output'), outputs.logits!), undefined, `${what} logits`)
      if (isAveraged)
        t.equal(mismatch(training.read('average'), outputs.probs!), undefined, `${what} average`)
      t.equal(mismatch(training.read('dx'), swapped(grads.x!)), undefined, `${what} dx`)
      for (const [i, parameter] of model.parameters.entries()) {
        const gradient = training.read(`${parameter.name}.gradient`)
        t.equal(mismatch(gradient, grads[names[i]!]!), undefined, `${what} d${names[i]}`)
      }
      training.close()
    }
  }
})
