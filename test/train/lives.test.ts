import t, { type Test } from 'tap'
import {
  createEngine,
  createEvaluator,
  createTrainer,
  dense,
  type Engine,
  type EngineName,
  flatten,
  type Model,
  sequential,
  sgd,
  type Trainer,
} from '../../src/index.js'
import { collectUntil } from '../support/garbage.js'
import { newModel, newTrainer, quarters } from '../support/quarters.js'

const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 })

/** Where the next allocation of a size lies: the same before and after when all was given back. */
function nextAddress(engine: Engine, bytes = 1 << 20): number {
  const address = engine.allocate(bytes)
  engine.release(address)
  return address
}

/** That everything but reading the model is refused. */
async function checkClosed(t: Test, trainer: Trainer) {
  const data = quarters(64)
  const closed = { name: 'TrainingError', message: /the trainer was closed\.$/ }
  await t.rejects(trainer.fit(data, { epochs: 1 }), closed)
  await t.rejects(trainer.evaluate(data), closed)
  await t.rejects(trainer.predict(data), closed)
  t.throws(() => trainer.checkpoint(), closed)
  t.throws(() => trainer.restore({} as never), closed)
  t.throws(() => trainer.trainingProgram(data), closed)
}

t.test('a second close does nothing, and a closed trainer does nothing more', async (t) => {
  const data = quarters(320)
  for (const name of ['simd', 'js'] as EngineName[]) {
    const { trainer, engine, model } = await newTrainer({}, name)
    await trainer.fit(data, { epochs: 1 })
    const left = await model.fingerprint()
    trainer.close()
    t.equal(await model.fingerprint(), left, 'the model keeps its weights')
    // Memory that was the first one's is now the second's.
    const second = createTrainer(engine, newModel(2), { optimizer })
    const bits = await second.model.fingerprint()
    trainer.close()
    const third = createTrainer(engine, newModel(3), { optimizer })
    await checkClosed(t, trainer)
    await third.fit(data, { epochs: 1 })
    t.equal(await second.model.fingerprint(), bits)
    const again = createTrainer(engine, model, { optimizer })
    t.equal(await model.fingerprint(), left, 'and takes them to the next')
    await again.fit(data, { epochs: 1 })
    t.not(await model.fingerprint(), left)
  }
})

t.test("closing during work ends it, with the weights of the epoch's start", async (t) => {
  const data = quarters(640)
  const closed = { name: 'TrainingError', message: /closed/ }
  for (const epoch of [1, 2]) {
    const { trainer, model, engine } = await newTrainer()
    const before = nextAddress(engine)
    const start = await newTrainer()
    await start.trainer.fit(data, { epochs: epoch - 1 })
    const onStep = (step: { step: number; epoch: number }) => {
      if (step.step === 4 && step.epoch === epoch) trainer.close()
    }
    await t.rejects(trainer.fit(data, { epochs: 3, onStep }), closed)
    t.equal(await model.fingerprint(), await start.model.fingerprint())
    t.ok(nextAddress(engine) <= before, 'and the memory is given back')
    await checkClosed(t, trainer)
    model.setWeights(model.weights())
  }
  const { trainer, model, engine } = await newTrainer()
  const bits = await model.fingerprint()
  const evaluator = createEvaluator(engine, model)
  const other = evaluator.evaluate(data)
  const own = [trainer.evaluate(data), trainer.predict(data), trainer.fit(data, { epochs: 1 }).then(() => {})]
  trainer.close()
  for (const work of own) await t.rejects(work as Promise<unknown>, closed)
  t.equal((await other).samples, 640, "another's goes on")
  t.equal(await model.fingerprint(), bits)

  const loop = await newTrainer()
  for await (const _ of loop.trainer.fit(data, { epochs: 3 })) {
    loop.trainer.close()
    break
  }
  t.equal(loop.trainer.history.length, 1, 'between two epochs, too')
})

t.test('using closes', async (t) => {
  const data = quarters(64)
  let left: Trainer
  let engine: Engine
  {
    using opened = await createEngine({ engine: 'simd' })
    await using trainer = createTrainer(opened, newModel(), { optimizer })
    using evaluator = createEvaluator(opened, trainer.model)
    await trainer.fit(data, { epochs: 1 })
    t.equal((await evaluator.evaluate(data)).samples, 64)
    void trainer.evaluate(data).catch(() => {})
    left = trainer
    engine = opened
  }
  await checkClosed(t, left)
  t.throws(() => engine.allocate(64), { name: 'EngineError', message: /closed/ })
  engine.close()
})

t.test("a closed engine ends a fit with the weights of the epoch's start", async (t) => {
  const data = quarters(640)
  for (const name of ['simd', 'js', 'threads'] as const) {
    const engine = await createEngine({ engine: name, ...(name === 'threads' ? { threads: 2 } : {}) })
    const trainer = createTrainer(engine, newModel(), { optimizer })
    const onStep = ({ step }: { step: number }) => step === 4 && engine.close()
    await t.rejects(trainer.fit(data, { epochs: 1, onStep }), { name: 'EngineError', message: /closed/ })
    t.equal(await trainer.model.fingerprint(), await newModel().fingerprint())
    trainer.close()
    t.equal(await trainer.model.fingerprint(), await newModel().fingerprint())
  }
})

/** Builds, trains and closes one after the other, or forgets them. */
async function cycle(engine: Engine, i: number, ends: (trainer: Trainer) => void): Promise<void> {
  const layers = [flatten(), dense(8 + (i % 5) * 24, { activation: 'relu' as const }), dense(4)]
  const trainer = createTrainer(engine, sequential(layers, { input: [4, 4] }), { optimizer })
  await trainer.fit(quarters(40 + (i % 3) * 30), { epochs: 1 })
  ends(trainer)
}

t.test('what is closed is given back', async (t) => {
  const engine = await createEngine({ engine: 'simd' })
  for (let i = 0; i < 15; i++) await cycle(engine, i, (trainer) => trainer.close())
  const [address, bytes] = [nextAddress(engine), engine.views.u8.length]
  for (let i = 0; i < 300; i++) await cycle(engine, i, (trainer) => trainer.close())
  t.equal(nextAddress(engine), address)
  t.equal(engine.views.u8.length, bytes)
})

t.test('what is forgotten is given back, and a model that is kept has its weights', async (t) => {
  const engine = await createEngine({ engine: 'simd' })
  const before = nextAddress(engine)
  const kept: Model[] = []
  for (let i = 0; i < 20; i++) await cycle(engine, i, ({ model }) => kept.push(model))
  const prints = await Promise.all(kept.map((model) => model.fingerprint()))
  t.ok(await collectUntil(() => nextAddress(engine) === before))
  t.same(await Promise.all(kept.map((model) => model.fingerprint())), prints)
})

t.test('threads of a forgotten engine end', async (t) => {
  let ended = 0
  const { createThreadsEngine } = await import('../../src/engine/threads.js')
  const { createWorker } = await import('../../src/engine/runtime.node.js')
  const open = () =>
    createThreadsEngine('threads', 3, {
      processors: 2,
      createWorker: (url) => createWorker(url, () => ended++),
    })
  await open()
  t.ok(await collectUntil(() => ended === 2))
})

t.test('an engine holds a batch, not a data set', async (t) => {
  const { trainer, engine } = await newTrainer()
  await trainer.fit(quarters(64), { epochs: 1, validationData: quarters(300) })
  const bytes = engine.views.u8.length
  const images = new Uint8Array(16 * 500_000)
  const large = { ...quarters(64), inputs: images, targets: new Uint8Array(500_000), count: 500_000 }
  for (let i = 0; i < 10; i++) await trainer.evaluate({ ...large, indices: new Uint32Array(100), count: 100 })
  t.equal(engine.views.u8.length, bytes)
})

t.test('batches of many sizes keep no more than so many programs', async (t) => {
  const { trainer, engine } = await newTrainer()
  const predict = (rows: number) => trainer.predict(new Float32Array(rows * 16))
  for (let rows = 256; rows > 0; rows--) await predict(rows)
  const address = nextAddress(engine)
  for (let rows = 1; rows <= 256; rows++) await predict(rows)
  t.ok(Math.abs(nextAddress(engine) - address) < 64 * 1024)
})
