import t from 'tap'
import {
  activation,
  createEngine,
  dense,
  dropout,
  flatten,
  type LayerSpec,
  modelFromConfig,
  sequential,
} from '../../src/index.js'

const layers = [flatten(), dense(6, { activation: 'relu' }), dropout(0.5), dense(3)]

t.test('a model knows its shapes and parameters', async (t) => {
  const model = sequential(layers, { input: [4, 5] })
  t.same(model.output, [3])
  t.same(
    model.parameters.map(({ name, tensor }) => [name, tensor.shape]),
    [
      ['dense_1/kernel', [20, 6]],
      ['dense_1/bias', [6]],
      ['dense_2/kernel', [6, 3]],
      ['dense_2/bias', [3]],
    ],
  )
  t.match(model.summary(), /dense_1 +\[6\] +126\n[\s\S]*147 parameters/)
})

t.test('a model is plain data and comes back from JSON to the same weights', async (t) => {
  const model = sequential(layers, { input: [4, 5], seed: 7 })
  const copy = modelFromConfig(JSON.parse(JSON.stringify(model.config)))
  t.equal(await copy.fingerprint(), await model.fingerprint())
  const other = sequential(layers, { input: [4, 5], seed: 8 })
  t.not(await other.fingerprint(), await model.fingerprint())
})

t.test('initial weights are the same on every engine and move between engines', async (t) => {
  const [a, b] = [0, 1].map(() => sequential(layers, { input: [4, 5] }))
  const [simd, js] = [await createEngine({ engine: 'simd' }), await createEngine({ engine: 'js' })]
  a!.weightsIn(simd)
  b!.weightsIn(js)
  const expected = await a!.fingerprint()
  t.equal(await b!.fingerprint(), expected)
  const old = a!.weightsIn(simd)
  a!.weightsIn(js)
  t.equal(await a!.fingerprint(), expected)
  t.throws(() => old.snapshot(), { name: 'ModelError', message: /moved to another engine/ })
})

t.test('what does not fit is refused by layer, field and shapes', async (t) => {
  const wrong: [() => unknown[], RegExp][] = [
    [
      () => [dense(10)],
      /^dense_1: a dense layer takes vectors, shape \[n\], but its input has shape \[28, 28\]; put flatten\(\)/,
    ],
    [() => [flatten(), dense(0)], /^dense: units should be a whole number from 1 up, found 0/],
    [() => [flatten(), dense(5), dense(2.5)], /^dense: units should be a whole number from 1 up, found 2.5/],
    [
      () => [flatten(), dense(5, { activation: 'rleu' as never })],
      /^dense: activation should be one of "none", .*found "rleu"/,
    ],
    [
      () => [flatten(), dense(5, { kernelInitializer: 'he' as never })],
      /^dense: kernelInitializer should be one of "zeros", .*found "he"/,
    ],
    [
      () => [flatten(), dense(5, { bais: true } as never)],
      /^dense: unknown field 'bais'; known are activation, useBias/,
    ],
    [() => [flatten(), dropout(1)], /^dropout: rate should be a number from 0 up to, but not, 1, found 1/],
    [() => [flatten(), activation('softmacks' as never)], /^activation: activation should be/],
    [
      () => [flatten(), { type: 'dence', units: 3 }],
      /^layer 2: type should be one of .*"dense".* found "dence"/,
    ],
    [() => [flatten(), null], /^layer 2 should be a layer such as dense\(10\), found null/],
    [() => [flatten(), { type: 'dense' }], /^dense_1: the field 'units' is missing/],
    [() => [flatten(), dense], /^layer 2 should be .* found the function dense; did you mean dense\(...\)\?/],
    [
      () => [flatten(), { type: 'dense', units: 2.5 }],
      /^dense_1: units should be a whole number from 1 up, found 2.5/,
    ],
    [() => [], /^sequential: layers should be a list of at least 1 layers.*found \[\]/],
  ]
  for (const [specs, message] of wrong) {
    t.throws(() => sequential(specs() as LayerSpec[], { input: [28, 28] }), { name: 'ModelError', message })
  }
  const configs: [unknown, RegExp][] = [
    [null, /^model: it should be an object \{ input, seed\?, layers \}, found null/],
    [{ layers: [flatten()] }, /model: the field 'input' is missing/],
    [{ layers: [flatten()], input: [28, 0] }, /model: input should be a list of whole numbers from 1 up/],
    [
      { layers: [flatten()], input: [2], seed: -1 },
      /model: seed should be a whole number from 0 to 4294967295/,
    ],
    [
      { layers: [flatten()], input: [2], sede: 1 },
      /model: unknown field 'sede'; known are input, seed, layers/,
    ],
  ]
  for (const [config, message] of configs) {
    t.throws(() => modelFromConfig(config), { name: 'ModelError', message })
  }
})

t.test('weights that do not fit are refused and change nothing', async (t) => {
  const model = sequential([dense(2)], { input: [3] })
  const before = await model.fingerprint()
  const bias = Float32Array.of(1, 2)
  const wrong: [[string, Float32Array][], RegExp][] = [
    [
      [
        ['dense_1/bias', bias],
        ['dense_2/bias', bias],
      ],
      /has no parameter 'dense_2\/bias'; it has dense_1\/kernel, dense_1\/bias/,
    ],
    [
      [
        ['dense_1/bias', bias],
        ['dense_1/kernel', bias],
      ],
      /dense_1\/kernel: expected 6 values of shape \[3, 2\], found 2/,
    ],
    [
      [['dense_1/bias', Float32Array.of(1, Number.NaN)]],
      /dense_1\/bias: value 1 is NaN, expected a finite number/,
    ],
  ]
  for (const [weights, message] of wrong) {
    t.throws(() => model.setWeights(new Map(weights)), { name: 'ModelError', message })
    t.equal(await model.fingerprint(), before)
  }
  model.setWeights(new Map([['dense_1/bias', bias]]))
  t.same(model.weights().get('dense_1/bias'), bias)
})
