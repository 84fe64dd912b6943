import t from 'tap'
import {
  type Batch,
  type BatchStream,
  createEngine,
  createTrainer,
  dataset,
  dense,
  sequential,
  sgd,
  shuffleBuffer,
  subset,
} from '../../src/index.js'
import { quarters } from '../support/quarters.js'

const engine = await createEngine({ engine: 'js' })
t.teardown(() => engine.close())

const data = quarters(40)
const model = () =>
  sequential([{ type: 'flatten' }, dense(data.classes)], { input: data.sampleShape, seed: 3 })
const trainerOf = (shuffle = false) =>
  createTrainer(engine, model(), { optimizer: sgd({ learningRate: 0.1 }), batchSize: 8, shuffle })

/** The data's samples in batches of 8. */
function* batches(): Generator<Batch> {
  for (let start = 0; start < data.count; start += 8) {
    yield {
      inputs: data.inputs.slice(start * data.sampleSize, (start + 8) * data.sampleSize),
      targets: data.targets.slice(start, start + 8),
    }
  }
}

function readable(): ReadableStream<Batch> {
  const source = batches()
  return new ReadableStream({
    pull(controller) {
      const { done, value } = source.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

t.test('a stream trains and measures as the data set does, in every form', async (t) => {
  const plain = trainerOf()
  const expected = await plain.fit(data, { epochs: 2, validationData: data })
  const fingerprint = await plain.model.fingerprint()
  const forms: [string, BatchStream, number?][] = [
    ['a function', batches],
    ['a list', [...batches()]],
    [
      'of data sets',
      [0, 1, 2, 3, 4].map((i) =>
        subset(
          data,
          Uint8Array.from({ length: 8 }, (_, j) => i * 8 + j),
        ),
      ),
    ],
    [
      'async',
      async function* () {
        yield* batches()
      },
    ],
    ['a ReadableStream', () => readable()],
    [
      'endless',
      (function* () {
        for (;;) yield* batches()
      })(),
      5,
    ],
    ['a list, again and again', [...batches()], 5],
  ]
  for (const [name, stream, stepsPerEpoch] of forms) {
    const trainer = trainerOf()
    const steps: number[] = []
    const history = await trainer.fit(stream, {
      ...{ epochs: 2, validationData: batches, onStep: (step) => steps.push(step.steps) },
      ...(stepsPerEpoch && { stepsPerEpoch }),
    })
    t.equal(await trainer.model.fingerprint(), fingerprint, name)
    t.same(
      history.map(({ loss, steps, complete }) => [loss, steps, complete]),
      expected.map(({ loss }) => [loss, 5, true]),
    )
    t.equal(history[1]!.validation!.loss, expected[1]!.validation!.loss)
    t.ok(steps.every((n) => n === (stepsPerEpoch ?? Number.POSITIVE_INFINITY)))
    trainer.close()
  }
})

t.test('the next batch is asked for while the step runs, and no further', async (t) => {
  let made = 0
  let closed = 0
  async function* endless() {
    try {
      for (;;) {
        for (const batch of batches()) {
          made++
          yield batch
        }
      }
    } finally {
      closed++
    }
  }
  const trainer = trainerOf()
  let most = 0
  await trainer.fit(endless, {
    ...{
      epochs: 2,
      stepsPerEpoch: 50,
      onStep: ({ epoch, step }) => {
        most = Math.max(most, made - (epoch - 1) * 50 - step)
      },
    },
  })
  t.ok(most <= 1, `${most} ahead`)
  t.equal(closed, 1, 'it is told that no more is wanted')
})

t.test('an error in the stream ends the epoch, with everything as at its start', async (t) => {
  const trainer = trainerOf()
  await trainer.fit(data, { epochs: 1 })
  const before = await trainer.model.fingerprint()
  async function* broken() {
    const [first, second] = batches()
    yield first!
    yield second!
    throw new RangeError('the cursor is lost')
  }
  await t.rejects(async () => await trainer.fit(broken, { epochs: 1 }), {
    name: 'RangeError',
    message: 'the cursor is lost',
  })
  t.equal(await trainer.model.fingerprint(), before)
  await t.rejects(trainer.evaluate(broken), { message: 'the cursor is lost' })
  const again = await trainer.fit(batches, { epochs: 1 })
  t.equal(again[0]!.epoch, 2)
})

t.test('what is wrong in a stream is named', async (t) => {
  const good = [...batches()][0]!
  const small = { ...good, inputs: good.inputs as Uint8Array }
  const cases: [unknown, RegExp][] = [
    [[], /^fit: the stream has no batch in epoch 1; a generator can be gone through once/],
    [() => 5, /^fit: the function that gives a stream should give something to be looped over/],
    [[5], /^batch 1 of the stream should be an object \{ inputs, targets \}, found 5/],
    [[good, { inputs: good.inputs }], /^batch 2 of the stream: the field 'targets' is missing/],
    [[{ ...good, labels: 1 }], /^batch 1 of the stream: unknown field 'labels'/],
    [[good, { ...small, inputs: small.inputs.slice(1) }], /^batch 2 of the stream: expected whole inputs/],
    [
      [{ ...good, targets: Uint8Array.of(1, 2) }],
      /^batch 1 of the stream: expected as many targets as inputs/,
    ],
    [
      [{ ...good, targets: new Uint8Array(8).fill(9) }],
      /^batch 1 of the stream: expected targets of 0 to 3, found 9 at sample 0/,
    ],
    [[{ ...good, sampleWeights: [1] }], /^batch 1 of the stream: expected 8 sampleWeights/],
    [[{ inputs: [[1, 2]], targets: [1] }], /^batch 1 of the stream: the model takes samples of shape/],
  ]
  for (const [stream, message] of cases) {
    const trainer = trainerOf()
    const before = await trainer.model.fingerprint()
    await t.rejects(
      async () => await trainer.fit(stream as BatchStream, { epochs: 1 }),
      { message },
      String(message),
    )
    t.equal(await trainer.model.fingerprint(), before)
    trainer.close()
  }
  const trainer = trainerOf()
  const once = batches()
  await t.rejects(async () => await trainer.fit(once, { epochs: 2 }), /the stream has no batch in epoch 2/)
  await t.rejects(trainer.evaluate([]), { message: /^evaluate: the stream should have at least one batch/ })
  await t.rejects(
    async () => await trainer.fit(data, { epochs: 1, stepsPerEpoch: 2 }),
    /stepsPerEpoch is for streams/,
  )
  await t.rejects(
    async () => await trainer.fit(batches, { epochs: 1, stepsPerEpoch: 0 }),
    /stepsPerEpoch should be a whole number from 1 up/,
  )
})

t.test('lists, numbers and weights come in streams, too', async (t) => {
  const line = [
    { inputs: [[-1], [0]], targets: [-1, 1] },
    { inputs: [[1], [2]], targets: [3, 5], sampleWeights: [1, 2] },
  ]
  const trainer = createTrainer(engine, sequential([dense(1)], { input: [1] }), {
    ...{ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', metrics: ['r2'] },
  })
  await trainer.fit(line, { epochs: 200 })
  const { loss, metrics, samples } = await trainer.evaluate(line)
  t.ok(loss < 1e-3)
  t.ok(metrics!.r2! > 0.99)
  t.equal(samples, 4)
  const { outputs } = await trainer.predict(Float32Array.of(3))
  t.ok(Math.abs(outputs[0]! - 7) < 0.2)
  const set = dataset({ name: 'one', inputs: [[1]], targets: [3] })
  t.ok((await trainer.evaluate(set)).loss < 1e-2)
})

t.test('a shuffle buffer gives all entries once, by its seed', async (t) => {
  const numbers = Array.from({ length: 100 }, (_, i) => i)
  const all = async (size: number, seed: number) => {
    const found: number[] = []
    for await (const entry of shuffleBuffer(numbers, size, seed)) found.push(entry)
    return found
  }
  const once = await all(10, 1)
  t.same(
    [...once].sort((a, b) => a - b),
    numbers,
  )
  t.not(once.join(), numbers.join())
  t.ok(
    once.every((entry, i) => entry < i + 10),
    'an entry comes once it was read',
  )
  t.same(await all(10, 1), once)
  t.not((await all(10, 2)).join(), once.join())
  t.same(await all(1, 1), numbers)
  t.throws(() => shuffleBuffer(numbers, 0), /^shuffleBuffer: size should be a whole number from 1 up/)
  t.throws(() => shuffleBuffer(5 as unknown as number[], 2), {
    message: /^shuffleBuffer: stream should be a stream/,
  })
})
