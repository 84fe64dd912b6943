import { zipSync } from 'fflate'
import t from 'tap'
import { type NpyArray, readNpy, readNpz } from '../../src/data/npy.js'
import { unzip } from '../../src/data/zip.js'

/** An npy file as NumPy writes it: the header filled up with spaces to a multiple of 64 bytes. */
function npy(description: string, shape: string, data: Uint8Array, order = 'False'): Uint8Array {
  const header = `{'descr': '${description}', 'fortran_order': ${order}, 'shape': ${shape}, }`
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
    ...new TextEncoder().encode(padded),
    ...data,
  )
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

t.test('arrays of every type, of both byte orders', async (t) => {
  const cases: [description: string, data: Uint8Array, expected: NpyArray['data']][] = [
    ['|u1', Uint8Array.of(1, 2, 255), Uint8Array.of(1, 2, 255)],
    ['|b1', Uint8Array.of(1, 0, 1), Uint8Array.of(1, 0, 1)],
    ['|i1', Uint8Array.of(1, 255, 3), Int8Array.of(1, -1, 3)],
    ['<u2', bytesOf(Uint16Array.of(1, 2, 65535)), Uint16Array.of(1, 2, 65535)],
    ['>i2', Uint8Array.of(0, 1, 255, 255, 1, 0), Int16Array.of(1, -1, 256)],
    ['<u4', bytesOf(Uint32Array.of(1, 2, 2 ** 32 - 1)), Uint32Array.of(1, 2, 2 ** 32 - 1)],
    ['<i4', bytesOf(Int32Array.of(1, -2, 3)), Int32Array.of(1, -2, 3)],
    ['<i8', bytesOf(BigInt64Array.of(1n, -2n, 2n ** 40n)), Float64Array.of(1, -2, 2 ** 40)],
    ['<u8', bytesOf(BigUint64Array.of(1n, 2n, 3n)), Float64Array.of(1, 2, 3)],
    ['<f2', bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x0001)), Float32Array.of(1, -2.5, 2 ** -24)],
    ['<f4', bytesOf(Float32Array.of(1.5, -0, 3e38)), Float32Array.of(1.5, -0, 3e38)],
    ['>f8', Uint8Array.of(0x3f, 0xf8, 0, 0, 0, 0, 0, 0, ...new Uint8Array(16)), Float64Array.of(1.5, 0, 0)],
  ]
  for (const [description, data, expected] of cases) {
    t.same(readNpy(npy(description, '(3,)', data), 'x'), {
      type: description.slice(1),
      shape: [3],
      data: expected,
    })
  }
  t.same(readNpy(npy('|u1', '(1, 3)', Uint8Array.of(1, 2, 3)), 'x').shape, [1, 3])
  t.same(readNpy(npy('|u1', '()', Uint8Array.of(7)), 'x'), { type: 'u1', shape: [], data: Uint8Array.of(7) })
})

t.test('an npz file is its arrays by name', async (t) => {
  const array = npy('|u1', '(2,)', Uint8Array.of(4, 5))
  for (const level of [0, 9] as const) {
    const zip = zipSync({ 'x.npy': array, 'readme.txt': Uint8Array.of(1) }, { level })
    t.same(
      [...readNpz(zip, 'a.npz')],
      [['x', { type: 'u1', shape: [2], data: Uint8Array.of(4, 5) }]],
      `level ${level}`,
    )
  }
})

t.test('files that are not what they claim are refused by name and byte', async (t) => {
  const good = npy('<f4', '(2,)', new Uint8Array(8))
  const cases: [bytes: Uint8Array, message: RegExp][] = [
    [new Uint8Array(0), /^f: not an npy file: expected "\\x93NUMPY" at byte 0/],
    [
      good.subarray(0, -1),
      /^f: expected 136 bytes for the shape \[2\], found the end of the file at byte 135$/,
    ],
    [good.subarray(0, 40), /^f: byte 8: expected a header of at most 30 bytes, found 118$/],
    [npy('<c8', '(1,)', new Uint8Array(8)), /expected elements of b1, u1, .*, found "<c8"$/],
    [npy('|O', '(1,)', new Uint8Array(8)), /expected elements of .*, found "\|O"$/],
    [npy('<f4', '(2,)', new Uint8Array(8), 'True'), /expected an array in C order, found Fortran's/],
    [npy('<f4', '(9999999999999999999,)', new Uint8Array(8)), /expected a shape of whole numbers/],
    [npy('<f4', "'x'", new Uint8Array(8)), /expected a header with the field 'shape'/],
    [
      npy('<i8', '(1,)', bytesOf(BigInt64Array.of(2n ** 60n))),
      /byte 128: expected a whole number of at most 2\^53/,
    ],
    [
      Uint8Array.of(...good.subarray(0, 6), 9, ...good.subarray(7)),
      /byte 6: expected version 1, 2 or 3 of the format, found 9/,
    ],
  ]
  for (const [bytes, message] of cases) t.throws(() => readNpy(bytes, 'f'), { name: 'DataError', message })
  t.throws(() => readNpz(zipSync({ 'a.txt': Uint8Array.of(1) }), 'f'), {
    message: 'f: expected npy files in it, found none',
  })
})

t.test('each changed byte of a zip is found, or changes nothing that is read', async (t) => {
  const content = Uint8Array.from({ length: 300 }, (_, i) => (i * i) >> 4)
  const zip = zipSync({ 'a.bin': content }, { level: 9 })
  const silent: number[] = []
  for (let i = 0; i < zip.length; i++) {
    const changed = zip.slice()
    changed[i]! ^= 0x55
    try {
      const found = unzip(changed, 'f', () => true).get('a.bin')
      if (found && Buffer.compare(found, content) !== 0) silent.push(i)
    } catch (error) {
      if ((error as Error).name !== 'DataError') t.fail(`byte ${i}: ${(error as Error).stack}`)
    }
  }
  t.same(silent, [])
  const bomb = zipSync({ 'a.bin': new Uint8Array(1 << 20) }, { level: 9 })
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - 51 + 24, 2 ** 31, true)
  t.throws(() => unzip(bomb, 'f', () => true), { name: 'DataError' })
})
