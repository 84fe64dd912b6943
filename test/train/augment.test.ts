import t from 'tap'
import {
  type AugmentOptions,
  createEngine,
  createTrainer,
  dataset,
  dense,
  flatten,
  sequential,
  sgd,
  standardisation,
  type TrainerOptions,
} from '../../src/index.js'
import { randomIntegers } from '../support/random.js'

const integers = randomIntegers(77)

const data = dataset({
  ...{ name: 'digits', sampleShape: [8, 8], classes: 4 },
  inputs: Uint8Array.from({ length: 100 * 64 }, () => Math.max(0, integers(-255, 255))),
  targets: Uint8Array.from({ length: 100 }, (_, i) => i % 4),
})
const optimizer = sgd({ learningRate: 0.1 })

t.test('training is augmented on every engine alike, evaluation and prediction are not', async (t) => {
  const augment: AugmentOptions = { shift: 1, rotate: 10, scale: 0.1, elastic: { alpha: 8, sigma: 2 } }
  const standard = standardisation(data)
  const print = async (engine: 'simd' | 'js', options: Partial<TrainerOptions>) => {
    const model = sequential([flatten(), dense(4)], { input: [8, 8] })
    const trainer = createTrainer(await createEngine({ engine }), model, { optimizer, ...options })
    const { loss } = await trainer.evaluate(data)
    const { probabilities } = await trainer.predict(data)
    const mean = probabilities.reduce(
      (sum, p, e) => sum - (e % 4 === Math.floor(e / 4) % 4 ? Math.log(p) : 0),
      0,
    )
    t.ok(Math.abs(mean / 100 - loss) < 1e-5, 'evaluation agrees with prediction')
    for await (const _ of trainer.fit(data, { epochs: 2 }));
    return { loss, weights: await model.fingerprint() }
  }
  const plain = await print('simd', { standardisation: standard })
  const simd = await print('simd', { standardisation: standard, augment })
  t.same(await print('js', { standardisation: standard, augment }), simd)
  t.not(simd.weights, plain.weights)
  t.equal(simd.loss, plain.loss, 'the first evaluation does not see augmentation')
  t.same(await print('simd', { standardisation: standard, augment: { shift: 0 } }), plain, 'no strength')
})

t.test('wrong options are refused by name', async (t) => {
  const engine = await createEngine({ engine: 'js' })
  const wrong: [unknown, RegExp][] = [
    [{ shift: 1.5 }, /^createTrainer: augment.shift should be a whole number from 0 to 127, found 1.5/],
    [{ shift: 128 }, /^createTrainer: augment.shift should be a whole number from 0 to 127, found 128/],
    [{ rotate: 181 }, /^createTrainer: augment.rotate should be a number from 0 to 180, found 181/],
    [{ scale: 1 }, /^createTrainer: augment.scale should be a number from 0 up to, but not, 1, found 1/],
    [{ zoom: 1 }, /^createTrainer: augment: unknown field 'zoom'; known are shift, rotate, scale, elastic/],
    [{ elastic: 3 }, /^createTrainer: augment.elastic should be an object \{ alpha, sigma \}, found 3/],
    [{ elastic: { alpha: 1 } }, /^createTrainer: augment.elastic: the field 'sigma' is missing/],
    [
      { elastic: { alpha: 1, sigma: 0 } },
      /^createTrainer: augment.elastic.sigma should be a number from 0.1 to 16, found 0/,
    ],
    [
      true,
      /^createTrainer: augment should be an object \{ shift\?, rotate\?, scale\?, elastic\? \}, found true/,
    ],
  ]
  const model = sequential([flatten(), dense(4)], { input: [8, 8] })
  for (const [augment, message] of wrong) {
    const options = { optimizer, augment } as TrainerOptions
    t.throws(() => createTrainer(engine, model, options), { name: 'ModelError', message })
  }
  for (const input of [[64], [2, 2, 2, 2], [129, 8], [8, 8, 5]]) {
    const vector = sequential([flatten(), dense(4)], { input })
    t.throws(() => createTrainer(engine, vector, { optimizer, augment: {} }), {
      name: 'ModelError',
      message: /^augment: the model's input should be an image .* found \[/,
    })
  }
})
