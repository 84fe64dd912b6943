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
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, type GoldenCase, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const kinds = {
  binary_cross_entropy: instruction.binaryCrossEntropy,
  mean_squared_error: instruction.squaredError,
}

const oneHot = (labels: ArrayLike<number>, classes: number) => {
  const y = new Float32Array(labels.length * classes)
  for (let r = 0; r < labels.length; r++) y[r * classes + labels[r]!] = 1
  return y
}

t.test('pointwise losses agree with the golden vectors', async (t) => {
  const kindOf = ({ config }: GoldenCase) => kinds[config.loss as unknown as keyof typeof kinds]
  const cases = golden('losses').filter(kindOf)
  t.equal(cases.length, 16)
  for (const engine of await everyEngine()) {
    for (const found of cases) {
      const { name, config, inputs, outputs, grads } = found
      const x = inputs.logits ?? inputs.pred!
      const [rows, size] = x.shape as [number, number]
      const targets = inputs.target ? floats(inputs.target) : oneHot(inputs.labels!.data, size)
      const [dx, loss] = [new Float32Array(rows * size), new Float32Array(rows)]
      const divisor = (config.reduction as unknown) === 'mean_all' ? size : 1
      runInstruction(engine, kindOf(found), { x: floats(x), targets, dx, loss, rows, size, divisor })
      const mean = loss.reduce((sum, value) => sum + value, 0) / rows
      t.equal(mismatch([mean], outputs.loss!), undefined, `${engine.name} ${name} loss`)
      t.equal(mismatch(dx, (grads.logits ?? grads.pred)!), undefined, `${engine.name} ${name} gradient`)
      const sums = loss.map((value) => value * divisor)
      if (outputs.per_sample) t.equal(mismatch(sums, outputs.per_sample), undefined, `${engine.name} ${name}`)
    }
  }
})

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(31)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  for (let size = 1; size <= 40; size++) {
    const rows = integers(1, 20)
    const count = rows * size
    const labels = Int32Array.from({ length: rows }, () => integers(0, size - 1))
    const plain = Float32Array.from({ length: count }, () => integers(-(2 ** 23), 2 ** 23) / 2 ** 18)
    const x = size % 3 === 0 ? mixedFloats(count, integers) : plain
    const soft = Float32Array.from({ length: count }, () => integers(0, 100) / 100)
    let wanted: Float32Array[] | undefined
    for (const engine of engines) {
      const what = `${engine.name} of ${engine.threads}, ${rows} x ${size}`
      const hot = new Float32Array(count + 4).fill(99)
      runInstruction(engine, instruction.oneHot, { labels, y: hot, rows, classes: size })
      sameBits(cases, hot, Float32Array.of(...oneHot(labels, size), 99, 99, 99, 99), `${what}: one hot`)
      const best = new Int32Array(rows + 4).fill(99)
      runInstruction(engine, instruction.argMax, { x: x.slice(), y: best, rows, classes: size })
      const results = [Float32Array.from(best)]
      for (const type of Object.values(kinds)) {
        const [dx, loss] = [new Float32Array(count + 4).fill(99), new Float32Array(rows + 4).fill(99)]
        const args = { targets: soft.slice(), loss, rows, size, divisor: size }
        runInstruction(engine, type, { ...args, x: x.slice(), dx })
        const [over, lossOnly] = [x.slice(), loss.slice()]
        runInstruction(engine, type, { ...args, x: over, dx: over })
        runInstruction(engine, type, { ...args, x: x.slice(), dx: null, loss: lossOnly })
        sameBits(cases, over, dx.slice(0, count), `${what}: ${type.name} in place`)
        sameBits(cases, lossOnly, loss, `${what}: ${type.name} without gradient`)
        results.push(dx, loss)
      }
      wanted ??= results
      for (const [i, found] of results.entries()) sameBits(cases, found, wanted[i]!, `${what}: result ${i}`)
      t.same([...best.slice(rows)], [99, 99, 99, 99])
    }
  }
  cases.end(t)
})

t.test('arg max takes the first of equals and passes NaN over', async (t) => {
  const x = Float32Array.of(1, 5, 5, 2, NaN, 3, -0, 0, -1, NaN, NaN, NaN)
  for (const engine of await everyEngine()) {
    const y = new Int32Array(4)
    runInstruction(engine, instruction.argMax, { x, y, rows: 4, classes: 3 })
    t.same([...y], [1, 2, 0, 0], engine.name)
  }
})

const random = randomIntegers(77)
const data = dataset({
  name: 'points',
  ...{ images: Float32Array.from({ length: 120 }, () => random(-100, 100) / 100), sampleShape: [4] },
  ...{ labels: Uint8Array.from({ length: 30 }, (_, i) => i % 3), classes: 3 },
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
            [0, 1, 2, 3].reduce((z, i) => z + (data.images[r * 4 + i]! as number) * weights[i * 3 + c]!, 0),
          )
          sum += reference(spec, x, data.labels[r]!)
        }
        return sum / 30
      }
      const options = { loss, optimizer: sgd({ rate: 1 }), batchSize: 'full' } as const
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
      t.equal(accuracy, classes.filter((c, i) => c === data.labels[i]).length / 30, `${name}: accuracy`)
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
    const options = { optimizer: sgd({ rate: 1 }), loss } as TrainerOptions
    t.throws(() => createTrainer(engine, model, options), { name: 'ModelError', message })
  }
  const two = sequential([dense(2)], { input: [4] })
  for (const loss of ['binaryCrossEntropy', 'meanSquaredError'] as const) {
    const trainer = createTrainer(engine, two, { optimizer: sgd({ rate: 1 }), loss })
    await t.rejects(trainer.evaluate(data), {
      name: 'ModelError',
      message: new RegExp(`^${loss}: the data have 3 classes, .* \\[3\\], found \\[2\\]`),
    })
  }
})
