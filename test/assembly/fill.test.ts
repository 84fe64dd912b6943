import t from 'tap'
import { copy, fill } from '../../src/program/instructions.js'
import { everyEngine, runInstruction } from '../support/run.js'

t.test('fill and copy write what was asked and nothing else', async (t) => {
  for (const engine of await everyEngine()) {
    for (const count of [1, 3, 4, 5, 16, 33, 1000]) {
      const x = new Float32Array(count + 1)
      runInstruction(engine, fill, { x, count, value: 1.5 })
      t.same([...x], [...new Array(count).fill(1.5), 0], `${engine.name} fill ${count}`)
      const y = new Float32Array(count + 1)
      runInstruction(engine, copy, { x, y, count })
      t.same(y, x, `${engine.name} copy ${count}`)
    }
  }
})
