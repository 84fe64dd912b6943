import t from 'tap'
import {
  adagrad,
  adam,
  adamw,
  createEngine,
  createTrainer,
  dataset,
  dense,
  type OptimizerSpec,
  rmsprop,
  sequential,
  sgd,
} from '../../src/index.js'
import { power } from '../../src/optim/functions.js'
import { buildOptimizer } from '../../src/optim/index.js'
import { randomIntegers } from '../support/random.js'

const rate = 0.01
const specs: OptimizerSpec[] = [
  sgd({ learningRate: rate }),
  sgd({ learningRate: rate, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  rmsprop({ learningRate: rate }),
  rmsprop({ learningRate: rate, epsilonInside: true, decay: 0.99, epsilon: 1e-3 }),
  adagrad({ learningRate: rate }),
  adagrad({ learningRate: rate, initialAccumulatorValue: 0.1 }),
  adam({ learningRate: rate }),
  adam({ learningRate: rate, amsgrad: true, weightDecay: 0.1 }),
  adamw({ learningRate: rate }),
  adamw({ learningRate: rate, amsgrad: true, beta1: 0, beta2: 0.5 }),
]

t.test('a step depends on its number alone, as a resumed training needs', async (t) => {
  const { scalars } = buildOptimizer(adam({ learningRate: rate, beta1: 0.9, beta2: 0.999 }))
  const before = scalars(1000, 0.5)
  for (let step = 1; step < 1000; step++) scalars(step, 0.5)
  t.same(scalars(1000, 0.5), before)
  t.equal(scalars(1, 1)[0], 1 / (1 - 0.9))
  t.same(scalars(1e6, 0.5).slice(0, 2), [0.5, 1], 'corrections fade')
})

t.test('powers by squaring are right to the last digits', async (t) => {
  t.equal(power(0.9, 0), 1)
  t.equal(power(0, 0), 1)
  t.equal(power(0, 3), 0)
  t.equal(power(2, 1000), 2 ** 1000)
  t.equal(power(3, 20), 3486784401)
  for (const base of [0.5, 0.9, 0.999, 1.01]) {
    let product = 1
    for (let n = 1; n < 3000; n++) {
      product *= base
      const error = Math.abs(power(base, n) / product - 1)
      if (product > 1e-300 && error > 1e-12) t.fail(`${base}^${n}: ${error}`)
    }
  }
})

t.test('a wrong option is refused by name', async (t) => {
  const wrong: [() => object, RegExp][] = [
    [
      () => adam({ learningRate: Infinity }),
      /^adam: learningRate should be a finite number from 0 up or a schedule: .*found Infinity/,
    ],
    [
      () => adam({ learningRate: rate, beta1: 1 }),
      /^adam: beta1 should be a number from 0 up to, but not, 1, found 1/,
    ],
    [() => adamw({ learningRate: rate, beta2: -0.1 }), /^adamw: beta2 should be .*found -0.1/],
    [
      () => adamw({ learningRate: rate, epsilon: 0 }),
      /^adamw: epsilon should be a finite number above 1e-45, found 0/,
    ],
    [() => adam({ learningRate: rate, epsilon: 1e-60 }), /^adam: epsilon should be .*found 1e-60/],
    [
      () => adam({ learningRate: rate, amsgrad: 1 as never }),
      /^adam: amsgrad should be true or false, found 1/,
    ],
    [
      () => adam({ learningRate: rate, beta3: 1 } as never),
      /^adam: unknown field 'beta3'; known are learningRate, beta1, beta2/,
    ],
    [() => adam({ learningRate: -1 }), /^adam: learningRate should be .*found -1/],
    [() => adam({ learningRate: 1e39 }), /^adam: learningRate should be .*found 1e\+39/],
    [() => adamw({ learningRate: rate, weightDecay: -1 }), /^adamw: weightDecay should be .*found -1/],
    [() => rmsprop({ learningRate: rate, decay: 2 }), /^rmsprop: decay should be .*found 2/],
    [() => rmsprop({} as never), /^rmsprop: the field 'learningRate' is missing/],
    [
      () => adagrad({ learningRate: rate, initialAccumulatorValue: -1 }),
      /^adagrad: initialAccumulatorValue should be a finite number from 0 up, found -1/,
    ],
    [() => ({ type: 'adamax', rate }), /^optimizer should be one of adagrad\(...\), adam\(...\), .*found/],
  ]
  for (const [spec, message] of wrong) {
    t.throws(() => buildOptimizer(spec() as OptimizerSpec), { name: 'ModelError', message })
  }
})

t.test('every optimizer trains a network, to the same bits on every engine', async (t) => {
  const integers = randomIntegers(3)
  // Two classes: whether the point lies within a circle.
  const images = Float32Array.from({ length: 400 }, () => integers(-100, 100) / 100)
  const labels = Uint8Array.from({ length: 200 }, (_, i) =>
    images[2 * i]! ** 2 + images[2 * i + 1]! ** 2 < 0.5 ? 1 : 0,
  )
  const data = dataset({ name: 'circle', inputs: images, targets: labels, sampleShape: [2], classes: 2 })
  for (const spec of specs) {
    const decay = 'weightDecay' in spec ? { weightDecay: 1e-3 } : {}
    const optimizer = { ...spec, ...decay, learningRate: spec.type === 'sgd' ? 0.3 : 0.02 }
    const prints: string[] = []
    for (const name of ['simd', 'js'] as const) {
      const model = sequential([dense(16, { activation: 'tanh' }), dense(2)], { input: [2] })
      const trainer = createTrainer(await createEngine({ engine: name }), model, { optimizer, batchSize: 20 })
      const before = (await trainer.evaluate(data)).loss
      for await (const _ of trainer.fit(data, { epochs: 10 }));
      const { loss } = await trainer.evaluate(data)
      t.ok(loss < 0.93 * before, `${name} ${JSON.stringify(optimizer)}: ${before} to ${loss}`)
      prints.push(await model.fingerprint())
    }
    t.equal(prints[0], prints[1], JSON.stringify(optimizer))
  }
})
