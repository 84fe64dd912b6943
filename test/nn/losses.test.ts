import t from 'tap'
import {
  createEngine,
  createTrainer,
  dataset,
  dense,
  type LossSpec,
  sequential,
  sgd,
  type TrainerOptions,
} from '../../src/index.js'
import { randomIntegers } from '../support/random.js'

const random = randomIntegers(77)
const data = dataset({
  name: 'points',
  ...{ inputs: Float32Array.from({ length: 120 }, () => random(-100, 100) / 100), sampleShape: [4] },
  ...{ targets: Uint8Array.from({ length: 30 }, (_, i) => i % 3), classes: 3 },
})
const losses: (LossSpec | LossSpec['type'])[] = [
  'softmaxCrossEntropy',
  { type: 'softmaxCrossEntropy', labelSmoothing: 0.2 },
  'binaryCrossEntropy',
  { type: 'binaryCrossEntropy', reduction: 'mean' },
  'meanSquaredError',
  { type: 'meanSquaredError', reduction: 'mean' },
]

/** The losses in float64: of one row of outputs with this label. */
function reference(loss: LossSpec, x: number[], label: number): number {
  const classes = x.length
  if (loss.type === 'softmaxCrossEntropy') {
    const total = x.reduce((sum, v) => sum + Math.exp(v), 0)
    const s = loss.labelSmoothing ?? 0
    return x.reduce(
      (sum, v, i) => sum - ((i === label ? 1 - s : 0) + s / classes) * Math.log(Math.exp(v) / total),
      0,
    )
  }
  const term = (v: number, target: number) =>
    loss.type === 'meanSquaredError'
      ? (v - target) ** 2
      : -target * Math.log(1 / (1 + Math.exp(-v))) - (1 - target) * Math.log(1 / (1 + Math.exp(v)))
  const sum = x.reduce((all, v, i) => all + term(v, i === label ? 1 : 0), 0)
  return 'reduction' in loss && loss.reduction === 'mean' ? sum / classes : sum
}

t.test('trained gradients and losses are those of the definitions', async (t) => {
  for (const loss of losses) {
    const spec = typeof loss === 'string' ? ({ type: loss } as LossSpec) : loss
    const prints: string[] = []
    for (const engine of ['simd', 'js'] as const) {
      const model = sequential([dense(3)], { input: [4] })
      const [kernel] = [...model.weights().values()].map((values) => [...values]) as [number[]]
      const at = (weights: number[]) => {
        let sum = 0
        for (let r = 0; r < 30; r++) {
          const x = [0, 1, 2].map((c) =>
            [0, 1, 2, 3].reduce((z, i) => z + (data.inputs[r * 4 + i]! as number) * weights[i * 3 + c]!, 0),
          )
          sum += reference(spec, x, data.targets[r]!)
        }
        return sum / 30
      }
      const options = { loss, optimizer: sgd({ learningRate: 1 }), batchSize: 'full' } as const
      const trainer = createTrainer(await createEngine({ engine }), model, options)
      const name = `${engine} ${JSON.stringify(loss)}`
      t.ok(Math.abs((await trainer.evaluate(data)).loss - at(kernel)) < 1e-5, `${name}: loss`)
      for await (const _ of trainer.fit(data, { epochs: 1 }));
      const after = model.weights().get('dense_1/kernel')!
      const worst = kernel.reduce((most, value, i) => {
        const h = 1e-5
        const shifted = (by: number) => at(kernel.map((w, j) => (i === j ? w + by : w)))
        const expected = (shifted(h) - shifted(-h)) / (2 * h)
        return Math.max(most, Math.abs(value - after[i]! - expected))
      }, 0)
      t.ok(worst < 1e-5, `${name}: gradient ${worst} off`)
      const { probabilities, classes } = await trainer.predict(data)
      const { accuracy } = await trainer.evaluate(data)
      t.equal(accuracy, classes.filter((c, i) => c === data.targets[i]).length / 30, `${name}: accuracy`)
      if (spec.type === 'binaryCrossEntropy') t.ok(probabilities.every((p) => p > 0 && p < 1))
      prints.push(await model.fingerprint())
    }
    t.equal(prints[0], prints[1], JSON.stringify(loss))
  }
})

t.test('wrong losses are refused by name', async (t) => {
  const engine = await createEngine({ engine: 'js' })
  const model = sequential([dense(3)], { input: [4] })
  const wrong: [unknown, RegExp][] = [
    [
      { type: 'hinge' },
      /^createTrainer: loss should be one of "softmaxCrossEntropy", .*found {"type":"hinge"}/,
    ],
    [null, /^createTrainer: loss should be one of .*found null/],
    [
      { type: 'softmaxCrossEntropy', labelSmoothing: 1 },
      /^createTrainer: loss: softmaxCrossEntropy: labelSmoothing should be a number from 0 up to, but not, 1, found 1/,
    ],
    [
      { type: 'meanSquaredError', reduction: 'none' },
      /^createTrainer: loss: meanSquaredError: reduction should be one of 'sum', 'mean'/,
    ],
    [
      { type: 'binaryCrossEntropy', labelSmoothing: 0.1 },
      /^createTrainer: loss: binaryCrossEntropy: unknown field 'labelSmoothing'/,
    ],
  ]
  for (const [loss, message] of wrong) {
    const options = { optimizer: sgd({ learningRate: 1 }), loss } as TrainerOptions
    t.throws(() => createTrainer(engine, model, options), { name: 'ModelError', message })
  }
  const two = sequential([dense(2)], { input: [4] })
  for (const loss of ['binaryCrossEntropy', 'meanSquaredError'] as const) {
    const trainer = createTrainer(engine, two, { optimizer: sgd({ learningRate: 1 }), loss })
    await t.rejects(trainer.evaluate(data), {
      name: 'ModelError',
      message: new RegExp(`^${data.name}: ${loss}: the data have 3 classes, .* \\[3\\], found \\[2\\]`),
    })
  }
})
