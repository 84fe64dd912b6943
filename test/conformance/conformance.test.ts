import t from 'tap'
import { createEngine, type EngineOptions, engineSupport } from '../../src/index.js'
import { readExpected } from './judge.js'
import { programs, STEPS } from './programs.js'
import { runProgram } from './run.js'

/** From build/test/conformance. */
const { programs: expected } = readExpected(
  new URL('../../../test/conformance/expected.json', import.meta.url),
)

const advice =
  'Other bits than before are a defect until shown otherwise: docs/conformance.md says when expected values may change, and how.'

const engines: readonly EngineOptions[] = [
  { engine: 'simd' },
  { engine: 'js' },
  { engine: 'scalar' },
  { engine: 'threads', threads: 2 },
  { engine: 'threads', threads: 3 },
]

for (const options of engines) {
  const { engine: name, threads = 1 } = options
  t.test(`${name}, threads: ${threads}: the expected bits of every program`, async (t) => {
    const support = engineSupport()[name!]
    if (support !== true) return t.comment(support)
    const engine = await createEngine(options)
    for (const program of programs) {
      const { weights, losses } = await runProgram(engine, program)
      t.same({ weights, losses }, expected[program.name], `${program.name}. ${advice}`)
    }
    engine.close()
  })
}

t.test('the set is what it says', async (t) => {
  t.same(
    Object.keys(expected),
    programs.map(({ name }) => name),
    'every program has its expected bits, and no other',
  )
  for (const { name, samples, batch, epochs } of programs) {
    t.equal(Math.ceil(samples / batch) * epochs, STEPS, `${name}: steps`)
  }
  const weights = Object.values(expected).map((hashes) => hashes.weights)
  t.equal(new Set(weights).size, weights.length, 'no two programs end with the same weights')
})
