import t from 'tap'
import {
  type Checkpoint,
  createEngine,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  dropout,
  type EngineName,
  type FitOptions,
  flatten,
  sequential,
  sgd,
} from '../../src/index.js'
import { EarlyStopping } from '../../src/train/early-stopping.js'
import { randomIntegers } from '../support/random.js'

/** Pictures of noise in which one of three columns is a little brighter: learnt at first, then by heart. */
function columns(count: number, salt: number): Dataset {
  const integers = randomIntegers(salt)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
  const pixel = (e: number) => integers(0, 200) + (e % 3 === labels[Math.floor(e / 15)] ? 30 : 0)
  const images = Uint8Array.from({ length: count * 15 }, (_, e) => pixel(e))
  return dataset({ name: 'columns', inputs: images, targets: labels, sampleShape: [5, 3], classes: 3 })
}

const train = columns(100, 5)
const validation = columns(60, 9)
const augment = { shift: 1 }

async function setUp(engineName: EngineName = 'simd', units = 24, momentum = 0.9) {
  const layers = [flatten(), dense(units, { activation: 'relu' }), dropout(0.1), dense(3)]
  const model = sequential(layers, { input: [5, 3], seed: 4 })
  const engine = await createEngine({ engine: engineName })
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.2, momentum }), augment })
  return { model, trainer }
}

/** What a file gives back: `progress` through JSON, arrays copied. */
function throughFile({ progress, tensors }: Checkpoint): Checkpoint {
  return { progress: JSON.parse(JSON.stringify(progress)), tensors: structuredClone(tensors) }
}

t.test('early stopping ends training, and leaves the best epoch', async (t) => {
  for (const monitor of ['loss', 'accuracy'] as const) {
    const patience = 4
    const { model, trainer } = await setUp()
    const prints: string[] = []
    const options: FitOptions = {
      epochs: 200,
      validationData: validation,
      earlyStopping: { monitor, patience },
    }
    for await (const { epoch } of trainer.fit(train, options)) {
      t.equal(prints.length, epoch - 1)
      prints.push(await model.fingerprint())
    }
    const figures = trainer.history.map(({ validation }) => validation![monitor])
    const best = figures.indexOf(monitor === 'loss' ? Math.min(...figures) : Math.max(...figures))
    t.ok(figures.length < 200, `stopped after ${figures.length} epochs`)
    t.equal(figures.length, best + 1 + patience, `${monitor}: ${figures}`)
    t.equal(
      trainer.history.findLastIndex(({ best }) => best === true),
      best,
    )
    t.equal(await model.fingerprint(), prints[best], 'the weights of the best epoch')
    t.equal((await trainer.evaluate(validation))[monitor], figures[best])
  }
})

t.test('a loop that is left early leaves the best epoch, one without early stopping the last', async (t) => {
  for (const earlyStopping of [{ patience: 50 }, null]) {
    const { model, trainer } = await setUp()
    const prints: string[] = []
    for await (const { epoch, best } of trainer.fit(train, {
      ...{ epochs: 200, validationData: validation },
      ...(earlyStopping ? { earlyStopping } : {}),
    })) {
      prints.push(await model.fingerprint())
      t.equal(best === null, earlyStopping === null)
      if (epoch === 40) break
    }
    const best = trainer.history.findLastIndex(({ best }) => best === true)
    t.equal(await model.fingerprint(), prints.at(earlyStopping ? best : -1))
    if (earlyStopping) t.not(await model.fingerprint(), prints.at(-1), 'the last is not the best')
  }
})

t.test('a fit with early stopping that is resumed stops at the same epoch with the same bits', async (t) => {
  const options: FitOptions = { epochs: 200, validationData: validation, earlyStopping: { patience: 4 } }
  const whole = await setUp()
  const checkpoints: Checkpoint[] = []
  for await (const _ of whole.trainer.fit(train, options)) checkpoints.push(whole.trainer.checkpoint())
  for (const done of [1, checkpoints.length - 2, checkpoints.length]) {
    const { model, trainer } = await setUp()
    trainer.restore(throughFile(checkpoints[done - 1]!))
    for await (const _ of trainer.fit(train, options));
    t.equal(trainer.history.length, whole.trainer.history.length, `after epoch ${done}`)
    t.equal(await model.fingerprint(), await whole.model.fingerprint())
    const next = await trainer.fit(train, options).next()
    t.equal((next.value as { best: boolean }).best, true, 'the next fit begins anew')
  }
})

t.test('what is better: by minDelta, and anything after a figure that is no number', async (t) => {
  const evaluation = (loss: number) => ({ loss }) as never
  const stopping = new EarlyStopping({ patience: 2, minDelta: 0.5 }, null)
  t.same(
    [NaN, 4, 3.6, 3.5, 3.5, 3.25, NaN].map((loss) => [stopping.observe(evaluation(loss)), stopping.over]),
    [
      [true, false],
      [true, false],
      [false, false],
      [true, false],
      [false, false],
      [false, true],
      [false, true],
    ],
  )
})

t.test('wrong options of early stopping are refused by name', async (t) => {
  const { trainer } = await setUp()
  const wrong: [unknown, RegExp][] = [
    [{ patience: 0 }, /^fit: earlyStopping.patience should be a whole number from 1 up, found 0/],
    [{}, /^fit: earlyStopping: the field 'patience' is missing/],
    [
      { patience: 1, monitor: 'f1' },
      /^fit: earlyStopping.monitor should be one of 'loss', 'accuracy', found "f1"/,
    ],
    [
      { patience: 1, minDelta: -1 },
      /^fit: earlyStopping.minDelta should be a finite number from 0 up, found -1/,
    ],
    [3, /^fit: earlyStopping should be an object \{ monitor\?, mode\?, patience, minDelta\? \}, found 3/],
  ]
  for (const [earlyStopping, message] of wrong) {
    const fit = trainer.fit(train, { epochs: 1, validationData: validation, earlyStopping } as FitOptions)
    await t.rejects(fit.next(), { name: 'ModelError', message })
  }
  await t.rejects(trainer.fit(train, { epochs: 1, earlyStopping: { patience: 1 } }).next(), {
    message: /^fit: earlyStopping needs the field validation, a data set, found undefined/,
  })
})
