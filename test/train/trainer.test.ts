import t from 'tap'
import {
  createEngine,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  dropout,
  type EngineName,
  type EpochResult,
  flatten,
  holdout,
  sequential,
  sgd,
  standardisation,
  subset,
  type TrainerOptions,
  take,
} from '../../src/index.js'

/** Four classes of noisy 4x4 pictures, told apart by which quarter is bright. */
function quarters(count: number, salt = 0): Dataset {
  let seed = 99 + salt
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  const images = new Uint8Array(count * 16)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 4)
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < 16; p++) {
      const quarter = (p >> 3) * 2 + ((p >> 1) & 1)
      images[i * 16 + p] = Math.floor((quarter === labels[i] ? 120 : 0) + random() * 130)
    }
  }
  return dataset({ name: 'quarters', inputs: images, targets: labels, sampleShape: [4, 4], classes: 4 })
}

const layers = [flatten(), dense(16, { activation: 'relu' }), dropout(0.2), dense(4)]
const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 })

async function setUp(engineName: EngineName, options: Partial<TrainerOptions> = {}, seed = 1) {
  const model = sequential(layers, { input: [4, 4], seed })
  const engine = await createEngine({ engine: engineName })
  return { model, engine, trainer: createTrainer(engine, model, { optimizer, batchSize: 32, ...options }) }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

t.test('training learns, and gives the same bits on every engine', async (t) => {
  const data = quarters(500)
  const prints: string[] = []
  for (const name of ['simd', 'js'] as const) {
    const { model, trainer } = await setUp(name)
    const epochs = await all(trainer.fit(data, { epochs: 4, validationData: quarters(101, 7) }))
    t.equal(epochs.length, 4)
    t.ok(epochs[3]!.loss < epochs[0]!.loss, 'the loss falls')
    t.ok(epochs[3]!.validation!.accuracy > 0.95, `validation accuracy ${epochs[3]!.validation!.accuracy}`)
    t.equal(epochs[3]!.validation!.samples, 101)
    t.same(
      epochs.map(({ epoch, steps, samples, complete }) => [epoch, steps, samples, complete]),
      [1, 2, 3, 4].map((epoch) => [epoch, 16, 500, true]),
      'the last batch of 20 is trained on too',
    )
    t.same(trainer.history, epochs)
    prints.push(await model.fingerprint())
    trainer.close()
  }
  t.equal(prints[0], prints[1])
})

t.test('one seed gives one result, another seed another', async (t) => {
  const data = quarters(100)
  const print = async (seed: number, options: Partial<TrainerOptions> = {}) => {
    const { model, trainer } = await setUp('simd', options, seed)
    await all(trainer.fit(data, { epochs: 2 }))
    return await model.fingerprint()
  }
  const first = await print(1)
  t.equal(await print(1), first)
  t.not(await print(2), first)
  t.not(await print(1, { seed: 2 }), first, 'the order of the samples has its own seed')
  t.not(await print(1, { shuffle: false }), first)
})

t.test('two fits are one long fit, and close gives the memory back', async (t) => {
  const data = quarters(100)
  const one = await setUp('simd')
  await all(one.trainer.fit(data, { epochs: 3 }))
  const two = await setUp('simd')
  await all(two.trainer.fit(data, { epochs: 1 }))
  await all(two.trainer.fit(data, { epochs: 2 }))
  t.equal(await two.model.fingerprint(), await one.model.fingerprint())
  t.same(
    two.trainer.history.map(({ epoch }) => epoch),
    [1, 2, 3],
  )

  const { engine } = one
  const before = engine.allocate(64)
  engine.release(before)
  for (let i = 0; i < 20; i++) {
    const trainer = createTrainer(engine, one.model, { optimizer, batchSize: 32 })
    await all(trainer.fit(quarters(200, i), { epochs: 1, validationData: quarters(50, -i) }))
    trainer.close()
  }
  const bytes = engine.views.u8.length
  for (let i = 0; i < 20; i++) {
    const trainer = createTrainer(engine, one.model, { optimizer, batchSize: 32 })
    await all(trainer.fit(quarters(200, i), { epochs: 1 }))
    trainer.close()
  }
  t.equal(engine.views.u8.length, bytes, 'memory does not grow')
})

t.test('a full batch is one step, and batches of any size train', async (t) => {
  const data = quarters(90)
  for (const batchSize of [1, 7, 90, 1000, 'full'] as const) {
    const { trainer } = await setUp('simd', { batchSize })
    const [epoch] = await all(trainer.fit(data, { epochs: 1 }))
    t.equal(epoch!.steps, batchSize === 1 ? 90 : batchSize === 7 ? 13 : 1, `batch ${batchSize}`)
    t.ok(Number.isFinite(epoch!.loss))
  }
})

t.test('evaluation and prediction agree, whatever the batch and the form of the data', async (t) => {
  const data = quarters(700)
  const standard = standardisation(data)
  for (const options of [{}, { standardisation: standard }]) {
    const { trainer } = await setUp('simd', options)
    await all(trainer.fit(data, { epochs: 1 }))
    const { accuracy, confusion, loss, samples } = await trainer.evaluate(data)
    const { classes, probabilities } = await trainer.predict(data)
    const right = Array.from(classes).reduce(
      (sum, predicted, i) => sum + (predicted === data.targets[i] ? 1 : 0),
      0,
    )
    t.equal(samples, 700)
    t.equal(accuracy, right / 700)
    t.equal(
      confusion!.counts.reduce((sum, n) => sum + n, 0),
      700,
    )
    const mean =
      [...data.targets].reduce((sum, label, i) => sum - Math.log(probabilities[i * 4 + label]!), 0) / 700
    t.ok(Math.abs(mean - loss) < 1e-5, `loss ${loss}, from the probabilities ${mean}`)

    const floats = Float32Array.from(data.inputs, (byte) => byte / 255)
    t.same((await trainer.predict(floats)).probabilities, probabilities, 'float32 inputs')
    const view = subset(data, [5, 699, 5])
    t.same((await trainer.predict(view)).classes, Uint8Array.of(classes[5]!, classes[699]!, classes[5]!))
    const asFloats = dataset({ ...data, inputs: floats })
    t.same((await trainer.evaluate(asFloats)).loss, loss, 'a float32 data set')
  }
})

t.test('per-class figures follow from the confusion matrix', async (t) => {
  const data = quarters(40)
  const { trainer } = await setUp('simd')
  const { confusion } = await trainer.evaluate(data)
  for (const [label, { support, precision, recall, f1 }] of confusion!.perClass().entries()) {
    t.equal(support, 10)
    const right = confusion!.at(label, label)
    t.equal(recall, right / 10)
    const claimed = [0, 1, 2, 3].reduce((sum, other) => sum + confusion!.at(other, label), 0)
    if (claimed === 0) t.ok(Number.isNaN(precision))
    else {
      t.equal(precision, right / claimed)
      t.ok(Math.abs(f1 - (2 * right) / (10 + claimed)) < 1e-12)
    }
  }
})

t.test('a signal stops after the step at hand, and leaving the loop does too', async (t) => {
  const data = quarters(320)
  const { trainer } = await setUp('simd')
  const controller = new AbortController()
  const onStep = ({ step }: { step: number }) => step === 3 && controller.abort()
  const epochs: EpochResult[] = await all(
    trainer.fit(data, { epochs: 5, signal: controller.signal, onStep, validationData: data }),
  )
  t.equal(epochs.length, 1)
  t.match(epochs[0], { steps: 3, samples: 96, complete: false, validation: null })
  t.same(
    await all(trainer.fit(data, { epochs: 5, signal: controller.signal })),
    [],
    'aborted before it began',
  )

  const last = new AbortController()
  const onLast = ({ step, steps }: { step: number; steps: number }) => step === steps && last.abort()
  const whole = await all(
    trainer.fit(data, { epochs: 5, signal: last.signal, onStep: onLast, validationData: data }),
  )
  t.equal(whole.length, 1)
  t.match(whole[0], { steps: 10, complete: true, validation: { samples: 320 } }, 'its work is not lost')

  for await (const epoch of trainer.fit(data, { epochs: 5 })) if (epoch.epoch === 3) break
  t.equal(trainer.history.length, 3)
  t.equal((await all(trainer.fit(data, { epochs: 1 }))).length, 1, 'a new fit may follow')
})

t.test('epochs of a few steps let other tasks in as well', async (t) => {
  const { trainer } = await setUp('simd')
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 1)
  const epochs = await all(trainer.fit(quarters(32), { epochs: 100_000, signal: controller.signal }))
  t.ok(epochs.length < 100_000, `${epochs.length} epochs`)
})

t.test('only one fit at a time', async (t) => {
  const data = quarters(64)
  const { trainer } = await setUp('simd')
  const first = trainer.fit(data, { epochs: 2 })
  await first.next()
  await t.rejects(trainer.fit(data, { epochs: 1 }).next(), {
    name: 'TrainingError',
    message: /in the middle/,
  })
  await first.return()
})

t.test(
  'a loss that is not finite stops training, says where, and brings the last good weights back',
  async (t) => {
    const data = quarters(320)
    for (const name of ['simd', 'js'] as const) {
      const { trainer, model } = await setUp(name)
      await all(trainer.fit(data, { epochs: 1 }))
      const good = await model.fingerprint()
      const wild = createTrainer(trainer.engine, model, {
        optimizer: sgd({ learningRate: 1e30 }),
        batchSize: 32,
      })
      const message =
        /The loss became (NaN|Infinity) in epoch 1, step [2-9]; .* A smaller learning rate than 1e\+30/
      await t.rejects(all(wild.fit(data, { epochs: 2 })), { name: 'TrainingError', message })
      t.equal(await model.fingerprint(), good, `${name}: weights of the epoch before`)
      await all(trainer.fit(data, { epochs: 1 }))
      t.equal(trainer.history[1]!.epoch, 2, 'the old trainer goes on')
    }
    const { trainer, model } = await setUp('simd', {
      optimizer: sgd({ learningRate: 1e5, weightDecay: 3e38 }),
      batchSize: 'full',
    })
    const good = await model.fingerprint()
    await t.rejects(all(trainer.fit(data, { epochs: 1 })), {
      name: 'TrainingError',
      message: /epoch 1, step 1/,
    })
    t.equal(await model.fingerprint(), good, 'an update that nothing follows is looked at too')
  },
)

t.test('data and options that do not fit are refused', async (t) => {
  const { trainer, engine, model } = await setUp('simd')
  const data = quarters(8)
  const flat = dataset({ ...data, sampleShape: [16] })
  await t.rejects(all(trainer.fit(flat, { epochs: 1 })), {
    name: 'ModelError',
    message: /^quarters: the model takes samples of shape \[4, 4\], found \[16\]/,
  })
  const five = dataset({ ...data, classes: 5 })
  await t.rejects(trainer.evaluate(five), {
    name: 'ModelError',
    message: /the data have 5 classes.*found \[4\]/,
  })
  await t.rejects(trainer.predict(new Float32Array(17)), {
    name: 'ModelError',
    message: /multiple of 16.*found 17/,
  })
  await t.rejects(all(trainer.fit(data, { epochs: 1.5 })), {
    name: 'ModelError',
    message: /fit: epochs should be/,
  })
  await t.rejects(all(trainer.fit(data, {} as never)), {
    name: 'ModelError',
    message: /fit: the field 'epochs' is missing/,
  })
  const wrong: [object, RegExp][] = [
    [{ batchSize: 0 }, /createTrainer: batchSize should be a whole number from 1 up or 'full', found 0/],
    [{ loss: 'hinge' }, /loss should be one of "softmaxCrossEntropy", .*found "hinge"/],
    [{ optimizer: { type: 'adamm' } }, /optimizer should be one of adagrad\(...\), .*sgd\(...\), found/],
    [{ optimiser: optimizer }, /createTrainer: unknown field 'optimiser'/],
    [
      { standardisation: standardisation(take(holdout(quarters(9), 0.5).train, 2)), seed: -3 },
      /seed should be/,
    ],
  ]
  for (const [options, message] of wrong) {
    const merged = { optimizer, ...options } as TrainerOptions
    t.throws(() => createTrainer(engine, model, merged), { name: 'ModelError', message })
  }
})

t.test('a closed engine and an engine that is not there say so', async (t) => {
  for (const name of ['simd', 'js'] as const) {
    const { trainer, engine, model } = await setUp(name)
    const weights = await model.fingerprint()
    engine.close()
    await t.rejects(all(trainer.fit(quarters(8), { epochs: 1 })), { name: 'EngineError', message: /closed/ })
    t.equal(await model.fingerprint(), weights, `${name}: the weights can still be read`)
  }
  await t.rejects(createEngine({ engine: 'gpu' as never }), {
    name: 'EngineError',
    message: /engine should be one of .* found "gpu"/,
  })
})

t.test('looking at the program before the first step changes nothing', async (t) => {
  const data = quarters(64)
  const prints: string[] = []
  for (const looks of [false, true]) {
    const { model, trainer } = await setUp('js')
    if (looks) t.ok(trainer.trainingProgram(data).instructions.length > 0)
    await all(trainer.fit(data, { epochs: 1 }))
    prints.push(await model.fingerprint())
  }
  t.equal(prints[1], prints[0])
})
