import t from 'tap'
import {
  adam,
  createTrainer,
  dataset,
  dense,
  type EngineName,
  flatten,
  sequential,
  sgd,
} from '../../src/index.js'
import { troubleOf } from '../../src/train/divergence.js'
import { newModel, newTrainer, quarters } from '../support/quarters.js'

t.test(
  "a rate that lets the loss explode ends training at that step, with the weights of the epoch's start",
  async (t) => {
    const data = quarters(320)
    for (const engine of ['simd', 'js'] as EngineName[]) {
      const { trainer, model } = await newTrainer({ optimizer: adam({ learningRate: 1e17 }) }, engine)
      await t.rejects(trainer.fit(data, { epochs: 3 }), {
        name: 'TrainingError',
        message:
          /^The loss became [\d.]+e\+\d+, more than 1000 times what it was at the start \(1\.\d+\), in epoch 1, step 2; the weights are back .* than 10{17} may help\.$/,
      })
      t.equal(await model.fingerprint(), await newModel().fingerprint())
      t.equal(trainer.history.length, 0)
    }
  },
)

t.test('what counts as a loss that has exploded', (t) => {
  t.equal(troubleOf('loss', 2300, 2.3), null)
  t.match(troubleOf('loss', 2301, 2.3), /more than 1000 times/)
  t.equal(troubleOf('loss', 0.9, 1e-7), null, 'a mistake of a model that was right is none')
  t.equal(troubleOf('loss', 999, 1e-7), null)
  t.match(troubleOf('loss', Number.NaN, 1), /became NaN/)
  t.match(troubleOf('loss', Number.POSITIVE_INFINITY, 1), /became Infinity/)
  t.end()
})

t.test('what the optimizer keeps must stay finite, too', async (t) => {
  const images = new Float32Array(64 * 16).fill(1e25)
  const data = dataset({ ...quarters(64), inputs: images, targets: new Uint8Array(64) })
  const model = sequential([flatten(), dense(4, { kernelInitializer: 'zeros' })], { input: [4, 4] })
  const { trainer } = await newTrainer()
  const own = createTrainer(trainer.engine, model, {
    optimizer: adam({ learningRate: 1e-30 }),
    batchSize: 64,
  })
  await t.rejects(own.fit(data, { epochs: 1 }), {
    name: 'TrainingError',
    message: /^optimizer\/dense_1\/kernel\.\w+ became Infinity at element \d+ in epoch 1, step 1; /,
  })
  t.ok([...model.weights().values()].flatMap((values) => [...values]).every((value) => value === 0))
})

t.test('a loss that is not finite before any update is not blamed on the rate', async (t) => {
  const images = new Float32Array(64 * 16).fill(3e38)
  const { trainer } = await newTrainer()
  await t.rejects(trainer.fit(dataset({ ...quarters(64), inputs: images }), { epochs: 1 }), {
    name: 'TrainingError',
    message: /step 1; .* No update came before it: inputs or first weights are too large\.$/,
  })
})

t.test('a validation loss that is no number is an error, not the best so far', async (t) => {
  const data = quarters(320)
  const images = new Float32Array(320 * 16).fill(3e38)
  const { trainer, model } = await newTrainer({ optimizer: sgd({ learningRate: 0.01 }) })
  await t.rejects(
    trainer.fit(data, {
      epochs: 2,
      validationData: dataset({ ...quarters(320), inputs: images }),
      earlyStopping: { patience: 1 },
    }),
    { name: 'TrainingError', message: /^The validation loss became (NaN|Infinity) in epoch 1, step 10; / },
  )
  t.equal(await model.fingerprint(), await newModel().fingerprint())
})
