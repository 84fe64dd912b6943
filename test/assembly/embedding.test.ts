import t from 'tap'
import { NO_ID } from '../../assembly/codes.js'
import type { Engine } from '../../src/engine/engine.js'
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

interface Lookup {
  readonly ids: Int32Array
  readonly table: Float32Array
  readonly size: number
  readonly padding: number
}

/** Vectors and the table's gradient, with four places behind each that must be left alone. */
function lookUp(engine: Engine, { ids, table, size, padding }: Lookup, dy: Float32Array, start = 0) {
  const [count, rows] = [ids.length, table.length / size]
  const y = new Float32Array(count * size + 4).fill(99)
  const dtable = new Float32Array(table.length + 4).fill(99, table.length).fill(start, 0, table.length)
  runInstruction(engine, instruction.embedding, { ids, table, y, count, rows, size })
  runInstruction(engine, instruction.embeddingBackward, { ids, dy, dtable, count, rows, size, padding })
  return { y, dtable }
}

t.test('embeddings agree with the golden vectors', async (t) => {
  const cases = golden('embedding').filter(({ config }) => config.layer === ('embedding' as never))
  t.equal(cases.length, 15)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const { width: size, padding_id } = config as unknown as { width: number; padding_id: number | null }
      const table = floats(inputs.W!)
      const lookup = { ids: Int32Array.from(inputs.ids!.data), table, size, padding: padding_id ?? NO_ID }
      const { y, dtable } = lookUp(engine, lookup, floats(inputs.dy!))
      const what = `${engine.name} ${name}`
      t.equal(mismatch(y.slice(0, -4), outputs.y!), undefined, `${what} y`)
      t.equal(mismatch(dtable.slice(0, -4), grads.W!), undefined, `${what} gradient`)
    }
  }
})

t.test('ids of any value and any number of threads give the same bits', async (t) => {
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(23)
  for (let i = 0; i < 40; i++) {
    const [count, rows, size] = [random(1, 40), random(1, 12), random(1, 70)]
    const wild = [-1, rows, 2 ** 31 - 1, NO_ID]
    const ids = Int32Array.from({ length: count }, () =>
      random(0, 9) === 0 ? wild[random(0, 3)]! : random(0, rows - 1),
    )
    const draw = (of: number) =>
      i % 2 ? mixedFloats(of, random) : Float32Array.from({ length: of }, () => random(-4096, 4096) / 512)
    const lookup = { ids, table: draw(rows * size), size, padding: random(0, 1) ? random(0, rows) : NO_ID }
    const dy = draw(count * size)
    const results = engines.map((engine) => lookUp(engine, lookup, dy, 0.5))
    const { table, padding } = lookup
    const wanted = Float32Array.from({ length: count * size }, (_, at) => {
      const id = ids[Math.floor(at / size)]!
      return id >= 0 && id < rows ? table[id * size + (at % size)]! : 0
    })
    sameBits(t, results[0]!.y.slice(0, -4), wanted, 'rows of the table')
    const sums = Float32Array.from({ length: rows * size }, (_, at) => {
      const [row, column] = [Math.floor(at / size), at % size]
      return ids.reduce(
        (sum, id, p) => (id === row && id !== padding ? Math.fround(sum + dy[p * size + column]!) : sum),
        0.5,
      )
    })
    sameBits(t, results[0]!.dtable.slice(0, -4), sums, 'sums in the order of places')
    for (const [e, { y, dtable }] of results.entries()) {
      const what = `${engines[e]!.name} of ${engines[e]!.threads}, ${count} of ${rows} x ${size}`
      sameBits(t, y, results[0]!.y, `${what}: y`)
      sameBits(t, dtable, results[0]!.dtable, `${what}: gradient`)
    }
  }
})

t.test('ids are gathered batch first and time first, and masked', async (t) => {
  const engines = await everyEngine()
  for (const threads of [2, 3]) engines.push(await createSharesEngine(threads, 1 << 20))
  const random = randomIntegers(7)
  for (let i = 0; i < 20; i++) {
    const [count, rows, size] = [random(1, 9), random(1, 40), random(1, 6)]
    const source = Int32Array.from({ length: count * size }, () => random(0, 2 ** 31 - 1))
    const wild = [count, -1, NO_ID, 2 ** 31 - 1]
    const indices = Int32Array.from({ length: rows }, () =>
      random(0, 9) === 0 ? wild[random(0, 3)]! : random(0, count - 1),
    )
    const isThere = (row: number) => row >= 0 && row < count
    for (const engine of engines) {
      const gathered = (from: Int32Array | null, rowStep: number, idStep: number) => {
        const y = new Int32Array(rows * size + 4).fill(-7)
        const args = { source, indices: from, y, count, rows, size, rowStep, idStep }
        runInstruction(engine, instruction.gatherIds, args)
        t.same([...y.slice(-4)], [-7, -7, -7, -7], 'writes nothing else')
        return y.slice(0, -4)
      }
      const rowOf = (r: number, from: Int32Array | null) => (from ? from[r]! : r)
      for (const from of [indices, null]) {
        const id = (r: number, j: number) =>
          isThere(rowOf(r, from)) ? source[rowOf(r, from) * size + j]! : NO_ID
        const batchFirst = gathered(from, size, 1)
        t.ok(
          batchFirst.every((value, at) => value === id(Math.floor(at / size), at % size)),
          engine.name,
        )
        const timeFirst = gathered(from, 1, rows)
        t.ok(
          timeFirst.every((value, at) => value === id(at % rows, Math.floor(at / rows))),
          engine.name,
        )
      }
      const [ids, mask] = [source.slice(), new Float32Array(source.length + 4).fill(99)]
      const chosen = ids[random(0, ids.length - 1)]!
      runInstruction(engine, instruction.idMask, { ids, mask, count: ids.length, id: chosen })
      t.ok(mask.every((value, at) => value === (at >= ids.length ? 99 : ids[at] === chosen ? 0 : 1)))
    }
  }
})
