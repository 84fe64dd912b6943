import t from 'tap'
import * as instruction from '../../src/program/instructions.js'
import { everyEngine, runInstruction } from '../support/run.js'

t.test('a gathered batch holds the rows of the indices, scaled or standardised', async (t) => {
  const { fround } = Math
  for (const engine of await everyEngine()) {
    for (const size of [1, 3, 4, 15, 16, 17, 50, 784]) {
      const source = Uint8Array.from({ length: 7 * size }, (_, i) => (i * 37) % 256)
      const indices = Uint32Array.of(6, 0, 3, 3, 1)
      const rows = indices.length
      const mean = Float32Array.from({ length: size }, (_, j) => j / 100)
      const scale = Float32Array.from({ length: size }, (_, j) => 1 + j / 7)
      const pixel = (i: number) => fround(source[indices[Math.floor(i / size)]! * size + (i % size)]! / 255)

      const y = new Float32Array(rows * size)
      runInstruction(engine, instruction.gatherBytes, {
        source,
        indices,
        mean: null,
        scale: null,
        y,
        ...{ rows, size, count: 7 },
      })
      t.same(
        y,
        y.map((_, i) => pixel(i)),
        `${engine.name} scaled, ${size} a row`,
      )

      runInstruction(engine, instruction.gatherBytes, {
        source,
        indices,
        mean,
        scale,
        y,
        rows,
        size,
        count: 7,
      })
      const standard = y.map((_, i) => fround(pixel(i) - mean[i % size]!) * scale[i % size]!)
      t.same(y, standard, `${engine.name} standardised, ${size} a row`)

      const floats = Float32Array.from(source)
      const value = (i: number) => floats[indices[Math.floor(i / size)]! * size + (i % size)]!
      const plain = { source: floats, indices, mean: null, scale: null, y, rows, size, count: 7 }
      runInstruction(engine, instruction.gather, plain)
      t.same(
        y,
        y.map((_, i) => value(i)),
        `${engine.name} float32, ${size} a row`,
      )
      runInstruction(engine, instruction.gather, { ...plain, mean, scale })
      const shifted = y.map((_, i) => fround(value(i) - mean[i % size]!) * scale[i % size]!)
      t.same(y, shifted, `${engine.name} float32 standardised, ${size} a row`)
    }
    const labels = Uint8Array.of(9, 8, 255, 0)
    const y = new Int32Array(3)
    const taken = { labels, y, rows: 3, count: 4 }
    runInstruction(engine, instruction.gatherLabels, { ...taken, indices: Uint32Array.of(2, 0, 3) })
    t.same([...y], [255, 9, 0], `${engine.name} labels`)
  }
})

t.test('an index that no row has is taken for the last, and nothing beyond is read', async (t) => {
  const indices = Uint32Array.of(4, 2 ** 31, 2 ** 32 - 1, 0)
  for (const engine of await everyEngine()) {
    const places = { indices, rows: 4, count: 4 }
    const y = new Int32Array(4)
    runInstruction(engine, instruction.gatherLabels, { ...places, labels: Uint8Array.of(9, 8, 7, 6), y })
    t.same([...y], [6, 6, 6, 9], engine.name)
    const [none, x] = [{ mean: null, scale: null, size: 2 }, new Float32Array(8)]
    const bytes = Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 255)
    runInstruction(engine, instruction.gatherBytes, { ...places, ...none, source: bytes, y: x })
    t.same([...x], [0, 1, 0, 1, 0, 1, 1, 0], `${engine.name} bytes`)
    const floats = Float32Array.from(bytes)
    runInstruction(engine, instruction.gather, { ...places, ...none, source: floats, y: x })
    t.same([...x], [0, 255, 0, 255, 0, 255, 255, 0], `${engine.name} floats`)
  }
})
