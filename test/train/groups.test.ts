import t from 'tap'
import {
  adam,
  adamw,
  batchNormalization,
  createEngine,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  dropout,
  type EngineName,
  flatten,
  type LayerSpec,
  lstm,
  type Model,
  type OptimizerSpec,
  sequential,
  sgd,
  type TrainerOptions,
} from '../../src/index.js'
import { floats, type GoldenCase, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'

interface Config {
  readonly widths: readonly number[]
  readonly optimizer: 'sgd' | 'adam' | 'adamw'
  readonly momentum: number
  readonly micro_batches: number
  readonly frozen: readonly string[]
  readonly groups: readonly { weights: readonly string[]; weight_decay: number; lr: number }[]
}

/** `W2` is the second layer's kernel. */
const parameterOf = (weight: string) => `dense_${weight[1]}/${weight[0] === 'W' ? 'kernel' : 'bias'}`

function optimizerOf({ optimizer, momentum }: Config): OptimizerSpec {
  if (optimizer === 'sgd') return sgd({ learningRate: 0.5, momentum })
  return optimizer === 'adam' ? adam({ learningRate: 0.5 }) : adamw({ learningRate: 0.5 })
}

async function train(engineName: EngineName, { config, inputs }: GoldenCase) {
  const { widths, groups, frozen, micro_batches, ...rest } = config as unknown as Config
  const [features, ...units] = widths as [number, ...number[]]
  const layers = units.map((n, i) => dense(n, { activation: i + 1 < units.length ? 'relu' : 'none' }))
  const model = sequential(layers, { input: [features] })
  const weights = Object.keys(inputs).filter((name) => name !== 'x' && name !== 'labels')
  model.setWeights(new Map(weights.map((name) => [parameterOf(name), floats(inputs[name]!)])))
  const data = dataset({
    ...{ name: 'golden', inputs: floats(inputs.x!), sampleShape: [features], classes: units.at(-1)! },
    targets: Uint8Array.from(inputs.labels!.data),
  })
  const engine = await createEngine({ engine: engineName })
  const trainer = createTrainer(engine, model, {
    ...{ optimizer: optimizerOf({ ...rest, widths, groups, frozen, micro_batches }), batchSize: 'full' },
    ...{ shuffle: false, accumulate: micro_batches },
    parameterGroups: [
      ...groups.map(({ weights, weight_decay, lr }) => ({
        ...{ match: weights.map(parameterOf), weightDecay: weight_decay, learningRate: lr },
      })),
      ...(frozen.length > 0 ? [{ match: frozen.map(parameterOf), trainable: false }] : []),
    ],
  })
  const losses: number[] = []
  await trainer.fit(data, { epochs: 20, onStep: ({ loss }) => losses.push(loss) })
  losses.push((await trainer.evaluate(data)).loss)
  engine.close()
  return { losses, weights, model }
}

t.test('groups, frozen weights and batches in parts agree with the golden vectors', async (t) => {
  const cases = golden('composition').filter(({ name }) => /^(groups|frozen|accumulate)_/.test(name))
  t.equal(cases.length, 9)
  for (const engine of ['simd', 'js'] as const) {
    for (const found of cases) {
      const { name, inputs, outputs, config } = found
      const { losses, weights, model } = await train(engine, found)
      const values = model.weights()
      const wrong = weights.flatMap((weight) => {
        const difference = mismatch(values.get(parameterOf(weight))!, outputs[weight]!)
        return difference ? [`${weight}: ${difference}`] : []
      })
      t.same(wrong, [], `${engine} ${name}`)
      const expected = { shape: [21], data: [...outputs.losses!.data, ...outputs.final_loss!.data] }
      t.equal(mismatch(losses, expected), undefined, `${engine} ${name} losses`)
      for (const weight of config.frozen as readonly string[]) {
        t.same(values.get(parameterOf(weight)), floats(inputs[weight]!), `${engine} ${name}: ${weight} stays`)
      }
    }
  }
})

const draw = randomIntegers(7)
const samples = (shape: readonly number[], count: number): Dataset => {
  const size = shape.reduce((product, n) => product * n, 1)
  return dataset({
    ...{ name: 'random', sampleShape: shape, classes: 3 },
    inputs: Float32Array.from({ length: count * size }, () => draw(-1000, 1000) / 1000),
    targets: Uint8Array.from({ length: count }, () => draw(0, 2)),
  })
}

async function fingerprint(
  layers: readonly LayerSpec[],
  data: Dataset,
  options: Partial<TrainerOptions>,
  engineOptions: Parameters<typeof createEngine>[0] = { engine: 'simd' },
): Promise<string> {
  const engine = await createEngine(engineOptions)
  const model = sequential(layers, { input: data.sampleShape, seed: 5 })
  const trainer = createTrainer(engine, model, { optimizer: adam({ learningRate: 0.01 }), ...options })
  await trainer.fit(data, { epochs: 2 })
  trainer.close()
  engine.close()
  return await model.fingerprint()
}

t.test('a batch in parts gives the bits of a whole one where the order of sums is the same', async (t) => {
  const flat = samples([6], 32)
  const layers = [dense(9, { activation: 'tanh', l2: 0.01 }), dense(3)]
  const options = { batchSize: 16, clip: { norm: 0.5 } }
  const whole = await fingerprint(layers, flat, options)
  for (const accumulate of [2, 4, 8, 16]) {
    t.equal(await fingerprint(layers, flat, { ...options, accumulate }), whole, `${accumulate} parts`)
  }
  const dozen = { batchSize: 12, accumulate: 4 }
  t.equal(
    await fingerprint(layers, flat, dozen),
    await fingerprint(layers, flat, { batchSize: 12 }),
    'of three',
  )
  t.not(await fingerprint(layers, flat, { ...options, accumulate: 3 }), whole, 'parts of 6, 6 and 4')
  const masked = [dense(9), dropout(0.5), dense(3)]
  const some = { batchSize: 16, accumulate: 4 }
  t.not(await fingerprint(masked, flat, some), await fingerprint(masked, flat, { batchSize: 16 }), 'dropout')
})

t.test('groups and parts give the same bits on every engine and number of threads', async (t) => {
  const data = samples([5, 4], 24)
  const layers = [lstm(6, { dropout: 0.3 }), batchNormalization(), dense(8), dense(3)]
  const options: Partial<TrainerOptions> = {
    ...{ batchSize: 10, accumulate: 3 },
    parameterGroups: [
      { match: ['*/recurrentKernel', 'batchNormalization_1/scale'], trainable: false },
      { match: 'dense_*', learningRate: 0.1, weightDecay: 0.01 },
    ],
  }
  const expected = await fingerprint(layers, data, options)
  for (const engine of [
    { engine: 'js' },
    { engine: 'threads', threads: 2 },
    { engine: 'threads', threads: 3 },
  ] as const) {
    t.equal(await fingerprint(layers, data, options, engine), expected, JSON.stringify(engine))
  }
})

const instructionsOf = async (model: Model, data: Dataset, options: Partial<TrainerOptions> = {}) => {
  const engine = await createEngine({ engine: 'js' })
  const trainer = createTrainer(engine, model, { optimizer: adam({ learningRate: 0.01 }), ...options })
  const { instructions } = trainer.trainingProgram(data)
  engine.close()
  return instructions
}

t.test('nothing is computed for what is frozen, nor below the lowest weight that is trained', async (t) => {
  const data = samples([4, 4], 4)
  const build = (trainable: boolean) =>
    sequential([lstm(3, { trainable, l2: 0.1 }), dense(5, { trainable, l1: 0.1 }), dense(3)], {
      input: [4, 4],
    })
  const names = (found: Awaited<ReturnType<typeof instructionsOf>>) =>
    found.map(({ type, origin }) => `${origin}: ${type.name}`)
  const frozen = names(await instructionsOf(build(false), data))
  t.notOk(frozen.some((name) => /lstmBackward|regularise|penalty|Penalty/.test(name)))
  t.same(
    frozen.filter((name) => name.startsWith('dense_1')),
    ['dense_1: gemm'],
  )
  const groups = [{ match: ['lstm_1/*', 'dense_1/*'], trainable: false }]
  t.same(names(await instructionsOf(build(true), data, { parameterGroups: groups })), frozen, 'by pattern')
  const middle = [{ match: 'dense_1/*', trainable: false }]
  const around = names(await instructionsOf(build(true), data, { parameterGroups: middle }))
  t.equal(
    around.filter((name) => name === 'dense_1: gemm').length,
    2,
    'the input of a frozen layer has a gradient',
  )
  t.ok(around.some((name) => name.endsWith('lstmBackward')))
  const model = build(false)
  const trainer = createTrainer(await createEngine({ engine: 'js' }), model, {
    optimizer: adam({ learningRate: 0.01 }),
  })
  t.same(
    [...trainer.checkpoint().tensors.keys()].filter((name) => name.startsWith('optimizer/')),
    [
      ...['optimizer/dense_2/kernel.mean', 'optimizer/dense_2/kernel.square'],
      ...['optimizer/dense_2/bias.mean', 'optimizer/dense_2/bias.square'],
    ],
  )
})

t.test('frozen batch normalisation is in training what it is in use', async (t) => {
  const data = samples([6], 16)
  const engine = await createEngine({ engine: 'simd' })
  const model = sequential([dense(4), batchNormalization({ name: 'norm', trainable: false }), dense(3)], {
    input: [6],
  })
  const running = ['norm/runningMean', 'norm/runningVariance', 'norm/scale']
  model.setWeights(new Map(running.map((name) => [name, Float32Array.of(0.5, 2, 1, 0.25)])))
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1 }), batchSize: 'full' })
  const { loss } = await trainer.evaluate(data)
  const [first] = await trainer.fit(data, { epochs: 1 })
  t.ok(Math.abs(first!.loss - loss) < 1e-6, 'the loss of the first step is that of the evaluation before it')
  for (const name of running) t.same([...model.weights().get(name)!], [0.5, 2, 1, 0.25], name)
})

t.test('groups that cannot be are refused by name', async (t) => {
  const engine = await createEngine({ engine: 'js' })
  const build = (layers: LayerSpec[] = [flatten(), dense(3)]) => sequential(layers, { input: [2] })
  const wrong: [TrainerOptions['parameterGroups'] | number, RegExp, LayerSpec[]?][] = [
    [
      [{ match: 'lstm_*' }],
      /^createTrainer: parameterGroups\[0\]\.match should be names of parameters \(dense_1\/kernel, dense_1\/bias\) or patterns such as "dense_\*", found "lstm_\*", which is none's\.$/,
    ],
    [[{ match: [] }], /parameterGroups\[0\]\.match should be /],
    [[{ match: '*', learningRate: -1 }], /parameterGroups\[0\]\.learningRate should be /],
    [
      [{ match: '*', weightDecay: 1 }],
      /^createTrainer: parameterGroups\[0\]: rmsprop: unknown field 'weightDecay'/,
    ],
    [
      [{ match: '*', trainable: false, learningRate: 1 }],
      /parameterGroups\[0\] is frozen, so it should have no learningRate/,
    ],
    [
      [{ match: '*', trainable: false }],
      /^createTrainer: all parameters of the model are frozen, so there is nothing to train\.$/,
    ],
    [undefined, /all parameters of the model are frozen/, [dense(3, { trainable: false })]],
    [[{ match: '*', rate: 1 } as never], /unknown field 'rate'/],
  ]
  for (const [parameterGroups, message, layers] of wrong) {
    const optimizer = { type: 'rmsprop' as const, learningRate: 0.1 }
    const options = { optimizer, parameterGroups } as TrainerOptions
    t.throws(() => createTrainer(engine, build(layers), options), { name: 'ModelError', message })
  }
  const stateful = sequential([lstm(2, { stateful: true }), dense(3)], { input: [2, 2] })
  t.throws(() => createTrainer(engine, stateful, { optimizer: sgd({ learningRate: 1 }), accumulate: 2 }), {
    message: /^createTrainer: accumulate should be 1 for a model that carries states from batch to batch/,
  })
  for (const accumulate of [0, 1.5, '2']) {
    const options = { optimizer: sgd({ learningRate: 1 }), accumulate } as TrainerOptions
    t.throws(() => createTrainer(engine, build(), options), {
      message: /accumulate should be a whole number/,
    })
  }
})
