import t from 'tap'
import { createEngine } from '../../src/index.js'
import { readExpected } from './judge.js'
import { programs, STEPS } from './programs.js'
import { countsOf, sameBits } from './report.js'
import { runProgram } from './run.js'

/** From build/test/conformance. */
const { programs: expected } = readExpected(
  new URL('../../../test/conformance/expected.json', import.meta.url),
)

const advice =
  'Other bits than before are a defect until shown otherwise: docs/conformance.md says when expected values may change, and how.'

const cells = sameBits.flatMap((engine) => countsOf(engine, [2, 3]).map((threads) => ({ engine, threads })))

for (const cell of cells) {
  t.test(`${cell.engine}, threads: ${cell.threads}: the expected bits of every program`, async (t) => {
    const engine = await createEngine(cell)
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
