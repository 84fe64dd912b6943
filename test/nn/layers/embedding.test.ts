import t from 'tap'
import { NO_ID } from '../../../assembly/codes.js'
import type { Engine } from '../../../src/engine/engine.js'
import {
  adam,
  dense,
  embedding,
  gru,
  lstm,
  sequential,
  simpleRNN,
  timeDistributed,
} from '../../../src/index.js'
import type { LayerSpec } from '../../../src/nn/layers/spec.js'
import * as instruction from '../../../src/program/instructions.js'
import { sizeOf } from '../../../src/program/tensor.js'
import { type LossParts, Training } from '../../support/composition.js'
import { floats, type GoldenCase, golden, mismatch } from '../../support/golden.js'
import { everyEngine } from '../../support/run.js'

interface Config {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  readonly reset?: 'after' | 'before'
  readonly layers: number
  readonly hidden: number
  readonly vocab: number
  readonly width: number
  readonly padding_id: number | null
  readonly ignored_id: number | null
  readonly masked: boolean
  readonly initial_state: 'zero' | 'given'
  readonly reduction: 'mean_all' | 'sum_steps_mean_batch' | 'sum_over_weights'
  readonly groups: readonly [{ readonly lr: number }]
}

function layersOf(config: Config): LayerSpec[] {
  const options = { returnSequences: true, stateful: config.initial_state === 'given' }
  const cell = () => {
    if (config.cell === 'rnn') return simpleRNN(config.hidden, options)
    if (config.cell === 'lstm') return lstm(config.hidden, options)
    return gru(config.hidden, { ...options, reset: config.reset! })
  }
  const { padding_id, vocab, width, masked } = config
  return [
    embedding(vocab, width, { maskZero: masked, ...(padding_id !== null && { paddingId: padding_id }) }),
    ...Array.from({ length: config.layers }, cell),
    timeDistributed(dense(vocab)),
  ]
}

/** Cross-entropy at every step, with an ignored id and by a reduction of the golden vectors. */
function emitLoss({ program, forward, data, kept, scratch }: LossParts, { reduction, ignored_id }: Config) {
  const [steps, batch, classes] = forward.output.shape as [number, number, number]
  const rows = steps * batch
  const [weights, divisor] = [scratch('weights', [rows]), scratch('divisor', [1])]
  const labels = data('targets', [rows])
  program.emit(instruction.lossWeights, {
    ...{ labels, weights: null, mask: forward.valid ?? null, classWeights: null, w: weights, divisor },
    ...{ rows, classes, ignored: ignored_id ?? NO_ID, steps: 0 },
    ...{ scale: reduction === 'mean_all' ? rows : reduction === 'sum_over_weights' ? 1 : batch },
    summed: reduction === 'sum_over_weights' ? 1 : 0,
  })
  const [dlogits, loss] = [scratch('dlogits', forward.output.shape), kept('loss', [rows])]
  const predicted = scratch('predicted', [rows], 'i32')
  program.emit(instruction.weightedCrossEntropy, {
    ...{ logits: forward.output, labels, targets: null, classWeights: null, weights, divisor },
    ...{ dlogits, loss, predicted, rows, classes, smoothing: 0 },
  })
  const [totals, confusion] = [kept('totals', [5], 'f64'), kept('confusion', [classes, classes], 'i32')]
  program.emit(instruction.tallyWeighted, {
    ...{ loss, weights, divisor, predicted, labels, totals, confusion, rows, classes },
  })
  return dlogits
}

/** The training of a golden language model, its weights' names in the order of the parameters, and its batch. */
function languageModel(engine: Engine, found: GoldenCase) {
  const config = found.config as unknown as Config
  const { inputs } = found
  const endings = config.layers > 1 ? ['_0', '_1'] : ['']
  const names = [
    'We',
    ...endings.flatMap((ending) => ['Wx', 'Wh', 'b', 'b_hn'].map((part) => part + ending)),
    ...['Wd', 'bd'],
  ].filter((name) => inputs[name])
  const [steps, batch] = inputs.ids!.shape as [number, number]
  const ids = inputs.ids!.data
  // The input of a model is batch first.
  const x = Int32Array.from(ids, (_, at) => ids[(at % steps) * batch + Math.floor(at / steps)]!)
  const states = inputs.h0 ? { 'lstm_1.h': floats(inputs.h0), 'lstm_1.c': floats(inputs.c0!) } : {}
  const data = { x, targets: Int32Array.from(inputs.targets!.data), ...states }
  const training = new Training(
    engine,
    {
      ...{ layers: layersOf(config), input: [steps], batch, loss: (parts) => emitLoss(parts, config) },
      ...(found.name.endsWith('_adam') && { optimizer: adam({ learningRate: config.groups[0].lr }) }),
    },
    data,
  )
  training.model.setWeights(
    new Map(training.model.parameters.map(({ name }, i) => [name, floats(inputs[names[i]!]!)])),
  )
  return { training, names, data }
}

t.test('language models agree with the golden vectors', async (t) => {
  const cases = golden('embedding').filter(({ name }) => name.startsWith('language_model'))
  t.equal(cases.length, 13)
  for (const engine of await everyEngine()) {
    for (const found of cases) {
      const { name, outputs, grads } = found
      const { training, names, data } = languageModel(engine, found)
      const what = `${engine.name} ${name}`
      if (outputs.losses) {
        const losses = outputs.losses.data.map(() => {
          training.run(data)
          return training.readDoubles('totals')[3]!
        })
        t.equal(mismatch(losses, outputs.losses), undefined, `${what} losses`)
        for (const [i, values] of [...training.model.weights().values()].entries()) {
          t.equal(mismatch(values, outputs[names[i]!]!), undefined, `${what} ${names[i]} in the end`)
        }
      } else {
        training.run(data)
        t.equal(mismatch(training.read('output'), outputs.logits!), undefined, `${what} logits`)
        t.equal(mismatch(training.read('loss'), outputs.per_step!), undefined, `${what} losses`)
        t.equal(mismatch([training.readDoubles('totals')[3]!], outputs.loss!), undefined, `${what} loss`)
        for (const [i, { name: parameter }] of training.model.parameters.entries()) {
          const gradient = training.read(`${parameter}.gradient`)
          t.equal(mismatch(gradient, grads[names[i]!]!), undefined, `${what} d${names[i]}`)
        }
      }
      training.close()
    }
  }
})

t.test('totals count the rows that count', async (t) => {
  const [found] = golden('embedding').filter(({ name }) => name === 'language_model_lstm_padding_ignored')
  const { inputs } = found!
  const counted = inputs.targets!.data.filter((id) => id !== 0).length
  for (const engine of await everyEngine()) {
    const { training, data } = languageModel(engine, found!)
    for (let i = 0; i < 2; i++) training.run(data)
    const [sum, hits, divisor, mean, rows] = training.readDoubles('totals')
    t.equal(rows, 2 * counted, engine.name)
    t.ok(Math.abs(sum! / divisor! - mean!) < 1e-12, 'both batches are the same')
    const logits = training.read('output')
    const classes = logits.length / sizeOf(inputs.targets!.shape)
    const right = inputs.targets!.data.filter((id, r) => {
      const row = logits.subarray(r * classes, (r + 1) * classes)
      return id !== 0 && row.indexOf(Math.max(...row)) === id
    }).length
    t.equal(hits, 2 * right, 'hits')
    training.close()
  }
})

t.test('an embedding takes ids, first of all layers', (t) => {
  const wrong: [() => unknown, RegExp][] = [
    [
      () => sequential([lstm(3), embedding(5, 2)], { input: [4, 2] }),
      /^embedding_1: it takes ids, the model's input/,
    ],
    [
      () => sequential([embedding(5, 2)], { input: [4, 2] }),
      /^embedding_1: an embedding takes sequences of ids/,
    ],
    [
      () => sequential([embedding(5, 2, { paddingId: 5 })], { input: [4] }),
      /^embedding_1: paddingId should be below inputDim, 5, found 5/,
    ],
    [() => embedding(0, 2), /inputDim should be a whole number from 1 up, found 0/],
  ]
  for (const [build, message] of wrong) t.throws(build, { name: 'ModelError', message })
  t.same(sequential([embedding(5, 2)], { input: [4] }).output, [4, 2])
  t.end()
})
