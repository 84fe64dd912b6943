import t from 'tap'
import { ElementLoss, NO_ID } from '../../assembly/codes.js'
import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import { createSimdEngine } from '../../src/engine/wasm.js'
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { floats, type GoldenCase, type GoldenTensor, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

interface Weighted {
  readonly rows: number
  readonly classes: number
  readonly labels: Int32Array | null
  readonly weights: Float32Array | null
  readonly mask: Float32Array | null
  readonly classWeights: Float32Array | null
  readonly ignored: number
  readonly steps: number
  readonly scale: number
  readonly summed: number
}

/** What `lossWeights` gives, with four places more that it must leave alone. */
function weightsOf(engine: Engine, args: Weighted): { w: Float32Array; divisor: Float32Array } {
  const [w, divisor] = [new Float32Array(args.rows + 4).fill(99), Float32Array.of(99, 99)]
  runInstruction(engine, instruction.lossWeights, { ...args, w, divisor })
  return { w, divisor }
}

interface Config {
  readonly loss: string
  readonly reduction: string
  readonly ignored_id: number | null
  readonly label_smoothing?: number
  readonly delta?: number
}

const kinds: Readonly<Record<string, ElementLoss>> = {
  mean_absolute_error: ElementLoss.Absolute,
  mean_squared_error: ElementLoss.Squared,
  huber: ElementLoss.Huber,
  multi_label_cross_entropy: ElementLoss.BinaryCrossEntropy,
}

const optional = (tensor: GoldenTensor | undefined) => (tensor ? floats(tensor) : null)

/** Loss, rows' losses, gradient and divisor of a golden case. */
function lossOf(engine: Engine, { config, inputs }: GoldenCase) {
  const { loss: name, reduction, ignored_id, label_smoothing = 0, delta = 0 } = config as unknown as Config
  const x = inputs.logits ?? inputs.pred!
  const classes = x.shape.at(-1)!
  const rows = x.data.length / classes
  const batch = x.shape.at(-2)!
  const isElements = name in kinds
  const features = isElements ? classes : 1
  const perSample = reduction === 'mean_valid_steps_per_sample'
  const summed = reduction === 'sum_over_weights' || reduction === 'mean_valid_steps'
  const isAll = reduction === 'mean_all'
  const shared = {
    ...{ rows, classes, labels: inputs.labels ? Int32Array.from(inputs.labels.data) : null },
    ...{ weights: optional(inputs.weights), mask: optional(inputs.mask) },
    ...{ ignored: ignored_id ?? NO_ID, steps: perSample ? rows / batch : 0, summed: Number(summed) },
    scale: isAll ? rows * features : summed ? features : perSample ? batch * features : batch,
  }
  const classWeights = optional(inputs.class_weights)
  const isSoft = inputs.targets !== undefined || label_smoothing > 0
  const { divisor } = weightsOf(engine, {
    ...shared,
    classWeights: isElements || inputs.targets ? null : classWeights,
  })
  // Where the target is more than the label, classes' weights are those of its parts.
  const { w } = weightsOf(engine, { ...shared, classWeights: isSoft ? null : classWeights })
  const gradient = new Float32Array(x.data.length)
  const losses = new Float32Array(rows)
  const outputs = { weights: w, divisor, loss: losses, rows }
  if (isElements) {
    const targets = floats(inputs.target ?? inputs.targets!)
    const positive = optional(inputs.positive_weights)
    runInstruction(engine, instruction.elementLoss, {
      ...{ ...outputs, x: floats(x), targets, positive, dx: gradient, size: classes },
      ...{ kind: kinds[name]!, delta },
    })
  } else {
    const predicted = new Int32Array(rows)
    runInstruction(engine, instruction.weightedCrossEntropy, {
      ...{ ...outputs, logits: floats(x), labels: shared.labels, targets: optional(inputs.targets) },
      ...{ classWeights: isSoft ? classWeights : null, dlogits: gradient, predicted, classes },
      smoothing: label_smoothing,
    })
  }
  const mean = losses.reduce((sum, value) => sum + value, 0) / divisor[0]!
  return { mean, losses, gradient, divisor: divisor[0]!, perSample }
}

t.test('weighted losses agree with the golden vectors', async (t) => {
  const masked = golden('masks').filter(({ name }) => /^(softmax_ce|mse)_steps/.test(name))
  const cases = [...golden('losses_more'), ...masked]
  t.equal(cases.length, 103 + 14)
  for (const engine of await everyEngine()) {
    for (const found of cases) {
      const { name, outputs, grads } = found
      const { mean, losses, gradient, divisor, perSample } = lossOf(engine, found)
      const what = `${engine.name} ${name}`
      t.equal(mismatch([mean], outputs.loss!), undefined, `${what} loss`)
      t.equal(mismatch(gradient, (grads.logits ?? grads.pred)!), undefined, `${what} gradient`)
      if (outputs.divisor) t.equal(mismatch([divisor], outputs.divisor), undefined, `${what} divisor`)
      const each = outputs.per_sample ?? outputs.per_step!
      if (!perSample) t.equal(mismatch(losses, each), undefined, `${what} of each row`)
    }
  }
})

/** Random rows with everything that may be left out there or not. */
function randomRows(random: ReturnType<typeof randomIntegers>): Weighted {
  const steps = random(0, 3)
  const rows = random(1, 30) * Math.max(steps, 1)
  const classes = random(1, 9)
  const maybe = (count: number, low = 0) =>
    random(0, 1) ? Float32Array.from({ length: count }, () => random(low, 3) / 2) : null
  return {
    ...{ rows, classes, steps, scale: random(1, 5), summed: random(0, 1) },
    labels: random(0, 3) ? Int32Array.from({ length: rows }, () => random(-1, classes)) : null,
    ...{ weights: maybe(rows), mask: maybe(rows), classWeights: maybe(classes, 1) },
    ignored: random(0, 1) ? random(0, classes - 1) : NO_ID,
  }
}

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const engines: Engine[] = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(19)
  for (let i = 0; i < 60; i++) {
    const args = randomRows(random)
    const { rows, classes } = args
    const draw = (count: number) =>
      i % 3 === 0
        ? mixedFloats(count, random)
        : Float32Array.from({ length: count }, () => random(-4096, 4096) / 512)
    const [x, targets] = [draw(rows * classes), draw(rows * classes)]
    const labels = args.labels ?? Int32Array.from({ length: rows }, () => random(0, classes - 1))
    const smoothing = random(0, 2) / 10
    const kind = i % 4
    const results = engines.map((engine) => {
      const { w, divisor } = weightsOf(engine, args)
      const output = () => ({
        ...{ dx: new Float32Array(rows * classes + 4).fill(99), loss: new Float32Array(rows + 4).fill(99) },
        predicted: new Int32Array(rows + 4).fill(99),
      })
      const [elements, plain, general, soft] = [output(), output(), output(), output()]
      const weights = { weights: w, divisor }
      runInstruction(engine, instruction.elementLoss, {
        ...{ ...weights, x: x.slice(), targets: targets.slice(), positive: args.classWeights, rows },
        ...{ dx: elements.dx, loss: elements.loss, size: classes, kind, delta: 0.7 },
      })
      const shared = { ...weights, logits: x.slice(), rows, classes }
      const none = { targets: null, classWeights: null, smoothing: 0 }
      for (const [{ dx, loss, predicted }, options] of [
        [plain, { ...none, labels }],
        [general, { ...none, labels, classWeights: args.classWeights, smoothing }],
        [soft, { ...none, labels: null, targets: targets.slice(), classWeights: args.classWeights }],
      ] as const) {
        const call = { ...shared, ...options }
        runInstruction(engine, instruction.weightedCrossEntropy, { ...call, dlogits: dx, loss, predicted })
        const [over, again] = [x.slice(), loss.slice()]
        const inPlace = { ...call, logits: over, dlogits: over, loss: again, predicted }
        runInstruction(engine, instruction.weightedCrossEntropy, inPlace)
        sameBits(t, over, dx.slice(0, rows * classes), `${engine.name}: in place`)
        const alone = loss.slice()
        const noGradient = { ...call, dlogits: null, loss: alone, predicted }
        runInstruction(engine, instruction.weightedCrossEntropy, noGradient)
        sameBits(t, alone, loss, `${engine.name}: without gradient`)
      }
      const all = [elements, plain, general, soft].flatMap(({ dx, loss, predicted }) => [
        ...[dx, loss],
        Float32Array.from(predicted),
      ])
      return [w, divisor, ...all]
    })
    for (const [e, result] of results.entries()) {
      const what = `${engines[e]!.name} of ${engines[e]!.threads}, case ${i}, ${rows} x ${classes}`
      for (const [r, values] of result.entries()) sameBits(t, values, results[0]![r]!, `${what}: result ${r}`)
    }
  }
})

t.test(
  'a row of weight 0 counts nothing, whatever it holds; a label that is no class is never read',
  async (t) => {
    for (const engine of await everyEngine()) {
      const logits = Float32Array.of(1, NaN, Infinity, 0, 2, 3)
      const args = { labels: Int32Array.of(2 ** 31 - 1, 2), targets: null, classWeights: null }
      const [loss, dlogits] = [new Float32Array(2), new Float32Array(6)]
      const run = (weights: Float32Array, labels: Int32Array) =>
        runInstruction(engine, instruction.weightedCrossEntropy, {
          ...{ ...args, logits, labels, weights, divisor: Float32Array.of(1), dlogits, loss },
          ...{ predicted: new Int32Array(2), rows: 2, classes: 3, smoothing: 0 },
        })
      run(Float32Array.of(0, 1), args.labels)
      t.same([loss[0], ...dlogits.slice(0, 3)], [0, 0, 0, 0], engine.name)
      t.ok(loss[1]! > 0 && dlogits[5]! < 0, 'the other row counts')
      for (const label of [3, -1, 2 ** 31 - 1, NO_ID]) {
        run(Float32Array.of(0, 1), Int32Array.of(0, label))
        t.ok(Number.isNaN(loss[1]) && dlogits.slice(3).every(Number.isNaN), `${engine.name} label ${label}`)
      }
      const dx = new Float32Array(3)
      runInstruction(engine, instruction.elementLoss, {
        ...{ x: logits.slice(0, 3), targets: Float32Array.of(NaN, 0, 0), positive: null, dx, loss },
        ...{ weights: Float32Array.of(0), divisor: Float32Array.of(0), rows: 1, size: 3 },
        ...{ kind: ElementLoss.Huber, delta: 1 },
      })
      t.same([loss[0], ...dx], [0, 0, 0, 0], `${engine.name} elements`)
    }
  },
)

t.test(
  'the divisor is the rounded sum in float64, of samples with a step where steps are averaged',
  async (t) => {
    const random = randomIntegers(3)
    const [simd, js] = [await createSimdEngine(), createJsEngine()]
    const none = { labels: null, mask: null, classWeights: null, classes: 1, ignored: NO_ID }
    const weights = Float32Array.from({ length: 3000 }, () => random(1, 2 ** 24) / 2 ** 20)
    const wanted = Math.fround(0.3) * weights.reduce((sum, value) => sum + value, 0)
    for (const engine of [simd, js]) {
      const { divisor } = weightsOf(engine, { ...none, weights, rows: 3000, steps: 0, scale: 0.3, summed: 1 })
      t.equal(divisor[0], Math.fround(wanted), engine.name)
      const mask = Float32Array.of(1, 0, 1, 1, 0, 0)
      const perSample = weightsOf(engine, {
        ...{ ...none, weights: null, mask, rows: 6, steps: 2, scale: 1, summed: 1 },
      })
      t.same([...perSample.w.slice(0, 6)], [0.5, 0, 1, 0.5, 0, 0], 'each sample by its own steps')
      t.equal(perSample.divisor[0], 2, 'one sample has none')
    }
  },
)
