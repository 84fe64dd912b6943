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

t.test('training that is resumed, on any engine, ends with the bits of one that never stopped', async (t) => {
  const whole = await setUp()
  const checkpoints: Checkpoint[] = []
  for await (const _ of whole.trainer.fit(train, { epochs: 5, validationData: validation })) {
    checkpoints.push(whole.trainer.checkpoint())
  }
  const print = await whole.model.fingerprint()
  for (const engine of ['simd', 'js'] as const) {
    for (const done of [1, 3, 5]) {
      const { model, trainer } = await setUp(engine)
      trainer.restore(throughFile(checkpoints[done - 1]!))
      for await (const _ of trainer.fit(train, { epochs: 5 - done, validationData: validation }));
      t.equal(await model.fingerprint(), print, `${engine}, after epoch ${done}`)
      const figures = ({ history }: typeof trainer) =>
        history.map(({ epoch, loss, validation }) => [epoch, loss, validation?.loss, validation?.confusion])
      t.same(figures(trainer), figures(whole.trainer), 'the history goes on')
    }
  }
  // The very same trainer goes back, too.
  whole.trainer.restore(checkpoints[0]!)
  for await (const _ of whole.trainer.fit(train, { epochs: 4 }));
  t.equal(await whole.model.fingerprint(), print)
})

t.test('a restored trainer holds all that its checkpoint does', async (t) => {
  const { trainer } = await setUp()
  const options: FitOptions = { epochs: 200, validationData: validation, earlyStopping: { patience: 4 } }
  const checkpoints = [trainer.checkpoint()]
  for await (const _ of trainer.fit(train, options)) checkpoints.push(trainer.checkpoint())
  const restored = await setUp()
  for (const checkpoint of checkpoints) {
    restored.trainer.restore(throughFile(checkpoint))
    t.same(restored.trainer.checkpoint(), checkpoint, `epoch ${checkpoint.progress.epoch}`)
  }
})

t.test('checkpoints that do not fit are refused, and change nothing', async (t) => {
  const { model, trainer } = await setUp()
  for await (const _ of trainer.fit(train, { epochs: 1 }));
  const good = trainer.checkpoint()
  const print = await model.fingerprint()
  const bad = new Map(good.tensors)
  bad.set('dense_2/bias', { shape: [3], data: Float32Array.of(1, 2, Number.NaN) })
  const wrong: [Checkpoint, RegExp][] = [
    [
      (await setUp('js', 25)).trainer.checkpoint(),
      /^restore: dense_1\/kernel should have shape \[15, 24\], found 375 values of shape \[15, 25\]/,
    ],
    [
      (await setUp('js', 24, 0)).trainer.checkpoint(),
      /^restore: the checkpoint has no array 'optimizer\/dense_1\/kernel.velocity' of shape \[15, 24\]/,
    ],
    [{ ...good, tensors: bad }, /^restore: dense_2\/bias: value 2 is NaN, expected a finite number/],
    [
      { ...good, tensors: new Map([...good.tensors, ['more', { shape: [0], data: new Float32Array() }]]) },
      /^restore: the checkpoint has an array 'more', for which this trainer has no place/,
    ],
    [
      { ...good, progress: { ...good.progress, step: -1 } },
      /^restore: checkpoint\.progress\.step should be a whole number from 0 to 4294967295, found -1/,
    ],
    [
      { ...good, progress: { ...good.progress, earlyStopping: { best: 1, waited: 0 } } },
      /^restore: the checkpoint has no array 'best\/dense_1\/kernel'/,
    ],
  ]
  for (const [checkpoint, message] of wrong) {
    t.throws(() => trainer.restore(checkpoint), { name: 'ModelError', message })
  }
  t.equal(await model.fingerprint(), print)
  let middle: unknown
  const onStep = () => {
    try {
      trainer.checkpoint()
    } catch (error) {
      middle = error
    }
  }
  const fit = trainer.fit(train, { epochs: 2, onStep })
  await fit.next()
  t.match(middle, { name: 'TrainingError', message: /between epochs/ })
  t.throws(() => trainer.restore(good), { name: 'TrainingError', message: /in the middle of a fit/ })
  await fit.return()
})
