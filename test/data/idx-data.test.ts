import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { type IdxArray, readIdx, writeIdx } from '../../src/data/idx.js'
import { randomWords, temporaryFolder } from '../support/data.js'

// The oracle knows three of the six types; it keeps its place in the file by whole chunks, which is right up to 64 KiB,
// and writes 1,024 elements at most.
type Known = Uint8Array | Int32Array | Float32Array
interface Oracle {
  loadBits(file: string): Promise<{ shape: number[]; data: Known }>
  saveBits(data: Known, shape: number[], file: string): Promise<void>
  writeToStream(data: Known, shape: number[], stream: Writable): void
}
const oracle: Oracle = createRequire(import.meta.url)('idx-data')

function* samples(largest: number): Generator<{ shape: number[]; data: Known }> {
  const word = randomWords(11)
  for (let i = 0; i < 60; i++) {
    const shape = Array.from({ length: 1 + (i % 4) }, () => 1 + (word() % largest))
    const count = shape.reduce((product, size) => product * size, 1)
    if (i % 3 === 0) yield { shape, data: Uint8Array.from({ length: count }, word) }
    if (i % 3 === 1) yield { shape, data: Int32Array.from({ length: count }, word) }
    if (i % 3 === 2) yield { shape, data: Float32Array.from({ length: count }, () => word() / 2 ** 31 - 1) }
  }
}

t.test('idx-data reads what writeIdx wrote', async (t) => {
  const folder = await temporaryFolder(t)
  for (const array of samples(9)) {
    const file = join(folder, 'ours.idx')
    await writeFile(file, writeIdx(array))
    const { shape, data } = await oracle.loadBits(file)
    t.same({ shape, data }, array)
  }
})

t.test('readIdx reads what idx-data wrote', async (t) => {
  const folder = await temporaryFolder(t)
  for (const array of samples(5)) {
    const file = join(folder, 'theirs.idx')
    await oracle.saveBits(array.data, array.shape, file)
    t.same(readIdx(await readFile(file), file), array satisfies IdxArray)
  }
})

t.test('both write the same bytes', async (t) => {
  for (const { data, shape } of samples(5)) {
    const chunks: Buffer[] = []
    oracle.writeToStream(
      data,
      shape,
      new Writable({
        write(chunk, _encoding, done) {
          chunks.push(chunk)
          done()
        },
      }),
    )
    t.equal(Buffer.concat(chunks).toString('hex'), Buffer.from(writeIdx({ data, shape })).toString('hex'))
  }
})
