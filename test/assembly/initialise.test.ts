import t from 'tap'
import { identity, orthogonal } from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const shapes = [
  [1, 1],
  [1, 9],
  [9, 1],
  [2, 3],
  [16, 16],
  [13, 29],
  [29, 13],
  [64, 50],
] as const

/** The largest deviation of Q Q^T (rows <= columns) or Q^T Q from the identity. */
function orthogonalityError(q: Float32Array, rows: number, columns: number): number {
  const [vectors, size] = rows <= columns ? [rows, columns] : [columns, rows]
  const at = (v: number, i: number) => (rows <= columns ? q[v * columns + i]! : q[i * columns + v]!)
  let worst = 0
  for (let a = 0; a < vectors; a++) {
    for (let b = 0; b <= a; b++) {
      let dot = 0
      for (let i = 0; i < size; i++) dot += at(a, i) * at(b, i)
      worst = Math.max(worst, Math.abs(dot - (a === b ? 1 : 0)))
    }
  }
  return worst
}

t.test('identity', async (t) => {
  const cases = new Cases()
  const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 16)]
  for (const engine of engines) {
    for (const [rows, columns] of shapes) {
      const x = new Float32Array(rows * columns + 1).fill(99)
      runInstruction(engine, identity, { x, rows, columns, value: 0.5 })
      const wanted = Float32Array.from(x, (_, i) =>
        i === rows * columns ? 99 : Math.floor(i / columns) === i % columns ? 0.5 : 0,
      )
      sameBits(cases, x, wanted, `${engine.name} ${rows} x ${columns}`)
    }
  }
  cases.end(t)
})

t.test(
  'orthogonal has orthonormal rows or columns, the same bits in every engine and in shares',
  async (t) => {
    const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 20)]
    for (const [rows, columns] of shapes) {
      let wanted: Float32Array | undefined
      for (const engine of engines) {
        const x = new Float32Array(rows * columns)
        const work = new Float32Array(rows * columns)
        runInstruction(engine, orthogonal, { x, rows, columns, gain: 1, seed: 4, stream: 1, work })
        const error = orthogonalityError(x, rows, columns)
        t.ok(error < 1e-6, `${engine.name} ${rows} x ${columns}: ${error}`)
        wanted ??= x
        sameBits(t, x, wanted, `${engine.name} of ${engine.threads} ${rows} x ${columns}`)
        const twice = new Float32Array(rows * columns)
        runInstruction(engine, orthogonal, { x: twice, rows, columns, gain: 2, seed: 4, stream: 1, work })
        sameBits(
          t,
          twice,
          x.map((value) => 2 * value),
          `${engine.name} gain 2`,
        )
      }
    }
  },
)

t.test('orthogonal of 512 x 512 is orthonormal to the accuracy of float32', async (t) => {
  const [engine] = await everyEngine()
  const size = 512
  const x = new Float32Array(size * size)
  const args = {
    x,
    rows: size,
    columns: size,
    gain: 1,
    seed: 1,
    stream: 1,
    work: new Float32Array(size * size),
  }
  runInstruction(engine!, orthogonal, args)
  const error = orthogonalityError(x, size, size)
  t.ok(error < 1e-6, `${error}`)
})

t.test('orthogonal draws 2 x 2 matrices uniformly', async (t) => {
  // A rotation or reflection, each with probability 1/2, by an angle that is uniform on the circle.
  const [engine] = await everyEngine()
  const draws = 4000
  const cells = new Array<number>(16).fill(0)
  for (let stream = 0; stream < draws; stream++) {
    const x = new Float32Array(4)
    runInstruction(engine!, orthogonal, {
      x,
      rows: 2,
      columns: 2,
      gain: 1,
      seed: 9,
      stream,
      work: new Float32Array(4),
    })
    const reflection = x[0]! * x[3]! - x[1]! * x[2]! < 0
    const eighth = Math.floor((Math.atan2(x[1]!, x[0]!) / Math.PI + 1) * 4) & 7
    cells[eighth + (reflection ? 8 : 0)]!++
  }
  const expected = draws / 16
  const statistic = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  // 15 degrees of freedom: 37.7 is exceeded with probability 0.001.
  t.ok(statistic < 37.7, `chi-square ${statistic}, cells ${cells}`)
})
