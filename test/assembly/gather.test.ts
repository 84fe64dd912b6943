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
        rows,
        size,
      })
      t.same(
        y,
        y.map((_, i) => pixel(i)),
        `${engine.name} scaled, ${size} a row`,
      )

      runInstruction(engine, instruction.gatherBytes, { source, indices, mean, scale, y, rows, size })
      const standard = y.map((_, i) => fround(pixel(i) - mean[i % size]!) * scale[i % size]!)
      t.same(y, standard, `${engine.name} standardised, ${size} a row`)

      const floats = Float32Array.from(source)
      const value = (i: number) => floats[indices[Math.floor(i / size)]! * size + (i % size)]!
      const plain = { source: floats, indices, mean: null, scale: null, y, rows, size }
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
    runInstruction(engine, instruction.gatherLabels, { labels, indices: Uint32Array.of(2, 0, 3), y, rows: 3 })
    t.same([...y], [255, 9, 0], `${engine.name} labels`)
  }
})
