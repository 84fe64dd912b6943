import t from 'tap'
import { gunzip, gzip } from '../../src/data/gzip.js'
import { type IdxArray, readIdx, readIdxOrGzip, writeIdx, writeIdxGzip } from '../../src/data/idx.js'
import { DataError } from '../../src/errors.js'
import { randomWords } from '../support/data.js'

const arrays = [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array]
const codes = [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e]

function product(shape: number[]): number {
  return shape.reduce((count, size) => count * size, 1)
}

/** Any bit pattern but NaN's, whose bits a runtime may change. */
function randomArray(kind: number, shape: number[], word: () => number): IdxArray {
  const data = new arrays[kind]!(product(shape))
  const bits = new Uint8Array(data.buffer)
  for (let i = 0; i < bits.length; i++) bits[i] = word()
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) data[i] = -0
  return { shape, data }
}

t.test('round trips of random arrays of all six types, plain and gzip', async (t) => {
  const word = randomWords(1)
  for (let i = 0; i < 300; i++) {
    const kind = i % 6
    const shape = Array.from({ length: 1 + (word() % 4) }, () => word() % 6)
    const array = randomArray(kind, shape, word)
    const bytes = writeIdx(array)
    t.strictSame([...bytes.subarray(0, 4)], [0, 0, codes[kind], shape.length])
    // Files may lie anywhere in a larger buffer.
    const shifted = new Uint8Array(bytes.length + 8).subarray(word() % 8).subarray(0, bytes.length)
    shifted.set(bytes)
    for (const read of [readIdx(shifted, 'a'), await readIdxOrGzip(shifted, 'a')]) t.same(read, array)
    t.same(await readIdxOrGzip(await writeIdxGzip(array), 'a.gz'), array)
  }
})

t.test('the bytes are big-endian', async (t) => {
  const hex = (array: IdxArray) => Buffer.from(writeIdx(array)).toString('hex')
  t.equal(hex({ shape: [2], data: Uint8Array.of(1, 255) }), `00000801${'00000002'}01ff`)
  t.equal(hex({ shape: [1], data: Int8Array.of(-2) }), `00000901${'00000001'}fe`)
  t.equal(hex({ shape: [1, 1], data: Int16Array.of(-2) }), `00000b02${'0000000100000001'}fffe`)
  t.equal(hex({ shape: [1], data: Int32Array.of(0x01020304) }), `00000c01${'00000001'}01020304`)
  t.equal(hex({ shape: [1], data: Float32Array.of(1) }), `00000d01${'00000001'}3f800000`)
  t.equal(hex({ shape: [1], data: Float64Array.of(-2) }), `00000e01${'00000001'}c000000000000000`)
})

t.test('255 dimensions, sizes of zero, and values of NaN', async (t) => {
  const deep: IdxArray = { shape: new Array(255).fill(1), data: Int16Array.of(-7) }
  t.same(readIdx(writeIdx(deep), 'deep'), deep)
  t.same(await readIdxOrGzip(await writeIdxGzip(deep), 'deep.gz'), deep)
  const empty: IdxArray = { shape: [2 ** 32 - 1, 2 ** 32 - 1, 0, 2 ** 32 - 1], data: new Float64Array(0) }
  t.same(readIdx(writeIdx(empty), 'empty'), empty)
  const { data } = readIdx(writeIdx({ shape: [1], data: Float32Array.of(NaN) }), 'nan')
  t.ok(Number.isNaN(data[0]))
})

t.test('what cannot be written', async (t) => {
  const cases: [unknown, RegExp][] = [
    [{ shape: [2, 3], data: new Uint8Array(5) }, /\[2, 3\] holds 6 elements, found 5/],
    [{ shape: [], data: new Uint8Array(1) }, /1 to 255 dimensions, found 0/],
    [{ shape: new Array(256).fill(1), data: new Uint8Array(1) }, /1 to 255 dimensions, found 256/],
    [{ shape: [1.5], data: new Uint8Array(1) }, /dimension 0, found 1\.5/],
    [{ shape: [0, 2 ** 32], data: new Uint8Array(0) }, /dimension 1, found 4294967296/],
    [{ shape: [-1], data: new Uint8Array(0) }, /dimension 0, found -1/],
    [{ shape: [1], data: new Uint32Array(1) }, /Float64Array, found Uint32Array/],
    [{ shape: [1], data: [1] }, /found Array/],
  ]
  for (const [array, message] of cases) {
    t.throws(() => writeIdx(array as IdxArray), { name: 'DataError', message })
  }
})

const good = writeIdx({ shape: [2, 3], data: Int16Array.of(1, 2, 3, 4, 5, 6) })

function patched(offset: number, ...values: number[]): Uint8Array {
  const bytes = good.slice()
  bytes.set(values, offset)
  return bytes
}

t.test('every bad file has its own error, which names the file and the byte', async (t) => {
  const head = (...sizes: number[]) => {
    const bytes = new Uint8Array(4 + 4 * sizes.length)
    bytes.set([0, 0, 0x0e, sizes.length])
    sizes.forEach((size, axis) => {
      new DataView(bytes.buffer).setUint32(4 + 4 * axis, size)
    })
    return bytes
  }
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /at byte 0, found an empty file/],
    ['half a magic number', good.subarray(0, 3), /magic number .* cut short: .* at byte 3/],
    [
      'half a header',
      good.subarray(0, 10),
      /header is cut short: expected 12 bytes for 2 dimensions, .* byte 10/,
    ],
    [
      'header only',
      good.subarray(0, 12),
      /ends at byte 12: expected 24 bytes .*\[2, 3\], 12 bytes are missing/,
    ],
    ['half an element', good.subarray(0, 23), /ends at byte 23: .*, 1 bytes are missing/],
    ['trailing', new Uint8Array([...good, 0, 0]), /trailing bytes .* ends at byte 24 .* found 2 bytes more/],
    ['magic', patched(1, 7), /0x00 0x00 at byte 0, found 0x00 0x07/],
    ['type', patched(2, 0x0a), /unknown element type at byte 2: .*0x0e, found 0x0a/],
    ['no dimensions', patched(3, 0), /1 to 255 dimensions at byte 3, found 0/],
    [
      'overflow',
      head(2 ** 20, 2 ** 31, 5),
      /overflow at byte 8: .*\[1048576, 2147483648, \.\.\.\] of 8-byte/,
    ],
    [
      'too large',
      head(2 ** 29),
      /overflow at byte 4: expected a file of at most 4294967296 bytes, .*\[536870912\]/,
    ],
    ['beyond 2^53', head(...new Array(40).fill(2 ** 32 - 1)), /overflow at byte 4:/],
  ]
  for (const [what, bytes, message] of cases) {
    const name = `folder/${what}.idx`
    const error = { name: 'DataError', message }
    t.throws(() => readIdx(bytes, name), error, what)
    await t.rejects(readIdxOrGzip(bytes, name), error, what)
    await t.rejects(readIdxOrGzip(await gzip(bytes), name), DataError, `${what}, compressed`)
    const text = await readIdxOrGzip(await gzip(bytes), name).then(String, String)
    t.match(text, name)
    t.match(await readIdxOrGzip(bytes, name).then(String, String), name)
  }
  t.throws(() => readIdx(Uint8Array.of(0x1f, 0x8b, 8), 'x'), { message: /^x: .* at byte 0, found gzip data/ })
})

t.test('gzip: damage, truncation, checksum, bytes that follow', async (t) => {
  const word = randomWords(3)
  const array = randomArray(0, [50, 50], word)
  const packed = await writeIdxGzip(array)
  const length = packed.length
  const damaged = (offset: number, value: number) => {
    const bytes = packed.slice()
    bytes[offset]! ^= value
    return bytes
  }
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'cut in the data',
      packed.subarray(0, 500),
      /cut short: expected more than its 500 bytes, .* at byte 500/,
    ],
    ['cut in the trailer', packed.subarray(0, length - 3), new RegExp(`cut short: .* at byte ${length - 3}`)],
    ['only the magic number', packed.subarray(0, 2), /cut short: .* at byte 2/],
    ['method', damaged(2, 1), /damaged at or before byte \d+/],
    ['data', damaged(10, 0xff), /damaged at or before byte \d+|does not match the gzip checksum/],
    ['CRC-32', damaged(length - 8, 1), new RegExp(`checksum at byte ${length - 8}`)],
    ['size', damaged(length - 4, 1), new RegExp(`checksum at byte ${length - 8}`)],
    [
      'zeros follow',
      new Uint8Array([...packed, 0, 0, 0, 0]),
      new RegExp(`bytes follow .* at byte ${length}`),
    ],
    ['another member follows', new Uint8Array([...packed, ...packed]), /trailing bytes follow at byte 2512/],
    ['rubbish follows', new Uint8Array([...packed, 9, 9, 9, 9, 9]), /at or before byte|bytes follow/],
  ]
  for (const [what, bytes, message] of cases) {
    await t.rejects(readIdxOrGzip(bytes, `${what}.gz`), { name: 'DataError', message }, what)
    t.match(await readIdxOrGzip(bytes, `${what}.gz`).then(String, String), `${what}.gz`)
  }
})

t.test('a gzip bomb is refused at the size its header promises', async (t) => {
  const content = new Uint8Array(30_000_000)
  content.set([0, 0, 8, 1, 0, 0, 0, 100])
  const bomb = await gzip(content)
  await t.rejects(readIdxOrGzip(bomb, 'bomb.gz'), {
    name: 'DataError',
    message: /^bomb\.gz: .*more than the 108 bytes .* at byte 108 of the content/,
  })
  // A header that promises more than the file could ever hold must not reserve the memory either.
  const liar = await gzip(writeIdx({ shape: [3], data: new Uint8Array(3) }).fill(0x7f, 4, 5))
  await t.rejects(readIdxOrGzip(liar, 'liar.gz'), {
    message: /^liar\.gz: .*promises 2130706443 bytes, more than/,
  })
})

t.test('a file that promises far more than its size is not unpacked', async (t) => {
  const header = writeIdx({ shape: [0, 28, 28], data: new Uint8Array(0) })
  // 200,704,000 bytes, of which 300,000 that do not pack are there.
  new DataView(header.buffer).setUint32(4, 256_000)
  const words = randomWords(5)
  const noise = Uint8Array.from({ length: 300_000 }, () => words() & 255)
  await t.rejects(readIdxOrGzip(await gzip(Uint8Array.from([...header, ...noise])), 'much.gz'), {
    name: 'DataError',
    message: /^much\.gz: its header promises 200704016 bytes, more than 64 times its \d+ bytes of gzip data/,
  })
})

t.test('decompression stops early: what is asked for is all that is produced', async (t) => {
  const bomb = await gzip(new Uint8Array(50_000_000))
  const Original = globalThis.DecompressionStream
  t.teardown(() => {
    globalThis.DecompressionStream = Original
  })
  let produced = 0
  globalThis.DecompressionStream = class {
    readonly readable: ReadableStream
    readonly writable: WritableStream
    constructor(format: CompressionFormat) {
      const inner = new Original(format)
      this.writable = inner.writable
      this.readable = inner.readable.pipeThrough(
        new TransformStream({
          transform(chunk: Uint8Array, controller) {
            produced += chunk.length
            controller.enqueue(chunk)
          },
        }),
      )
    }
  } as typeof DecompressionStream
  await t.rejects(
    gunzip(bomb, 'bomb.gz', () => 10_000),
    DataError,
  )
  t.ok(produced > 10_000 && produced < 2_000_000, `${produced} bytes`)
})

t.test('whatever happens to a file, it is read or refused by a DataError', async (t) => {
  const word = randomWords(5)
  const outcomes = { read: 0, refused: 0 }
  const attempt = async (bytes: Uint8Array) => {
    try {
      const { shape, data } = await readIdxOrGzip(bytes, 'fuzz')
      if (product(shape) !== data.length) t.fail(`shape [${shape}] of ${data.length} elements`)
      outcomes.read++
    } catch (error) {
      if (!(error instanceof DataError && error.message.startsWith('fuzz'))) t.fail(String(error))
      outcomes.refused++
    }
  }
  for (let i = 0; i < 600; i++) {
    const shape = Array.from({ length: 1 + (word() % 3) }, () => 1 + (word() % 5))
    const array = randomArray(i % 6, shape, word)
    const bytes = i % 2 === 0 ? writeIdx(array) : await writeIdxGzip(array)
    const damaged = bytes.slice()
    damaged[word() % bytes.length]! ^= 1 << (word() % 8)
    await attempt(damaged)
    await attempt(bytes.subarray(0, word() % bytes.length))
  }
  t.ok(outcomes.read > 50 && outcomes.refused > 50, JSON.stringify(outcomes))
})
