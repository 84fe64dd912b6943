import t from 'tap'
import {
  type ClipSpec,
  createEngine,
  createTrainer,
  dataset,
  dense,
  sequential,
  sgd,
} from '../../src/index.js'
import { randomIntegers } from '../support/random.js'

const random = randomIntegers(23)

const data = dataset({
  name: 'points',
  ...{
    inputs: Float32Array.from({ length: 120 }, () => random(-100, 100) / 100),
    targets: Uint8Array.from({ length: 24 }, (_, i) => i % 3),
  },
  ...{ sampleShape: [5], classes: 3 },
})

async function trained(engine: 'simd' | 'js', clip?: ClipSpec, penalty: object = {}, epochs = 1) {
  const layers = [dense(7, { activation: 'tanh', ...penalty }), dense(3, penalty)]
  const model = sequential(layers, { input: [5] })
  const before = [...model.weights().values()]
  const options = { optimizer: sgd({ learningRate: 1 }), batchSize: 24, ...(clip ? { clip } : {}) }
  const trainer = createTrainer(await createEngine({ engine }), model, options)
  const unTrained = await trainer.evaluate(data)
  const results = []
  for await (const epoch of trainer.fit(data, { epochs })) results.push(epoch)
  const after = [...model.weights().values()]
  const gradients = before.map((values, p) => values.map((value, i) => value - after[p]![i]!))
  return { trainer, model, before, gradients, unTrained, loss: results[0]!.loss }
}

const normOf = (all: Float32Array[]) => Math.hypot(...all.flatMap((values) => [...values]))

t.test('a trainer clips all gradients together by their norm, or each element by value', async (t) => {
  const { gradients } = await trained('simd')
  const norm = normOf(gradients)
  const clipped = await trained('simd', { norm: norm / 3 })
  t.ok(Math.abs(normOf(clipped.gradients) / (norm / 3) - 1) < 1e-5)
  for (const [p, values] of gradients.entries()) {
    t.ok(values.every((g, i) => Math.abs(clipped.gradients[p]![i]! - g / 3) < 1e-6))
  }
  const loose = await trained('simd', { norm: norm * 1.01 })
  t.same(loose.gradients, gradients, 'a smaller norm is left alone')
  const limit = Math.abs(gradients[0]![0]!) / 2
  const byValue = await trained('simd', { value: limit })
  for (const [p, values] of gradients.entries()) {
    t.ok(
      values.every(
        (g, i) => Math.abs(byValue.gradients[p]![i]! - Math.max(-limit, Math.min(g, limit))) < 1e-6,
      ),
    )
  }
  for (const clip of [{ norm: 0.1 }, { value: 0.01 }]) {
    const prints = []
    for (const engine of ['simd', 'js'] as const) {
      prints.push(await (await trained(engine, clip, { l1: 0.01, l2: 0.02 }, 3)).model.fingerprint())
    }
    t.equal(prints[0], prints[1], JSON.stringify(clip))
  }
})

t.test('with clipping by norm every update comes after every gradient', async (t) => {
  const { trainer } = await trained('simd', { norm: 1 })
  const names = trainer.trainingProgram(data).instructions.map(({ type }) => type.name)
  t.ok(names.lastIndexOf('gemm') < names.indexOf('penalty'))
  t.ok(names.lastIndexOf('penalty') < names.indexOf('clipNorm'))
  t.equal(names.filter((name) => name === 'sgd').length, 4)
})

t.test(
  'L1 and L2 are in the loss, in training and evaluation, and in the gradients of the weights',
  async (t) => {
    const plain = await trained('simd')
    for (const engine of ['simd', 'js'] as const) {
      for (const [l1, l2] of [
        [0.01, 0],
        [0, 0.02],
        [0.01, 0.02],
      ] as const) {
        const found = await trained(engine, undefined, { l1, l2 })
        const kernels = found.before.filter((_, p) => p % 2 === 0)
        const penalty = kernels
          .flatMap((values) => [...values])
          .reduce((sum, w) => sum + l1 * Math.abs(w) + l2 * w * w, 0)
        t.ok(Math.abs(found.loss - plain.loss - penalty) < 1e-6, `${engine} l1 ${l1} l2 ${l2}: training loss`)
        t.ok(
          Math.abs(found.unTrained.loss - plain.unTrained.loss - penalty) < 1e-6,
          `${engine}: evaluation loss`,
        )
        for (const [p, values] of found.gradients.entries()) {
          const slope = (w: number) => (p % 2 === 0 ? l1 * Math.sign(w) + 2 * l2 * w : 0)
          const worst = values.reduce(
            (most, g, i) =>
              Math.max(most, Math.abs(g - plain.gradients[p]![i]! - slope(found.before[p]![i]!))),
            0,
          )
          t.ok(worst < 1e-6, `${engine} l1 ${l1} l2 ${l2}: gradient ${p} is ${worst} off`)
        }
      }
    }
  },
)

t.test('wrong limits and factors are refused by name', async (t) => {
  const engine = await createEngine({ engine: 'js' })
  const model = sequential([dense(3)], { input: [5] })
  for (const clip of [{ value: 0 }, { norm: -1 }, { norm: 1, value: 1 }, { nrom: 1 }, {}, null, 5]) {
    t.throws(
      () => createTrainer(engine, model, { optimizer: sgd({ learningRate: 1 }), clip: clip as never }),
      {
        name: 'ModelError',
        message:
          /^createTrainer: clip should be {"value": limit} or {"norm": limit} with a limit above 0, found/,
      },
    )
  }
  t.throws(() => sequential([dense(3, { l1: -1 })], { input: [5] }), {
    name: 'ModelError',
    message: /^dense: l1 should be a finite number from 0 up, found -1/,
  })
})
