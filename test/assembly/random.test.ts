import t from 'tap'
import { normal, uniform } from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test(
  'uniform and normal draws have the same bits in every engine and for every number of shares',
  async (t) => {
    const draws = { mean: -0.25, deviation: 1.5, low: -0.3, high: 0.7, seed: -5, stream: 3 }
    const engines = await everyEngine()
    for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 16))
    for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 1000]) {
      const results = engines.map((engine) => {
        const u = new Float32Array(count + 4).fill(99)
        const z = new Float32Array(count + 4).fill(99)
        runInstruction(engine, uniform, { ...draws, x: u, count })
        runInstruction(engine, normal, { ...draws, x: z, count })
        return [u, z] as const
      })
      t.same([...results[0]![0].slice(count), ...results[0]![1].slice(count)], new Array(8).fill(99))
      for (const [i, [u, z]] of results.entries()) {
        sameBits(t, u, results[0]![0], `uniform ${count}, engine ${i}`)
        sameBits(t, z, results[0]![1], `normal ${count}, engine ${i}`)
      }
    }
  },
)

/** Pearson's statistic over equally likely cells, in standard deviations above its mean. */
function chiSquareExcess(counts: number[], total: number): number {
  const expected = total / counts.length
  const statistic = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  return (statistic - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1))
}

const COUNT = 1 << 20

t.test('uniform draws fill [low, high) evenly', async (t) => {
  const [engine] = await everyEngine()
  const x = new Float32Array(COUNT)
  // Here only two floats lie in the interval, and half of the draws near its end round up to `high`.
  const low = 2 ** 23
  runInstruction(engine!, uniform, { x, count: COUNT, low, high: low + 2, seed: 1, stream: 1 })
  t.ok(
    x.every((value) => value === low || value === low + 1),
    'also where float32 would round up to high',
  )

  runInstruction(engine!, uniform, { x, count: COUNT, low: -3, high: 5, seed: 2, stream: 1 })
  const cells = new Array<number>(256).fill(0)
  for (const value of x) cells[Math.floor((value + 3) * 32)]!++
  t.ok(Math.abs(chiSquareExcess(cells, COUNT)) < 4, 'one at a time')
  const pairs = new Array<number>(256).fill(0)
  for (let i = 0; i < COUNT; i += 2)
    pairs[16 * Math.floor((x[i]! + 3) * 2) + Math.floor((x[i + 1]! + 3) * 2)]!++
  t.ok(Math.abs(chiSquareExcess(pairs, COUNT / 2)) < 4, 'in pairs')
})

t.test('normal draws have the moments of a normal distribution', async (t) => {
  const [engine] = await everyEngine()
  const x = new Float32Array(COUNT)
  runInstruction(engine!, normal, { x, count: COUNT, mean: 0, deviation: 1, seed: 3, stream: 2 })
  const moment = (k: number) => x.reduce((sum, value) => sum + value ** k, 0) / COUNT
  // Standard errors of the moments of COUNT draws: sqrt((E z^2k - (E z^k)^2) / COUNT).
  for (const [k, expected, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const) {
    const sigmas = Math.abs(moment(k) - expected) / Math.sqrt(variance / COUNT)
    t.ok(sigmas < 4, `moment ${k}: ${moment(k)}, ${sigmas.toFixed(1)} standard errors off`)
  }
  let crossed = 0
  for (let i = 0; i + 4 < COUNT; i++) crossed += x[i]! * x[i + 4]!
  t.ok(Math.abs(crossed / Math.sqrt(COUNT)) < 4, 'the two draws of a pair of words are uncorrelated')

  // Quartiles and tails of the standard normal distribution.
  const bounds = [-2.3263478, -0.6744898, 0, 0.6744898, 2.3263478]
  for (const [i, bound] of bounds.entries()) {
    const p = [0.01, 0.25, 0.5, 0.75, 0.99][i]!
    const below = x.reduce((n, value) => n + (value < bound ? 1 : 0), 0)
    t.ok(Math.abs(below - p * COUNT) < 4 * Math.sqrt(COUNT * p * (1 - p)), `${p} of them lie below ${bound}`)
  }
})
