import t from 'tap'
import { createTrainer, type Dataset, dataset, type EngineName, sgd, subset } from '../../src/index.js'
import { newModel, newTrainer, quarters, quartersAsFloats } from '../support/quarters.js'

const engines = ['simd', 'js'] as EngineName[]

t.test('arrays are seen as they are at every use: fit, evaluate and predict', async (t) => {
  for (const make of [quarters, quartersAsFloats]) {
    const [data, next] = [make(320), make(640)]
    const shown = (images: Dataset['inputs']) => dataset({ ...data, inputs: images })
    const { trainer, model } = await newTrainer()
    const expected = await newTrainer()
    const other = next.inputs.slice(320 * 16)
    const before = [await trainer.evaluate(data), await trainer.predict(data)] as const
    const kept = data.inputs.slice()
    data.inputs.set(other as never)
    data.targets.reverse()
    const fresh = dataset({ ...data, inputs: other, targets: data.targets.slice() })
    t.same(await trainer.evaluate(data), await expected.trainer.evaluate(fresh))
    t.same(await trainer.predict(data), await expected.trainer.predict(fresh))
    await trainer.fit(data, { epochs: 1 })
    await expected.trainer.fit(fresh, { epochs: 1 })
    t.equal(await model.fingerprint(), await expected.model.fingerprint())
    data.targets.reverse()
    const first = createTrainer(trainer.engine, newModel(), { optimizer: sgd({ learningRate: 1 }) })
    t.same(await first.evaluate(shown(kept)), before[0])
    t.same(await first.predict(shown(kept)), before[1])
  }
})

t.test('labels and values that are not right are refused by sample, and nothing is changed', async (t) => {
  for (const engine of engines) {
    const [data, floats] = [quarters(320), quartersAsFloats(320)]
    const { trainer, model } = await newTrainer({}, engine)
    const bits = await model.fingerprint()
    data.targets[200] = 4
    floats.inputs[137 * 16 + 5] = Number.NaN
    const label = {
      name: 'DataError',
      message: /^quarters: expected targets of 0 to 3, found 4 at sample 200$/,
    }
    const value = {
      name: 'DataError',
      message: /expected finite values, found NaN at sample 137, element 5$/,
    }
    await t.rejects(trainer.fit(data, { epochs: 1 }), label)
    await t.rejects(trainer.evaluate(data), label)
    await t.rejects(trainer.fit(floats, { epochs: 1 }), value)
    await t.rejects(trainer.evaluate(floats), value)
    await t.rejects(trainer.predict(floats), value)
    const view = subset(quarters(320), [3, 2, 1])
    view.targets[2] = 255
    await t.rejects(trainer.evaluate(view), { message: /found 255 at sample 1$/ })
    t.equal(await model.fingerprint(), bits)
    const inputs = new Float32Array(300 * 16)
    inputs[299 * 16 + 15] = Number.NEGATIVE_INFINITY
    await t.rejects(trainer.predict(inputs), {
      name: 'ModelError',
      message: /found -Infinity in sample 299, element 15/,
    })
    data.targets[200] = 0
    t.equal((await trainer.fit(data, { epochs: 1 }))[0]!.epoch, 1, 'the epoch did not count')
  }
})

t.test('data sets made by hand are held to their arrays', async (t) => {
  const data = quarters(64)
  const { trainer, model } = await newTrainer()
  const bits = await model.fingerprint()
  const wrong: Partial<Dataset>[] = [
    { count: 65 },
    { count: 6400 },
    { count: 0 },
    { sampleSize: 15 },
    { targets: data.targets.subarray(1) },
    { inputs: data.inputs.subarray(16) },
    { indices: Uint32Array.of(1, 2, 3) },
    { indices: Uint32Array.of(1, 64), count: 2 },
    { indices: Uint32Array.of(1, 2 ** 32 - 1), count: 2 },
    { indices: [0, 1] as never, count: 2 },
    { classes: 4.5 },
  ]
  for (const fields of wrong) {
    const made = { ...data, ...fields }
    for (const use of [
      () => trainer.fit(made, { epochs: 1 }),
      () => trainer.evaluate(made),
      () => trainer.fit(data, { epochs: 1, validationData: made }),
      () => trainer.predict(made),
    ]) {
      await t.rejects(
        Promise.resolve().then<unknown>(use),
        { name: /^(Model|Data)Error$/ },
        JSON.stringify(fields).slice(0, 60),
      )
    }
  }
  t.equal(await model.fingerprint(), bits)
})

t.test('arrays that are exchanged, given away or cut in the middle of an epoch are noticed', async (t) => {
  const cases: ((data: { -readonly [K in keyof Dataset]: Dataset[K] }) => void)[] = [
    (data) => structuredClone(data.inputs.buffer, { transfer: [data.inputs.buffer as ArrayBuffer] }),
    (data) => {
      data.inputs = data.inputs.subarray(0, 160)
    },
    (data) => {
      data.targets = data.targets.subarray(0, 10)
    },
    (data) => {
      data.sampleSize = 160
    },
    (data) => data.targets.fill(9),
  ]
  for (const change of cases) {
    const data = { ...quarters(320) }
    const { trainer, model } = await newTrainer()
    const onStep = ({ step }: { step: number }) => {
      if (step === 3) change(data)
    }
    await t.rejects(trainer.fit(data, { epochs: 1, onStep }), {
      name: 'DataError',
      message: /^quarters: expected/,
    })
    t.equal(await model.fingerprint(), await newModel().fingerprint())
  }
})
