import t from 'tap'
import {
  activation,
  checkGradients,
  dataset,
  dense,
  dropout,
  flatten,
  type LayerSpec,
  sequential,
  subset,
} from '../../src/index.js'
import { randomIntegers } from '../support/random.js'

function randomData(samples: number, sampleShape: number[], classes: number, bytes: boolean) {
  const integers = randomIntegers(samples)
  const count = samples * sampleShape.reduce((product, n) => product * n, 1)
  const images = bytes
    ? Uint8Array.from({ length: count }, () => integers(0, 255))
    : Float32Array.from({ length: count }, () => integers(-1000, 1000) / 1000)
  const labels = Uint8Array.from({ length: samples }, () => integers(0, classes - 1))
  return dataset({ name: 'random', inputs: images, targets: labels, sampleShape, classes })
}

const layers: LayerSpec[] = [
  flatten(),
  dense(9, { activation: 'tanh' }),
  dropout(0.3),
  dense(7, { activation: 'sigmoid' }),
  dense(6, { activation: 'gelu' }),
  dense(6, { activation: 'elu' }),
  dense(6, { activation: 'softplus' }),
  dense(6, { activation: 'silu' }),
  dense(6),
  activation('softmax'),
  dense(3),
]

t.test(
  'right gradients pass on every engine, from bytes and floats, dropout and views included',
  async (t) => {
    const model = sequential(layers, { input: [5, 4], seed: 3 })
    const before = await model.fingerprint()
    for (const engine of ['simd', 'js'] as const) {
      for (const bytes of [true, false]) {
        const batch = subset(randomData(11, [5, 4], 3, bytes), [10, 2, 2, 7, 0])
        const found = await checkGradients(model, batch, { engine, elements: 'all' })
        t.ok(found.worst.error < 1e-4, `${engine}, bytes ${bytes}: ${JSON.stringify(found.worst)}`)
        t.equal(found.checked, 20 * 9 + 9 + 9 * 7 + 7 + 7 * 6 + 6 + 4 * (6 * 6 + 6) + 6 * 3 + 3)
        t.same(
          found.parameters.map(({ name }) => name),
          model.parameters.map(({ name }) => name),
        )
        t.ok(found.parameters.some(({ engine }) => Math.abs(engine) > 0.01))
      }
    }
    t.equal(await model.fingerprint(), before, 'the model is as it was')
  },
)

t.test('a gradient that is not the slope is found and named', async (t) => {
  // From zero weights every ReLU stands at its kink: the backward pass says 0, the loss half the slope above.
  const kink = dense(4, { activation: 'relu', kernelInitializer: 'zeros' })
  const model = sequential([dense(5), kink, dense(3)], { input: [6] })
  const { worst, parameters, checked } = await checkGradients(model, randomData(8, [6], 3, false))
  t.equal(worst.error, 1)
  t.equal(worst.engine, 0)
  t.ok(Math.abs(worst.difference) > 1e-3)
  t.match(worst.name, /^dense_2/)
  t.equal(worst.index.length, worst.name === 'dense_2/kernel' ? 2 : 1)
  t.equal(parameters.find(({ name }) => name === 'dense_3/bias')!.error < 1e-4, true)
  t.equal(checked, 20 + 5 + 20 + 4 + 12 + 3)
})

t.test('options and data that do not fit are refused by name', async (t) => {
  const model = sequential([dense(3)], { input: [6] })
  const batch = randomData(8, [6], 3, false)
  const wrong: [object, RegExp][] = [
    [{ elements: 0 }, /^checkGradients: elements should be a whole number from 1 up or 'all', found 0/],
    [{ step: 1 }, /^checkGradients: unknown field 'step'; known are engine, loss, elements/],
    [{ loss: 'hinge' }, /^checkGradients: loss should be one of .*, found "hinge"/],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(checkGradients(model, batch, options), { name: 'ModelError', message })
  }
  await t.rejects(checkGradients(sequential([flatten()], { input: [3] }), randomData(2, [3], 3, true)), {
    message: /^checkGradients: the model has no parameters/,
  })
  await t.rejects(checkGradients(model, randomData(2, [3], 3, true)), {
    message: /^random: the model takes samples of shape \[6\], found \[3\]/,
  })
  await t.rejects(checkGradients(model, randomData(2, [6], 4, true)), { message: /the data have 4 classes/ })
})
