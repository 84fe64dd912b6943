import t, { type Test } from 'tap'
import {
  adam,
  createEngine,
  createTrainer,
  type Dataset,
  dense,
  flatten,
  sequential,
} from '../../src/index.js'
import { newModel, newTrainer, quarters } from '../support/quarters.js'

const options = { optimizer: adam({ learningRate: 0.01 }), batchSize: 32, augment: { shift: 1 } }

/** Everything that a checkpoint has. */
const all = (trainer: ReturnType<typeof createTrainer>) => {
  const { progress, tensors } = trainer.checkpoint()
  const { history: _, ...counters } = progress
  return { counters, epochs: progress.history.length, tensors: [...tensors] }
}

/** That a failed epoch leaves no trace, neither in the state nor in what comes after it. */
async function checkUndone(
  t: Test,
  fail: (trainer: ReturnType<typeof createTrainer>, data: Dataset) => Promise<unknown>,
  expected: { name?: string; message: string | RegExp },
) {
  const data = quarters(320)
  const alone = createTrainer(await createEngine({ engine: 'simd' }), newModel(), options)
  await alone.fit(data, { epochs: 2 })
  const trainer = createTrainer(await createEngine({ engine: 'simd' }), newModel(), options)
  await trainer.fit(data, { epochs: 1 })
  const before = all(trainer)
  await t.rejects(fail(trainer, data), expected)
  t.same(all(trainer), before)
  await trainer.fit(data, { epochs: 1 })
  t.same(all(trainer), all(alone), 'and training goes on to the same bits')
}

const atStep =
  (at: number, act: () => unknown) =>
  ({ step }: { step: number }) =>
    step === at ? act() : undefined

t.test('an error in onStep undoes the epoch', (t) =>
  checkUndone(
    t,
    (trainer, data) =>
      trainer.fit(data, {
        epochs: 1,
        onStep: atStep(5, () => {
          throw new RangeError('mine')
        }),
      }),
    { name: 'RangeError', message: 'mine' },
  ),
)

t.test('so does one that rejects, awaited or in a loop', async (t) => {
  const onStep = atStep(10, async () => {
    await null
    throw new RangeError('mine')
  })
  await checkUndone(t, (trainer, data) => trainer.fit(data, { epochs: 1, onStep }), { message: 'mine' })
  await checkUndone(
    t,
    async (trainer, data) => {
      for await (const _ of trainer.fit(data, { epochs: 1, onStep }));
    },
    { message: 'mine' },
  )
})

t.test('so do wrong data in validation, and a lack of memory for the last batch', async (t) => {
  const broken = quarters(300)
  await checkUndone(
    t,
    (trainer, data) =>
      trainer.fit(data, {
        epochs: 1,
        validationData: broken,
        onStep: atStep(3, () => broken.targets.fill(7)),
      }),
    { name: 'DataError', message: /found 7 at sample 0/ },
  )
  await checkUndone(
    t,
    async (trainer, data) => {
      const { engine } = trainer
      const { allocate } = engine
      try {
        engine.allocate = () => {
          throw new RangeError('no memory')
        }
        // Batches of another size need another program.
        await trainer.fit(
          { ...data, count: 300, indices: Uint32Array.from({ length: 300 }, (_, i) => i) },
          { epochs: 1 },
        )
      } finally {
        engine.allocate = allocate
      }
    },
    { message: 'no memory' },
  )
})

t.test('a stop that was asked for keeps what was trained', async (t) => {
  const data = quarters(320)
  const { trainer, model } = await newTrainer()
  const controller = new AbortController()
  const [epoch] = await trainer.fit(data, {
    epochs: 2,
    signal: controller.signal,
    onStep: atStep(3, async () => controller.abort()),
  })
  t.match(epoch, { steps: 3, complete: false })
  t.not(await model.fingerprint(), await newModel().fingerprint())
  t.equal(trainer.checkpoint().progress.step, 3)
})

t.test('an evaluator that finds no memory takes none, and leaves the model as it was', async (t) => {
  const engine = await createEngine({ engine: 'simd' })
  const newLarge = () => sequential([flatten(), dense(1000), dense(4)], { input: [4, 4] })
  const bits = await newLarge().fingerprint()
  const { allocate } = engine
  const free = engine.allocate(64)
  engine.release(free)
  // Weights, what draws them and its program, the trainer's state.
  for (let failing = 1; failing <= 4; failing++) {
    let calls = 0
    engine.allocate = (bytes) => {
      if (++calls === failing) throw new RangeError('no memory')
      return allocate(bytes)
    }
    const large = newLarge()
    t.throws(() => createTrainer(engine, large, options), { message: 'no memory' }, `allocation ${failing}`)
    engine.allocate = allocate
    t.equal(engine.allocate(64), free, 'nothing is left behind')
    engine.release(free)
    t.equal(await large.fingerprint(), bits)
  }
})
