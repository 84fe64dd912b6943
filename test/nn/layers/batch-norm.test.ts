import t from 'tap'
import { dataset } from '../../../src/data/make-dataset.js'
import { createTrainer } from '../../../src/index.js'
import { batchNormalization } from '../../../src/nn/layers/batch-norm.js'
import { dense } from '../../../src/nn/layers/dense.js'
import { layerNormalization } from '../../../src/nn/layers/layer-norm.js'
import type { LayerSpec } from '../../../src/nn/layers/spec.js'
import { sequential } from '../../../src/nn/sequential.js'
import { sgd } from '../../../src/optim/sgd.js'
import { sameBits } from '../../support/bits.js'
import { Cases } from '../../support/cases.js'
import { everyEngine } from '../../support/run.js'

t.test('running statistics are weights that no optimizer touches', async (t) => {
  const cases = new Cases()
  const images = Float32Array.from({ length: 12 }, (_, i) => (i * i) % 7)
  const data = dataset({
    name: 'few',
    inputs: images,
    targets: Uint8Array.of(0, 1, 1),
    sampleShape: [4],
    classes: 2,
  })
  const fingerprints: string[] = []
  for (const engine of await everyEngine()) {
    const model = sequential([batchNormalization(), dense(2)], { input: [4] })
    t.same(model.parameters.map(({ name, trained = true }) => [name, trained]).slice(0, 4), [
      ['batchNormalization_1/scale', true],
      ['batchNormalization_1/shift', true],
      ['batchNormalization_1/runningMean', false],
      ['batchNormalization_1/runningVariance', false],
    ])
    const trainer = createTrainer(engine, model, {
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      batchSize: 'full',
    })
    const before = await model.fingerprint()
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    const weights = model.weights()
    const means = [0, 1, 2, 3].map((c) => 0.1 * ((images[c]! + images[4 + c]! + images[8 + c]!) / 3))
    const running = weights.get('batchNormalization_1/runningMean')!
    t.ok(running.every((value, c) => Math.abs(value - means[c]!) < 1e-6))
    t.not(await model.fingerprint(), before)

    // Evaluation neither uses nor changes the statistics of what it sees.
    const alone = await trainer.predict(images.slice(0, 4))
    const together = await trainer.predict(images)
    sameBits(cases, alone.probabilities, together.probabilities.slice(0, 2), engine.name)
    t.same(model.weights(), weights)
    fingerprints.push(await model.fingerprint())
  }
  t.equal(fingerprints[0], fingerprints[1])
  cases.end(t)
})

t.test('a single row leaves the running variance as it was', async (t) => {
  const data = dataset({
    ...{
      name: 'one',
      inputs: Float32Array.of(3, -2),
      targets: Uint8Array.of(1),
      sampleShape: [2],
      classes: 2,
    },
  })
  for (const engine of await everyEngine()) {
    const model = sequential([batchNormalization(), dense(2)], { input: [2] })
    const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1 }) })
    for await (const { loss } of trainer.fit(data, { epochs: 2 })) t.ok(Number.isFinite(loss))
    t.same(model.weights().get('batchNormalization_1/runningVariance'), Float32Array.of(1, 1))
  }
})

t.test('a wrong option is refused by name', async (t) => {
  const wrong: [() => LayerSpec, RegExp][] = [
    [
      () => batchNormalization({ momentum: 1 }),
      /batchNormalization: momentum should be a number from 0 up to, but not, 1, found 1/,
    ],
    [
      () => batchNormalization({ epsilon: 0 }),
      /batchNormalization: epsilon should be a finite number above 1e-45, found 0/,
    ],
    [
      () => layerNormalization({ epsilon: -1 }),
      /layerNormalization: epsilon should be a finite number above 1e-45, found -1/,
    ],
    [() => ({ ...layerNormalization(), axis: 1 }) as never, /layerNormalization_1: unknown field 'axis'/],
  ]
  for (const [spec, message] of wrong) {
    t.throws(() => sequential([spec()], { input: [4] }), { name: 'ModelError', message })
  }
})
