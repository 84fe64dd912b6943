import t from 'tap'
import {
  apply,
  concatenate,
  createEngine,
  createEvaluator,
  createPredictor,
  createTrainer,
  dense,
  dropout,
  embedding,
  flatten,
  gru,
  input,
  type LayerSpec,
  lstm,
  type Model,
  type ModelOptions,
  model,
  type Predictor,
  rows,
  sequential,
  sgd,
  simpleRNN,
  timeDistributed,
} from '../../src/index.js'
import { collect } from '../support/garbage.js'
import { floats, type GoldenTensor, golden, mismatch } from '../support/golden.js'
import { newModel, quarters } from '../support/quarters.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine } from '../support/run.js'

const engines = async () => [...(await everyEngine()), await createEngine({ engine: 'threads', threads: 2 })]
/** Bytes that are in use once all that nobody can reach is gone. */
const heapUsed = () => {
  collect()
  return process.memoryUsage().heapUsed
}

/** Numbers between -1 and 1. */
const some = (count: number, seed = 1) => {
  const next = randomIntegers(seed)
  return Float32Array.from({ length: count }, () => next(-1000, 1000) / 1000)
}

t.test('one sample after the other has the bits of an evaluator', async (t) => {
  const networks = [
    newModel(),
    sequential([rows(), lstm(9), dropout(0.5), dense(4)], { input: [4, 4] }),
    sequential([rows(), gru(5, { stateful: true }), dense(4)], { input: [4, 4] }),
  ]
  for (const engine of await engines()) {
    for (const network of networks) {
      const data = quarters(6)
      const { probabilities } = await createEvaluator(engine, network).predict(data)
      using predictor = createPredictor(engine, network, { loss: 'softmaxCrossEntropy' })
      using pair = createPredictor(engine, network, { loss: 'softmaxCrossEntropy', batchSize: 2 })
      for (let i = 0; i < 6; i++) {
        const bytes = (data.inputs as Uint8Array).subarray(i * 16, i * 16 + 16)
        const expected = probabilities.subarray(i * 4, i * 4 + 4)
        if (!network.stateful) t.same(predictor.predict(bytes), expected, engine.name)
        t.same(
          predictor.predict(Float32Array.from(bytes, (byte) => byte / 255)),
          predictor.predict(bytes).slice(),
        )
        if (i % 2 === 1) {
          const both = (data.inputs as Uint8Array).subarray((i - 1) * 16, i * 16 + 16)
          if (!network.stateful) t.same(pair.predict(both), probabilities.subarray(i * 4 - 4, i * 4 + 4))
        }
      }
    }
    engine.close()
  }
})

t.test('standardised inputs have the bits of an evaluator, too', async (t) => {
  const engine = await createEngine()
  const standardisation = { mean: some(16, 2), scale: some(16, 3) }
  const options = { loss: 'meanSquaredError', standardisation } as const
  const x = some(16)
  const { probabilities } = await createEvaluator(engine, newModel(), options).predict(x)
  t.same(createPredictor(engine, newModel(), options).predict(x), probabilities)
  const bytes = quarters(1)
  const expected = await createEvaluator(engine, newModel(), options).predict(bytes)
  t.same(createPredictor(engine, newModel(), options).predict(bytes.inputs), expected.probabilities)
})

/** Layers for sequences that may be gone through step by step. */
const sequences: readonly (readonly [readonly LayerSpec[], ModelOptions])[] = [
  [[lstm(6, { returnSequences: true }), gru(5)], { input: [7, 3] }],
  [
    [simpleRNN(6, { returnSequences: true, activation: 'relu' }), timeDistributed(dense(2))],
    { input: [7, 3] },
  ],
  [[gru(6, { reset: 'before', returnSequences: true }), dropout(0.5), lstm(9), dense(2)], { input: [7, 3] }],
  [[rows(), lstm(8, { initialState: 'trained' }), dense(3)], { input: [7, 3] }],
]

/** The first steps of a model's sequence as the whole input of one that is that much shorter, with the same weights. */
function shortened(network: Model, [layers]: (typeof sequences)[number], steps: number): Model {
  const short = sequential(layers, { input: [steps, 3] })
  short.setWeights(network.weights())
  return short
}

t.test('step by step has the bits of the whole sequence at once', async (t) => {
  for (const engine of await engines()) {
    for (const recipe of sequences) {
      const network = sequential(...recipe)
      network.setWeights(new Map([...network.weights()].map(([name, w], i) => [name, some(w.length, i + 5)])))
      using predictor = createPredictor(engine, network)
      const x = some(21)
      const givesSequence = network.output.length === 2
      for (let round = 0; round < 2; round++) {
        predictor.reset()
        for (let step = 0; step < 7; step++) {
          const found = predictor.step(x.subarray(step * 3, step * 3 + 3)).slice()
          using short = createPredictor(engine, shortened(network, recipe, step + 1))
          const whole = short.predict(x.subarray(0, step * 3 + 3))
          const expected = givesSequence ? whole.subarray(-found.length) : whole
          t.same(found, expected, `${engine.name} ${recipe[0].map(({ type }) => type)}, step ${step}`)
        }
      }
    }
    engine.close()
  }
})

t.test('a stateful predictor goes on from one part of a sequence to the next', async (t) => {
  const engine = await createEngine()
  const layers = [lstm(6, { returnSequences: true }), gru(5)]
  const long = sequential(layers, { input: [12, 3] })
  const part = sequential(layers, { input: [4, 3] })
  part.setWeights(long.weights())
  const predictor = createPredictor(engine, part, { stateful: true })
  const x = some(36)
  const expected = createPredictor(engine, long).predict(x)
  for (let round = 0; round < 2; round++) {
    predictor.predict(x.subarray(0, 12))
    predictor.step(x.subarray(12, 15))
    for (let step = 5; step < 8; step++) predictor.step(x.subarray(step * 3, step * 3 + 3))
    t.same(predictor.predict(x.subarray(24)), expected, 'parts and steps')
    predictor.reset()
  }
})

t.test('ids go step by step, in a graph too, several samples side by side', async (t) => {
  const engine = await createEngine()
  const ids = input([5], { type: 'int32', name: 'ids' })
  const words = apply(embedding(11, 4, { maskZero: true }), ids)
  const first = apply(lstm(3, { returnSequences: true }), words)
  const second = apply(gru(2, { returnSequences: true }), words)
  const network = model({
    inputs: ids,
    outputs: {
      states: apply(timeDistributed(dense(11)), concatenate([first, second])),
      last: apply(gru(2), first),
    },
  })
  using predictor = createPredictor(engine, network, { batchSize: 2 })
  const x = Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3)
  const whole = predictor.predict(x).slice()
  const last = predictor.outputs.get('last')!.slice()
  for (let step = 0; step < 5; step++) {
    const found = predictor.step(Int32Array.of(x[step]!, x[step + 5]!))
    const at = (sample: number) => whole.subarray((sample * 5 + step) * 11, (sample * 5 + step + 1) * 11)
    t.same(found, Float32Array.of(...at(0), ...at(1)))
  }
  t.same(predictor.outputs.get('last'), last)
  t.throws(() => predictor.step(Int32Array.of(1, 0)), /step: ids should be no padding, found id 0/)
  t.throws(() => predictor.step(Int32Array.of(1, 11)), /step: ids should be ids from 0 to 10, found 11 at/)
})

t.test('several inputs go by name, each with ids of its own', async (t) => {
  const [few, many, price] = [
    input([3], { type: 'int32', name: 'few' }),
    input([3], { type: 'int32', name: 'many' }),
    input([2], { name: 'price' }),
  ]
  const both = concatenate([apply(embedding(4, 2), few), apply(embedding(40, 2), many)])
  const joined = concatenate([apply(lstm(3), both), price])
  const network = model({ inputs: [few, many, price], outputs: apply(dense(2), joined) })
  const predictor = createPredictor(await createEngine(), network)
  const prices = Float32Array.of(0.5, 2)
  const ids = [Int32Array.of(1, 2, 3), Int32Array.of(39, 0, 7)] as const
  const whole = predictor.predict({ few: ids[0], many: ids[1], price: prices }).slice()
  for (let step = 0; step < 3; step++) {
    predictor.step({ few: ids[0][step]!, many: ids[1][step]!, price: prices })
  }
  t.same(predictor.outputs.values().next().value, whole)
  const wrong = (x: unknown, message: RegExp) =>
    t.throws(() => predictor.predict(x as never), { name: 'ModelError', message })
  wrong({ few: ids[1], many: ids[1], price: prices }, /few should be ids from 0 to 3, found 39 at element 0/)
  wrong(
    { few: ids[0], many: ids[1] },
    /price should be a Float32Array or Uint8Array of 2 values, found undefined/,
  )
  wrong({ few: ids[0], many: ids[1], price: prices, size: 1 }, /no input "size"; it has few, many, price/)
  wrong(prices, /x should be an object with the inputs few, many, price, found/)
})

interface Config {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  readonly activation: 'tanh' | 'relu'
  readonly gate_activation: string
  readonly reset: 'after' | 'before'
  readonly bias: boolean
  readonly layers: number
  readonly bidirectional: boolean
  readonly steps: number
  readonly batch: number
  readonly in: number
  readonly hidden: number
}

const cells = {
  rnn: ({ hidden, bias: useBias, activation }: Config) =>
    simpleRNN(hidden, { returnSequences: true, useBias, activation }),
  lstm: ({ hidden, bias: useBias, gate_activation }: Config) =>
    lstm(hidden, {
      ...{ returnSequences: true, useBias },
      recurrentActivation: gate_activation === 'hard_sigmoid' ? 'hardSigmoid' : 'sigmoid',
    }),
  gru: ({ hidden, bias: useBias, gate_activation, reset }: Config) =>
    gru(hidden, {
      ...{ returnSequences: true, useBias, reset },
      recurrentActivation: gate_activation === 'hard_sigmoid' ? 'hardSigmoid' : 'sigmoid',
    }),
}

t.test('steps agree with the golden vectors, given states and final states too', async (t) => {
  const engine = await createEngine()
  let compared = 0
  for (const family of ['recurrent_rnn', 'recurrent_lstm', 'recurrent_gru']) {
    for (const { name, config, inputs, outputs } of golden(family)) {
      const shape = config as unknown as Config
      const { layers, bidirectional, steps, batch } = shape
      if (layers !== 1 || bidirectional || outputs.y?.shape.length !== 3) continue
      const network = sequential([cells[shape.cell](shape)], { input: [steps, shape.in] })
      const weights = ['Wx', 'Wh', 'b', 'b_hn'].flatMap((weight) => inputs[weight] ?? [])
      network.setWeights(new Map(network.parameters.map(({ name }, i) => [name, floats(weights[i]!)])))
      using predictor = createPredictor(engine, network, { batchSize: batch })
      const states = Object.keys(predictor.state)
      const given = (state: string) => inputs[state.endsWith('.h') ? 'h0' : 'c0']
      if (inputs.h0) {
        predictor.state = Object.fromEntries(states.map((state) => [state, given(state)!.data]))
      }
      const x = floats(inputs.x!)
      const size = batch * shape.in
      const y = Array.from({ length: steps }, (_, step) => [
        ...predictor.step(x.subarray(step * size, (step + 1) * size)),
      ])
      t.equal(mismatch(y.flat(), outputs.y), undefined, name)
      const found = predictor.state
      for (const state of states) {
        const expected = outputs[state.endsWith('.h') ? 'h_n' : 'c_n'] as GoldenTensor | undefined
        if (expected) t.equal(mismatch(found[state]!, expected), undefined, `${name} ${state}`)
      }
      compared++
    }
  }
  t.ok(compared >= 9, `${compared} cases`)
})

t.test('a state can be kept as JSON and go on elsewhere', async (t) => {
  const network = sequential([lstm(4), dense(2)], { input: [6, 3] })
  const x = some(18)
  const steps = (predictor: Predictor, from: number, to: number) => {
    for (let step = from; step < to; step++) predictor.step(x.subarray(step * 3, step * 3 + 3))
    return predictor.outputs.get('output')!
  }
  const first = createPredictor(await createEngine(), network)
  steps(first, 0, 3)
  const kept = JSON.stringify(first.state)
  t.same(Object.keys(first.state), ['lstm_1.h', 'lstm_1.c'])
  const expected = steps(first, 3, 6).slice()
  first.close()
  const second = createPredictor(await createEngine({ engine: 'js' }), network)
  second.state = JSON.parse(kept)
  t.same(steps(second, 3, 6), expected)
  t.same(second.predict(x), expected, 'predict begins anew')
  t.not(JSON.stringify(second.state), kept)
})

t.test('features of a layer are what a model that ends there gives', async (t) => {
  const layers = [
    rows(),
    lstm(5, { returnSequences: true }),
    gru(4),
    dense(3, { activation: 'relu' }),
    dense(2),
  ]
  const network = sequential(layers, { input: [6, 3] })
  const engine = await createEngine()
  using predictor = createPredictor(engine, network)
  const x = some(18)
  predictor.step(x.subarray(0, 3))
  const { state } = predictor
  for (const [i, { name }] of network.layers.entries()) {
    const upTo = sequential(layers.slice(0, i + 1), { input: [6, 3] })
    upTo.setWeights(new Map(upTo.parameters.map(({ name }) => [name, network.weights().get(name)!])))
    t.same(predictor.features(name, x), createPredictor(engine, upTo).predict(x), name)
  }
  t.same(predictor.state, state)
  t.throws(
    () => predictor.features('lstm_9', x),
    /no layer "lstm_9"; it has rows_1, lstm_1, gru_1, dense_1, dense_2/,
  )
})

t.test('a predictor sees what a trainer on the same engine has done, within an epoch too', async (t) => {
  for (const name of ['simd', 'threads'] as const) {
    const engine = await createEngine({ engine: name })
    const network = sequential([rows(), lstm(6), dense(4)], { input: [4, 4] })
    const trainer = createTrainer(engine, network, { optimizer: sgd({ learningRate: 0.5 }), batchSize: 16 })
    using predictor = createPredictor(engine, network)
    const x = some(16)
    /** What a model with these weights gives that nobody else uses. */
    const expected = async () => {
      const copy = sequential([rows(), lstm(6), dense(4)], { input: [4, 4] })
      copy.setWeights(network.weights())
      return createPredictor(await createEngine({ engine: 'simd' }), copy).predict(x)
    }
    const seen: string[] = []
    const look = async () => {
      const found = predictor.predict(x).slice()
      t.same(found, await expected())
      seen.push(found.join())
    }
    await look()
    await trainer.fit(quarters(64), { epochs: 1, onStep: look })
    await look()
    network.setWeights(new Map([...network.weights()].map(([name, w]) => [name, w.map((v) => v + 0.125)])))
    await look()
    t.equal(new Set(seen).size, 6, 'four steps, a start and an end')
    engine.close()
  }
})

t.test('calls that are wrong are refused in words', async (t) => {
  const engine = await createEngine()
  const network = sequential([lstm(4), dense(2)], { input: [6, 3] })
  const predictor = createPredictor(engine, network)
  const wrong = (call: (p: Predictor) => unknown, message: RegExp) =>
    t.throws(() => call(predictor), { name: /ModelError|TrainingError/, message })
  wrong((p) => p.predict(new Float32Array(17)), /predict: input should be a Float32Array or Uint8Array of 18/)
  wrong((p) => p.predict([1, 2] as never), /predict: input should be a Float32Array/)
  wrong((p) => p.predict(undefined as never), /predict: input should be a Float32Array/)
  wrong((p) => p.predict(new Int32Array(18)), /found a Int32Array of 18/)
  wrong(
    (p) => p.predict(new Float32Array(18).fill(Number.NaN, 4)),
    /input should be finite, found NaN at element 4/,
  )
  wrong((p) => p.step(new Float32Array(18)), /step: input should be a Float32Array or Uint8Array of 3 values/)
  wrong((p) => (p.state = {}), /state: should have arrays called lstm_1.h, lstm_1.c, found/)
  wrong((p) => (p.state = { 'lstm_1.h': [1], 'lstm_1.c': [1, 2, 3, 4] }), /lstm_1.h should be an array of 4/)
  wrong(
    (p) => (p.state = { 'lstm_1.h': [1, 2, 3, Infinity], 'lstm_1.c': [1, 2, 3, 4] }),
    /finite numbers, found Inf/,
  )
  wrong((p) => p.features(3 as never, new Float32Array(18)), /features: layer should be a text/)
  const refused = (layers: readonly LayerSpec[], options: ModelOptions, message: RegExp) =>
    t.throws(() => createPredictor(engine, sequential(layers, options)).step(new Float32Array(3)), {
      ...{ name: 'ModelError', message },
    })
  refused([lstm(4, { goBackwards: true })], { input: [6, 3] }, /step: lstm_1 goes backwards/)
  refused([flatten(), dense(2)], { input: [6, 3] }, /step: the model has no recurrent layer/)
  refused(
    [lstm(4, { returnSequences: true }), flatten()],
    { input: [6, 3] },
    /flatten_1 \(flatten\) takes several/,
  )
  t.throws(() => createPredictor(engine, network, { loss: 'hinge' } as never), /loss should be one of/)
  t.throws(() => createPredictor(engine, network, { batch: 2 } as never), /unknown field 'batch'/)
  t.throws(() => createPredictor({} as never, network), /createPredictor: engine should be an engine/)
  const standardisation = { mean: new Float32Array(3), scale: new Float32Array(3) }
  t.throws(() => createPredictor(engine, network, { standardisation }), /mean should have 18 values/)
  const other = createPredictor(await createEngine(), network)
  t.ok(other.predict(new Float32Array(18)))
  t.throws(() => predictor.predict(new Float32Array(18)), /moved to another engine/)
  other.close()
  other.close()
  t.throws(() => other.predict(new Float32Array(18)), /predict: the predictor was closed/)
  t.throws(() => other.step(new Float32Array(3)), /step: the predictor was closed/)
  t.throws(() => other.reset(), /reset: the predictor was closed/)
  t.throws(() => other.state, /state: the predictor was closed/)
})

t.test('a call allocates nothing', async (t) => {
  const network = sequential([rows(), lstm(16), dense(10)], { input: [8, 8] })
  for (const name of ['simd', 'threads'] as const) {
    const engine = await createEngine({ engine: name })
    const predictor = createPredictor(engine, network, { loss: 'softmaxCrossEntropy' })
    const x = new Float32Array(64).fill(0.5)
    const step = x.subarray(0, 8)
    const calls = {
      predict: () => predictor.predict(x),
      step: () => predictor.step(step),
      features: () => predictor.features('lstm_1', x),
    }
    for (const [kind, call] of Object.entries(calls)) {
      // What compiles or collects meanwhile adds to some rounds: an array of the smallest kind, to each of them.
      const bytes = () => {
        const before = heapUsed()
        for (let i = 0; i < 2000; i++) call()
        return (process.memoryUsage().heapUsed - before) / 2000
      }
      const rounds = Array.from({ length: 8 }, bytes)
      t.ok(
        Math.min(...rounds.map(Math.abs)) < 16,
        `${name} ${kind}: ${rounds.map((n) => n.toFixed(1))} bytes a call`,
      )
    }
    engine.close()
  }
})

t.test('closing gives all memory back', async (t) => {
  const engine = await createEngine()
  const network = sequential([lstm(4), dense(2)], { input: [6, 3] })
  const begin = engine.allocate(64)
  engine.release(begin)
  for (let round = 0; round < 3; round++) {
    using predictor = createPredictor(engine, network)
    predictor.predict(new Float32Array(18))
    predictor.step(new Float32Array(3))
    predictor.features('lstm_1', new Float32Array(18))
  }
  t.equal(engine.allocate(2 ** 16), begin, 'one hole again')
})
