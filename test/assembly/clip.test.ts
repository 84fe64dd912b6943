import t from 'tap'
import { PENALTY_BLOCK } from '../../assembly/codes.js'
import {
  type ClipSpec,
  createEngine,
  createTrainer,
  dataset,
  dense,
  sequential,
  sgd,
} from '../../src/index.js'
import * as instruction from '../../src/program/instructions.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const special = [0, -0, 1e-45, -1e-38, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN]
const random = randomIntegers(23)
const float = () => (random(-(2 ** 24), 2 ** 24) / 2 ** 24) * 2 ** random(-20, 10)
const vector = (length: number, strange = false) =>
  Float32Array.from({ length }, (_, i) => (strange && i % 11 === 4 ? special[i % 9]! : float()))
const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]))

const enginesOfAllKinds = async () => [
  ...(await everyEngine()),
  await createSharesEngine(2, 1 << 22),
  await createSharesEngine(5, 1 << 22),
]

t.test('clipping agrees with the golden vectors', async (t) => {
  const cases = golden('optimizers_sgd').filter(({ name }) => name.includes('clip'))
  t.equal(cases.length, 2)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs } of cases) {
      const { lr, clip_value, clip_global_norm } = config as unknown as Record<string, number>
      const parameters = [floats(inputs.p_a!), floats(inputs.p_b!)]
      const after: number[][] = [[], []]
      const norms: number[] = []
      for (let step = 0; step < inputs.g_a!.shape[0]!; step++) {
        const gradients = [inputs.g_a!, inputs.g_b!].map((g) =>
          floats(g).slice(step * g.shape[1]!, (step + 1) * g.shape[1]!),
        )
        const parts = gradients.map((x) => {
          const sums = new Float64Array(1)
          runInstruction(engine, instruction.penalty, { x, sums, count: x.length, l1: 0, l2: 1 })
          return sums[0]!
        })
        const squares = Float64Array.from(parts)
        norms.push(Math.sqrt(parts[0]! + parts[1]!))
        for (const [i, x] of gradients.entries()) {
          const count = x.length
          if (clip_value) runInstruction(engine, instruction.clipValue, { x, count, limit: clip_value })
          else {
            const limit = clip_global_norm!
            runInstruction(engine, instruction.clipNorm, { x, squares, count, blocks: 2, limit })
          }
          runInstruction(engine, instruction.sgd, {
            ...{ parameter: parameters[i]!, gradient: x, velocity: null, count, rate: Float32Array.of(lr!) },
            ...{ momentum: 0, weightDecay: 0, nesterov: 0 },
          })
          after[i]!.push(...parameters[i]!)
        }
      }
      t.equal(mismatch(norms, outputs.global_norm!), undefined, `${engine.name} ${name} norm`)
      t.equal(mismatch(after[0]!, outputs.p_a_after!), undefined, `${engine.name} ${name} a`)
      t.equal(mismatch(after[1]!, outputs.p_b_after!), undefined, `${engine.name} ${name} b`)
    }
  }
})

/** `penalty` straight from its definition. */
function penaltyOf(x: Float32Array, l1: number, l2: number): number[] {
  const sums: number[] = []
  for (let start = 0; start < x.length; start += PENALTY_BLOCK) {
    const partial = [0, 0, 0, 0]
    for (const [i, value] of x.subarray(start, start + PENALTY_BLOCK).entries()) {
      partial[i % 4]! += (l1 + l2 * Math.abs(value)) * Math.abs(value)
    }
    sums.push(partial[0]! + partial[1]! + (partial[2]! + partial[3]!))
  }
  return sums
}

const lengths = [1, 2, 3, 4, 5, 63, 130, PENALTY_BLOCK, PENALTY_BLOCK + 1, 3 * PENALTY_BLOCK + 7]

t.test('sums of penalties follow their stated order on every engine, in any number of shares', async (t) => {
  const [l1, l2] = [Math.fround(0.3), Math.fround(0.7)]
  for (const engine of await enginesOfAllKinds()) {
    for (const count of lengths) {
      for (const [one, two] of [
        [0, 1],
        [l1, l2],
      ] as const) {
        const x = vector(count)
        const expected = [...penaltyOf(x, one, two), -5]
        const sums = new Float64Array(expected.length).fill(-5)
        runInstruction(engine, instruction.penalty, { x, sums, count, l1: one, l2: two })
        t.ok(same(sums, expected), `${engine.describe()}, ${count} elements, l1 ${one}`)
        const totals = Float64Array.of(1, 2, 3, 4)
        const blocks = sums.length - 1
        runInstruction(engine, instruction.addPenalty, { sums, totals, blocks, rows: 7 })
        const sum = penaltyOf(x, one, two).reduce((all, value) => all + value, 0)
        t.ok(same(totals, [1 + 7 * sum, 2, 3, 4 + sum]), `${engine.describe()}, ${count} elements: totals`)
      }
    }
  }
})

t.test('regularisation and clipping give the same bits everywhere, special values included', async (t) => {
  const { fround } = Math
  const [l1, l2, limit] = [fround(0.3), fround(0.07), fround(0.6)]
  for (const engine of await enginesOfAllKinds()) {
    for (const length of lengths) {
      const [parameter, before] = [vector(length, true), vector(length, true)]
      // The last element is beyond `count` and has to stay.
      const count = length - 1
      const check = (what: string, found: Float32Array, expected: (g: number, i: number) => number) => {
        const right = before.map((g, i) => (i < count ? expected(g, i) : g))
        t.ok(same(found, right), `${engine.describe()}: ${what} of ${count}`)
      }
      const regularised = before.slice()
      runInstruction(engine, instruction.regularise, { parameter, gradient: regularised, count, l1, l2 })
      check('regularise', regularised, (g, i) => {
        const p = parameter[i]!
        const one = p > 0 ? l1 : p < 0 ? -l1 : 0
        return fround(g + fround(one + fround(fround(2 * l2) * p)))
      })
      const clipped = before.slice()
      runInstruction(engine, instruction.clipValue, { x: clipped, count, limit })
      check('clipValue', clipped, (g) => Math.max(-limit, Math.min(g, limit)))
      for (const squares of [
        [3, 6],
        [0.2, 0.16],
        [0.1, 0.1],
        [Number.NaN, 1],
        [Infinity, 1],
      ]) {
        const scaled = before.slice()
        const args = { squares: Float64Array.from(squares), count, blocks: 2, limit }
        runInstruction(engine, instruction.clipNorm, { x: scaled, ...args })
        const norm = Math.sqrt(squares[0]! + squares[1]!)
        const factor = norm > limit ? fround(limit / norm) : 1
        check(`clipNorm ${norm}`, scaled, (g) => fround(g * factor))
      }
    }
  }
})

const data = dataset({
  name: 'points',
  ...{
    images: Float32Array.from({ length: 120 }, () => random(-100, 100) / 100),
    labels: Uint8Array.from({ length: 24 }, (_, i) => i % 3),
  },
  ...{ sampleShape: [5], classes: 3 },
})

async function trained(engine: 'simd' | 'js', clip?: ClipSpec, penalty: object = {}, epochs = 1) {
  const layers = [dense(7, { activation: 'tanh', ...penalty }), dense(3, penalty)]
  const model = sequential(layers, { input: [5] })
  const before = [...model.weights().values()]
  const options = { optimizer: sgd({ rate: 1 }), batchSize: 24, ...(clip ? { clip } : {}) }
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
    t.throws(() => createTrainer(engine, model, { optimizer: sgd({ rate: 1 }), clip: clip as never }), {
      name: 'ModelError',
      message:
        /^createTrainer: clip should be {"value": limit} or {"norm": limit} with a limit above 0, found/,
    })
  }
  t.throws(() => sequential([dense(3, { l1: -1 })], { input: [5] }), {
    name: 'ModelError',
    message: /^dense: l1 should be a finite number from 0 up, found -1/,
  })
})
