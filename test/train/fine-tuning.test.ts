import t from 'tap'
import {
  adam,
  apply,
  builtInDigits,
  concatenate,
  conv2d,
  createEngine,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  flatten,
  input,
  maxPooling2d,
  model,
  readModel,
  readSafetensors,
  sequential,
  take,
  writeModel,
} from '../../src/index.js'

const stem = (trainable: boolean) => [
  conv2d(6, 5, { activation: 'relu', name: 'strokes', trainable }),
  maxPooling2d(4),
  flatten(),
  dense(24, { activation: 'relu', name: 'shapes', trainable }),
]

/** Digits under other names. */
const renamed = (data: Dataset): Dataset =>
  dataset({
    ...{ name: `other ${data.name}`, inputs: data.inputs as Uint8Array, sampleShape: data.sampleShape },
    ...{ targets: data.targets.map((label) => (3 * label + 1) % 10), classes: 10 },
  })

t.test('a network goes on with the layers of another: few samples are enough for its last one', async (t) => {
  const { train, test } = builtInDigits({ train: 1500, test: 300 })
  const engine = await createEngine()
  const base = sequential([...stem(true), dense(10, { name: 'digits' })], { input: [28, 28] })
  const settings = { optimizer: adam({ learningRate: 0.005 }) }
  await createTrainer(engine, base, settings).fit(train, { epochs: 4 })

  const tuned = sequential([...stem(false), dense(10, { name: 'others' })], { input: [28, 28], seed: 2 })
  const own = tuned.weights()
  t.same(tuned.loadWeights(base.weights()), {
    loaded: ['strokes/kernel', 'strokes/bias', 'shapes/kernel', 'shapes/bias'],
    mismatched: [],
    missing: ['others/kernel', 'others/bias'],
    unexpected: ['digits/kernel', 'digits/bias'],
  })
  t.same(tuned.weights().get('others/kernel'), own.get('others/kernel'), 'what is missing keeps its values')
  t.match(tuned.summary(), /of them frozen$/)
  const few = renamed(take(train, 30))
  const trainer = createTrainer(engine, tuned, { ...settings, batchSize: 10 })
  await trainer.fit(few, { epochs: 5 })
  for (const name of ['strokes/kernel', 'shapes/bias']) {
    t.same(tuned.weights().get(name), base.weights().get(name), `${name} is frozen`)
  }
  const { accuracy } = await trainer.evaluate(renamed(test))

  const fresh = sequential([...stem(false), dense(10)], { input: [28, 28], seed: 2 })
  const alone = createTrainer(engine, fresh, { ...settings, batchSize: 10 })
  await alone.fit(few, { epochs: 5 })
  const without = (await alone.evaluate(renamed(test))).accuracy
  t.ok(accuracy > without + 0.1, `${accuracy} with what was learnt before, ${without} without`)
  engine.close()
})

t.test('a model file with shapes, names and frozen layers is one to load weights from', async (t) => {
  const x = input([4], { name: 'x' })
  const shared = dense(3, { name: 'shared', trainable: false })
  const [a, b] = [apply(shared, x), apply(dense(4), x)]
  const y = apply(dense(2), concatenate([apply(shared, b), a]))
  const saved = model({ inputs: x, outputs: y, seed: 9 })
  const bytes = await writeModel(saved, { data: 'x', standardisation: null, loss: 'softmaxCrossEntropy' })
  const { model: again } = await readModel(bytes, 'saved')
  t.same(again.config, saved.config)
  t.equal(await again.fingerprint(), await saved.fingerprint())
  t.equal(again.parameters.filter((parameter) => again.trains(parameter)).length, 4)

  const other = sequential([dense(3, { name: 'shared' }), dense(4)], { input: [4] })
  const report = other.loadWeights(readSafetensors(bytes, 'saved').tensors)
  t.same(report, {
    loaded: ['shared/kernel', 'shared/bias', 'dense_2/bias'],
    mismatched: ['dense_2/kernel'],
    missing: [],
    unexpected: ['dense_3/kernel', 'dense_3/bias'],
  })
  t.same(other.weights().get('shared/kernel'), saved.weights().get('shared/kernel'))
  const before = await other.fingerprint()
  const bad = new Map([['shared/bias', Float32Array.of(0, 1, Number.NaN)]])
  t.throws(() => other.loadWeights(bad), {
    message: 'shared/bias: value 2 is NaN, expected a finite number.',
  })
  t.equal(await other.fingerprint(), before)
})

t.test('names of layers are unique, and layers inside others have none', (t) => {
  const build = (layers: Parameters<typeof sequential>[0]) => () => sequential(layers, { input: [3, 4] })
  const wrong: [() => unknown, RegExp][] = [
    [
      build([flatten({ name: 'a' }), dense(2, { name: 'a' })]),
      /^layer 2: there is another layer or input called "a"; names are unique\.$/,
    ],
    [
      build([flatten({ name: 'dense_1' }), dense(2)]),
      /^layer 2: there is another layer or input called "dense_1"/,
    ],
    [() => dense(2, { name: 'a/b' }), /^dense: name should be a name of at most 100 letters, digits/],
    [() => dense(2, { name: 'optimizer' }), /^dense: name should be a name/],
    [() => dense(2, { trainable: 'no' } as never), /^dense: trainable should be true or false/],
    [build([{ type: 'flatten', name: 3 } as never]), /^layer 1: name should be a name/],
  ]
  for (const [call, message] of wrong) t.throws(call, { name: 'ModelError', message })
  t.end()
})
