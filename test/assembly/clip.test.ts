import t from 'tap'
import { PENALTY_BLOCK } from '../../assembly/codes.js'
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

const lengths = [1, 2, 3, 4, 5, 63, 130, PENALTY_BLOCK, PENALTY_BLOCK + 1, 3 * PENALTY_BLOCK + 7]

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
