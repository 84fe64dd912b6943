import t from 'tap'
import { dataset } from '../../../src/data/dataset.js'
import { createTrainer } from '../../../src/index.js'
import { batchNorm } from '../../../src/nn/layers/batch-norm.js'
import { dense } from '../../../src/nn/layers/dense.js'
import { layerNorm } from '../../../src/nn/layers/layer-norm.js'
import type { LayerSpec } from '../../../src/nn/layers/spec.js'
import { sequential } from '../../../src/nn/model.js'
import { sgd } from '../../../src/optim/sgd.js'
import { sameBits } from '../../support/bits.js'
import { Cases } from '../../support/cases.js'
import { everyEngine } from '../../support/run.js'

t.test('running statistics are weights that no optimizer touches', async (t) => {
  const cases = new Cases()
  const images = Float32Array.from({ length: 12 }, (_, i) => (i * i) % 7)
  const data = dataset({ name: 'few', images, labels: Uint8Array.of(0, 1, 1), sampleShape: [4], classes: 2 })
  const fingerprints: string[] = []
  for (const engine of await everyEngine()) {
    const model = sequential([batchNorm(), dense(2)], { input: [4] })
    t.same(model.parameters.map(({ name, trained = true }) => [name, trained]).slice(0, 4), [
      ['batchNorm_1/scale', true],
      ['batchNorm_1/shift', true],
      ['batchNorm_1/running_mean', false],
      ['batchNorm_1/running_variance', false],
    ])
    const trainer = createTrainer(engine, model, {
      optimizer: sgd({ rate: 0.1, momentum: 0.9 }),
      batchSize: 'full',
    })
    const before = await model.fingerprint()
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    const weights = model.weights()
    const means = [0, 1, 2, 3].map((c) => 0.1 * ((images[c]! + images[4 + c]! + images[8 + c]!) / 3))
    const running = weights.get('batchNorm_1/running_mean')!
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
      images: Float32Array.of(3, -2),
      labels: Uint8Array.of(1),
      sampleShape: [2],
      classes: 2,
    },
  })
  for (const engine of await everyEngine()) {
    const model = sequential([batchNorm(), dense(2)], { input: [2] })
    const trainer = createTrainer(engine, model, { optimizer: sgd({ rate: 0.1 }) })
    for await (const { loss } of trainer.fit(data, { epochs: 2 })) t.ok(Number.isFinite(loss))
    t.same(model.weights().get('batchNorm_1/running_variance'), Float32Array.of(1, 1))
  }
})

t.test('a wrong option is refused by name', async (t) => {
  const wrong: [() => LayerSpec, RegExp][] = [
    [
      () => batchNorm({ momentum: 1 }),
      /batchNorm: momentum should be a number from 0 up to, but not, 1, found 1/,
    ],
    [() => batchNorm({ epsilon: 0 }), /batchNorm: epsilon should be a finite number above 1e-45, found 0/],
    [() => layerNorm({ epsilon: -1 }), /layerNorm: epsilon should be a finite number above 1e-45, found -1/],
    [() => ({ ...layerNorm(), axis: 1 }) as never, /layerNorm_1: unknown field 'axis'/],
  ]
  for (const [spec, message] of wrong) {
    t.throws(() => sequential([spec()], { input: [4] }), { name: 'ModelError', message })
  }
})
