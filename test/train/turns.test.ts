import t from 'tap'
import {
  createEngine,
  createEvaluator,
  createTrainer,
  dense,
  type Evaluation,
  lstm,
  rows,
  sequential,
  sgd,
} from '../../src/index.js'
import { newModel, newTrainer, quarters } from '../support/quarters.js'

const figures = ({ samples, loss, accuracy }: Evaluation) => ({ samples, loss, accuracy })
const optimizer = sgd({ learningRate: 0.1 })

t.test('calls at once give what they give one after the other', async (t) => {
  const [large, small] = [quarters(3000), quarters(700, 5)]
  const { trainer, engine, model } = await newTrainer()
  await trainer.fit(large, { epochs: 1 })
  const evaluator = createEvaluator(engine, model)
  const one = [await trainer.evaluate(large), await trainer.evaluate(small)]
  const predicted = await trainer.predict(small)
  const both = await Promise.all([
    trainer.evaluate(large),
    evaluator.evaluate(small),
    trainer.predict(small),
    evaluator.evaluate(large),
  ])
  t.same(both, [one[0], one[1], predicted, one[0]])
  t.equal(both[0].samples, 3000)
})

t.test('stateful predictions do not mix their states', async (t) => {
  const model = sequential([rows(), lstm(6, { stateful: true }), dense(4)], { input: [4, 4] })
  const trainer = createTrainer(await createEngine({ engine: 'simd' }), model, { optimizer, batchSize: 8 })
  const [a, b] = [quarters(80), quarters(80, 3)]
  const one = [await trainer.predict(a), await trainer.predict(b)]
  t.same(await Promise.all([trainer.predict(a), trainer.predict(b)]), one)
})

t.test('measuring within onStep, awaited or not, gives right figures for both', async (t) => {
  const [data, test] = [quarters(320), quarters(3000, 4)]
  const alone = await newTrainer()
  const [plain] = await alone.trainer.fit(data, { epochs: 1, validationData: test })
  const bits = await alone.model.fingerprint()

  // What the third step leaves: an evaluation of a copy.
  const copy = createTrainer(alone.engine, newModel(), { optimizer })
  let expected: Evaluation | null = null
  for (const awaited of [true, false]) {
    const { trainer, model } = await newTrainer()
    const measured: Promise<Evaluation>[] = []
    const [epoch] = await trainer.fit(data, {
      epochs: 1,
      validationData: test,
      onStep({ step }) {
        if (step !== 3) return undefined
        copy.model.setWeights(model.weights())
        measured.push(trainer.evaluate(test))
        return awaited ? measured[0] : undefined
      },
    })
    expected ??= await copy.evaluate(test)
    t.same(figures(await measured[0]!), figures(expected), `awaited: ${awaited}`)
    t.equal(epoch!.loss, plain!.loss)
    t.same(epoch!.validation, plain!.validation)
    t.equal(await model.fingerprint(), bits)
  }
})

t.test('a second fit and changes within an epoch are refused in words, and do no harm', async (t) => {
  const data = quarters(320)
  const alone = await newTrainer()
  await alone.trainer.fit(data, { epochs: 2 })
  const bits = await alone.model.fingerprint()

  const { trainer, model, engine } = await newTrainer()
  const other = createTrainer(engine, model, { optimizer })
  const start = trainer.checkpoint()
  const elsewhere = await createEngine({ engine: 'js' })
  let looks = 0
  const onStep = async ({ step, epoch }: { step: number; epoch: number }) => {
    if (step !== 4 || epoch !== 1) return
    looks++
    const refused = { name: 'TrainingError', message: /in the middle of|another fit|between epochs/ }
    for (const change of [
      () => model.setWeights(model.weights()),
      () => trainer.restore(start),
      () => other.restore(start),
      () => trainer.checkpoint(),
      () => other.checkpoint(),
      () => createTrainer(elsewhere, model, { optimizer }),
    ]) {
      t.throws(change, refused)
    }
    await t.rejects(trainer.fit(data, { epochs: 1 }), refused)
    await t.rejects(other.fit(data, { epochs: 1 }), refused)
    t.match(await model.fingerprint(), /^[0-9a-f]{64}$/)
  }
  await trainer.fit(data, { epochs: 2, onStep })
  t.equal(looks, 1)
  t.equal(await model.fingerprint(), bits)

  const measuring = trainer.evaluate(data)
  t.throws(() => model.setWeights(model.weights()), { name: 'TrainingError', message: /in use by evaluate/ })
  t.throws(() => trainer.restore(start), { name: 'TrainingError', message: /in use by evaluate/ })
  await measuring
  trainer.restore(start)
  t.equal(await model.fingerprint(), await newModel().fingerprint())
})

t.test('between two epochs everything may be done', async (t) => {
  const data = quarters(320)
  const { trainer, model, engine } = await newTrainer()
  const other = createTrainer(engine, model, { optimizer })
  for await (const { epoch } of trainer.fit(data, { epochs: 2 })) {
    trainer.checkpoint()
    await other.fit(data, { epochs: 1 })
    model.setWeights(model.weights())
    t.equal((await trainer.evaluate(data)).samples, 320, `epoch ${epoch}`)
  }
  t.same([trainer.history.length, other.history.length], [2, 2])
})

t.test('trainers of one engine train at once as they train alone', async (t) => {
  const data = quarters(640)
  const alone = await newTrainer()
  await alone.trainer.fit(data, { epochs: 3 })
  const bits = await alone.model.fingerprint()
  const engine = await createEngine({ engine: 'threads', threads: 2 })
  const models = [newModel(), newModel(), newModel()]
  const all = models.map((model) =>
    createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), batchSize: 32 }),
  )
  await Promise.all(all.map((trainer) => trainer.fit(data, { epochs: 3 })))
  for (const model of models) t.equal(await model.fingerprint(), bits)
  engine.close()
})
