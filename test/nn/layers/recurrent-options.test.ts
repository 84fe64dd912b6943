import t from 'tap'
import type { Engine } from '../../../src/engine/engine.js'
import { createJsEngine } from '../../../src/engine/js/engine.js'
import { createSimdEngine } from '../../../src/engine/wasm.js'
import {
  bidirectional,
  columns,
  concatenate,
  createTrainer,
  dense,
  dropout,
  gru,
  type LayerSpec,
  lstm,
  ModelError,
  masking,
  patches,
  pixels,
  rows,
  sequential,
  sgd,
  simpleRNN,
  timeDistributed,
} from '../../../src/index.js'
import { mismatch } from '../../support/golden.js'
import { runLayers } from '../../support/layers.js'
import { randomIntegers } from '../../support/random.js'
import { everyEngine } from '../../support/run.js'

const random = randomIntegers(77)
const draw = (count: number) =>
  Float32Array.from({ length: count }, () => random(-(2 ** 20), 2 ** 20) / 2 ** 20)
const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)
const plain = (values: Float32Array) => ({ shape: [values.length], data: [...values] })

function addTo(sum: Float32Array, values: Float32Array): void {
  for (const [i, value] of values.entries()) sum[i]! += value
}

/** Values for a model's parameters, and inputs and output gradients for a batch. */
function prepare(layers: LayerSpec[], input: number[], batch: number) {
  const model = sequential(layers, { input })
  const weights = model.parameters.map(({ tensor }) => draw(sizeOf(tensor.shape)).map((w) => w / 2))
  return { x: draw(batch * sizeOf(input)), weights, dy: draw(batch * sizeOf(model.output)), batch }
}

/** Compares all gradients with central differences of the engine's own forward pass. */
function worstGradient(engine: Engine, layers: LayerSpec[], input: number[], batch: number): number {
  const run = prepare(layers, input, batch)
  const { dx, gradients } = runLayers(engine, layers, input, run)
  const h = 2 ** -6
  let worst = 0
  for (const [p, found] of [dx, ...gradients.values()].entries()) {
    const values = p === 0 ? run.x : run.weights[p - 1]!
    const largest = found.reduce((most, value) => Math.max(most, Math.abs(value)), 0.1)
    for (let n = 0; n < Math.min(4, values.length); n++) {
      const i = random(0, values.length - 1)
      const before = values[i]!
      const at = (value: number) => {
        values[i] = value
        const { y } = runLayers(engine, layers, input, run)
        values[i] = before
        return y.reduce((sum, y, j) => sum + y * run.dy[j]!, 0)
      }
      const expected = (at(before + h) - at(before - h)) / (2 * h)
      worst = Math.max(worst, Math.abs(found[i]! - expected) / largest)
    }
  }
  return worst
}

t.test('gradients of every option agree with central differences', async (t) => {
  const engines = [await createSimdEngine(), createJsEngine()]
  const both = { dropout: 0.3, recurrentDropout: 0.4 }
  const models: Record<string, LayerSpec[]> = {
    'one unit': [simpleRNN(1)],
    'dropout, RNN': [simpleRNN(5, { ...both, returnSequences: true })],
    'dropout, LSTM': [lstm(5, both)],
    'dropout, GRU': [gru(5, { ...both, returnSequences: true })],
    'dropout, GRU, reset before': [gru(5, { ...both, reset: 'before', goBackwards: true })],
    'reverse, last': [lstm(3, { goBackwards: true })],
    'trained state, RNN': [
      simpleRNN(4, { initialState: 'trained', goBackwards: true, returnSequences: true }),
    ],
    'trained state, LSTM': [lstm(4, { initialState: 'trained', ...both })],
    'trained state, GRU': [gru(3, { initialState: 'trained', reset: 'before' }), dense(2)],
    'stacked with an output at each step': [
      lstm(4, { returnSequences: true }),
      dropout(0.5),
      gru(3, { returnSequences: true }),
      timeDistributed(dense(2, { activation: 'tanh' })),
    ],
    branches: [concatenate([[lstm(3)], [simpleRNN(2, { goBackwards: true })]]), dense(2)],
    'branches of sequences': [
      concatenate([
        [gru(2, { returnSequences: true })],
        [lstm(3, { returnSequences: true }), dropout(0.2)],
        [],
      ]),
      bidirectional(gru(2, { returnSequences: true })),
      simpleRNN(3),
    ],
    'below a framing': [timeDistributed(dense(4)), rows(2), simpleRNN(3)],
    columns: [timeDistributed(dense(4)), columns(), lstm(2)],
    patches: [timeDistributed(dense(4)), patches(2), gru(2)],
    pixels: [timeDistributed(dense(2)), pixels(), simpleRNN(2)],
  }
  for (const [name, layers] of Object.entries(models)) {
    for (const [e, engine] of engines.entries()) {
      const steps = name === 'one unit' ? 1 : 3 + e
      const worst = worstGradient(engine, layers, [steps, name === 'one unit' ? 1 : 3], 1 + 2 * e)
      t.ok(worst < 4e-3, `${engine.name} ${name}: ${worst}`)
    }
  }
})

t.test(
  'truncated backpropagation is that of the pieces, each from the state of the one before',
  async (t) => {
    const [features, units, batch] = [3, 4, 2]
    const kinds = [simpleRNN, lstm, gru] as const
    for (const engine of await everyEngine()) {
      for (const kind of kinds) {
        const whole = [kind(units, { returnSequences: true, truncate: 2 })]
        const run = prepare(whole, [5, features], batch)
        const { gradients } = runLayers(engine, whole, [5, features], run)
        const sums = [...gradients.values()].map((gradient) => new Float32Array(gradient.length))
        let carried = [0, 1].map(() => new Float32Array(batch * units))
        for (const [first, length] of [
          [0, 2],
          [2, 2],
          [4, 1],
        ] as const) {
          const cut = (values: Float32Array, width: number) =>
            Float32Array.from({ length: batch * length * width }, (_, i) => {
              const [sample, rest] = [Math.floor(i / (length * width)), i % (length * width)]
              return values[sample * 5 * width + first * width + rest]!
            })
          const piece = {
            x: cut(run.x, features),
            dy: cut(run.dy, units),
            weights: run.weights,
            batch,
            carried,
          }
          const layers = [kind(units, { returnSequences: true, stateful: true })]
          const found = runLayers(engine, layers, [length, features], piece)
          for (const [p, gradient] of [...found.gradients.values()].entries()) {
            addTo(sums[p]!, gradient)
          }
          carried = [...found.carried.values()] as Float32Array<ArrayBuffer>[]
        }
        for (const [p, [name, gradient]] of [...gradients].entries()) {
          t.equal(mismatch(gradient, plain(sums[p]!)), undefined, `${engine.name} ${name}`)
        }
      }
    }
  },
)

t.test('padding is as if it were not there', async (t) => {
  const [steps, features, units] = [5, 2, 3]
  const lengths = [5, 2, 0, 3]
  const kinds = [
    () => simpleRNN(units),
    () => lstm(units),
    () => gru(units, { goBackwards: true }),
    () => gru(units, { reset: 'before' }),
  ]
  for (const engine of await everyEngine()) {
    for (const kind of kinds) {
      const layers = [masking(), kind()]
      const run = prepare(layers, [steps, features], lengths.length)
      run.x.forEach((_, i) => {
        const [sample, step] = [Math.floor(i / (steps * features)), Math.floor(i / features) % steps]
        if (step >= lengths[sample]!) run.x[i] = 0
      })
      const found = runLayers(engine, layers, [steps, features], run)
      const sums = [...found.gradients.values()].map((gradient) => new Float32Array(gradient.length))
      for (const [sample, length] of lengths.entries()) {
        const y = found.y.subarray(sample * units, (sample + 1) * units)
        const dx = found.dx.subarray(sample * steps * features, (sample + 1) * steps * features)
        t.ok(
          dx.subarray(length * features).every((d) => d === 0),
          'padding gets no gradient',
        )
        if (length === 0) {
          t.ok(
            y.every((value) => value === 0),
            'nothing read leaves the state zero',
          )
          continue
        }
        const start = sample * steps * features
        const alone = runLayers(engine, [kind()], [length, features], {
          ...{ x: run.x.slice(start, start + length * features), weights: run.weights, batch: 1 },
          dy: run.dy.slice(sample * units, (sample + 1) * units),
        })
        t.equal(mismatch(y, plain(alone.y)), undefined, `${engine.name} ${layers[1]!.type} y`)
        t.equal(mismatch(dx.subarray(0, length * features), plain(alone.dx)), undefined, 'dx')
        for (const [p, gradient] of [...alone.gradients.values()].entries()) {
          addTo(sums[p]!, gradient)
        }
      }
      for (const [p, [name, gradient]] of [...found.gradients].entries()) {
        t.equal(mismatch(gradient, plain(sums[p]!)), undefined, `${engine.name} ${name}`)
      }
    }
  }
})

t.test(
  'a stateful layer goes on where the batch before it ended, and starts anew with each run',
  async (t) => {
    const engine = await createSimdEngine()
    const [steps, batch] = [3, 2]
    const model = sequential([lstm(4, { stateful: true }), dense(3)], { input: [steps, 2] })
    const whole = sequential([lstm(4), dense(3)], { input: [2 * steps, 2] })
    whole.setWeights(model.weights())
    const options = { optimizer: sgd({ learningRate: 0.1 }), batchSize: batch }
    const x = draw(2 * batch * steps * 2)
    const size = steps * 2
    // The second batch continues the first, sample by sample.
    const joined = Float32Array.from({ length: x.length }, (_, i) => {
      const [sample, rest] = [Math.floor(i / (2 * size)), i % (2 * size)]
      const from = rest < size ? sample : sample + batch
      return x[from * size + (rest % size)]!
    })
    const trainer = createTrainer(engine, model, options)
    const found = await trainer.predict(x)
    const expected = await createTrainer(engine, whole, options).predict(joined)
    t.equal(mismatch(found.probabilities.slice(batch * 3), plain(expected.probabilities)), undefined)
    t.same((await trainer.predict(x)).probabilities, found.probabilities, 'the next run starts from zeros')
  },
)

t.test('the initial weights are those of Keras, with other starts by option', (t) => {
  const model = sequential([lstm(3), simpleRNN(4, { recurrentInitializer: 'identity' })].slice(0, 1), {
    input: [2, 5],
  })
  t.same([...model.weights().get('lstm_1/bias')!], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  const recurrent = model.weights().get('lstm_1/recurrentKernel')!
  const product = (a: number, b: number) =>
    recurrent.reduce(
      (sum, value, i) => sum + (Math.floor(i / 12) === a ? value * recurrent[b * 12 + (i % 12)]! : 0),
      0,
    )
  t.ok(Math.abs(product(0, 0) - 1) < 1e-5 && Math.abs(product(0, 1)) < 1e-5, 'orthonormal rows')
  const other = sequential([simpleRNN(3, { recurrentInitializer: 'identity', useBias: false })], {
    input: [2, 5],
  })
  t.same([...other.weights().get('simpleRNN_1/recurrentKernel')!], [1, 0, 0, 0, 1, 0, 0, 0, 1])
  t.equal(other.parameters.length, 2)
  const open = sequential([lstm(1, { forgetBias: 3 })], { input: [2, 5] })
  t.same([...open.weights().get('lstm_1/bias')!], [0, 3, 0, 0])
  t.end()
})

t.test('what does not fit is refused by name', (t) => {
  const refused = (layers: () => unknown[], input: number[], message: RegExp) => {
    t.throws(() => sequential(layers() as LayerSpec[], { input }), message)
    t.throws(() => sequential(layers() as LayerSpec[], { input }), ModelError)
  }
  refused(() => [lstm(0)], [3, 2], /lstm: units should be a whole number from 1 up, found 0/)
  refused(() => [gru(2)], [3], /gru_1: .*sequences, shape \[steps, features\], .* shape \[3\]/)
  refused(() => [lstm(2), lstm(2)], [3, 2], /lstm_2: .* shape \[2\]; .*returnSequences: true/)
  refused(() => [lstm(2)], [0, 2], /sequential: input should be/)
  refused(
    () => [lstm(2, { recurrentActivation: 'relu' as never })],
    [3, 2],
    /lstm: recurrentActivation .*'hardSigmoid'.*"relu"/,
  )
  refused(
    () => [gru(2, { reset: 'never' as never })],
    [3, 2],
    /gru: reset should be one of 'after', 'before'/,
  )
  refused(() => [simpleRNN(2, { truncate: 0 })], [3, 2], /simpleRNN: truncate .* found 0/)
  refused(() => [lstm(2, { recurrentDropout: 1 })], [3, 2], /lstm: recurrentDropout .* found 1/)
  refused(
    () => [lstm(2, { stateful: true, initialState: 'trained' })],
    [3, 2],
    /lstm_1: initialState .* 'trained'/,
  )
  refused(() => [rows(4)], [3, 2], /rows_1: count should be at most the 3 rows .* found 4/)
  refused(() => [patches(5)], [3, 2], /patches_1: size should divide the 6 values .* found 5/)
  refused(() => [columns()], [6], /columns_1: it takes images, .* \[6\]/)
  refused(
    () => [bidirectional(dense(2) as never)],
    [3, 2],
    /bidirectional: layer should be a recurrent layer/,
  )
  refused(
    () => [{ type: 'bidirectional', layer: { type: 'lstm', units: 0 } }],
    [3, 2],
    /bidirectional_1\/forward: units/,
  )
  refused(
    () => [timeDistributed({ type: 'none' } as never)],
    [3, 2],
    /timeDistributed_1: none: type should be one of/,
  )
  refused(() => [concatenate([])], [3, 2], /concatenate: branches should be a list of at least 1 branches/)
  refused(
    () => [concatenate([[lstm(2)], [lstm(2, { returnSequences: true })]])],
    [3, 2],
    /concatenate_1: .*branch_2 .*\[3, 2\]/,
  )
  refused(
    () => [concatenate([[dense(2), { type: 'x' } as never]])],
    [3],
    /concatenate_1\/branch_1: layer 2: type/,
  )
  t.end()
})
