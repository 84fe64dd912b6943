import t from 'tap'
import { permutation as order } from '../../src/engine/js/philox.js'
import { permutation } from '../../src/program/instructions.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

t.test('a permutation, the same in every engine, in shares and on the host', async (t) => {
  const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 21)]
  // Among 400000 draws some must be refused and made again: about nine are expected.
  for (const count of [1, 2, 3, 15, 16, 17, 33, 1000, 400000]) {
    const wanted = order(count, -3, 8, 21)
    t.ok(
      wanted
        .slice()
        .sort()
        .every((element, i) => element === i),
      `${count} is a permutation`,
    )
    for (const engine of engines) {
      const x = new Int32Array(count + 1).fill(-1)
      runInstruction(engine, permutation, { x, count, seed: -3, stream: 8, step: new Int32Array([21]) })
      const what = `${engine.name} of ${engine.threads}, ${count}`
      t.equal(
        x.findIndex((element, i) => element !== (wanted[i] ?? -1)),
        -1,
        what,
      )
    }
  }
})

t.test('all orders of four are equally likely, over steps, streams and seeds', async (t) => {
  const draws = 24000
  const by: Record<string, (i: number) => Uint32Array> = {
    step: (i) => order(4, 1, 2, i),
    stream: (i) => order(4, 1, i, 2),
    seed: (i) => order(4, i, 1, 2),
  }
  for (const [name, draw] of Object.entries(by)) {
    const counts = new Map<string, number>()
    for (let i = 0; i < draws; i++) {
      const key = draw(i).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    t.equal(counts.size, 24)
    const expected = draws / 24
    const statistic = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // 23 degrees of freedom: 49.7 is exceeded with probability 0.001.
    t.ok(statistic < 49.7, `${name}: chi-square ${statistic}`)
  }
})

t.test('every place gets every element equally often', async (t) => {
  const size = 20
  const draws = 20000
  const cells = new Array<number>(size * size).fill(0)
  for (let step = 0; step < draws; step++) {
    for (const [place, element] of order(size, 5, 6, step).entries()) cells[place * size + element]!++
  }
  const expected = draws / size
  const statistic = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  // (size - 1)^2 = 361 degrees of freedom, standard deviation sqrt(2 * 361).
  t.ok(Math.abs(statistic - 361) < 4 * Math.sqrt(722), `chi-square ${statistic}`)
})
