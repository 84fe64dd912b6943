import t, { type Test } from 'tap'
import { DataError } from '../../src/errors.js'
import { readSafetensors, type Safetensors, writeSafetensors } from '../../src/formats/safetensors.js'

/** A file of this header, padded as given, and `data` bytes of zeros. */
function file(header: unknown, data = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

function rejects(t: Test, bytes: Uint8Array, message: RegExp): void {
  t.throws(() => readSafetensors(bytes, 'a.safetensors'), { name: 'DataError', message }, String(message))
}

t.test('what is written is read again, to the bit', async (t) => {
  const values = Float32Array.of(0, -0, 1.5, -3.4e38, 1e-45, Number.POSITIVE_INFINITY)
  const written: Safetensors = {
    tensors: new Map([
      ['b', { shape: [2, 3], data: values }],
      ['a', { shape: [], data: Float32Array.of(7) }],
      ['empty', { shape: [0, 4], data: new Float32Array(0) }],
    ]),
    metadata: { note: 'größer' },
  }
  const { tensors, metadata } = readSafetensors(writeSafetensors(written), 'a.safetensors')
  t.same(metadata, written.metadata)
  t.same([...tensors.keys()].sort(), ['a', 'b', 'empty'])
  for (const [name, { shape, data }] of written.tensors) {
    t.same(tensors.get(name)!.shape, shape)
    t.same(new Uint32Array(tensors.get(name)!.data.buffer), new Uint32Array(data.buffer), name)
  }
})

t.test('the bytes are those of the format', async (t) => {
  const bytes = writeSafetensors({
    tensors: new Map([['w', { shape: [1, 2], data: Float32Array.of(1, 2) }]]),
    metadata: { k: 'v' },
  })
  const view = new DataView(bytes.buffer)
  const length = Number(view.getBigUint64(0, true))
  t.equal((8 + length) % 8, 0, 'arrays are aligned')
  t.same(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
    __metadata__: { k: 'v' },
    w: entry(0, 8, [1, 2]),
  })
  t.same([view.getFloat32(8 + length, true), view.getFloat32(12 + length, true)], [1, 2])
})

t.test('a view into a larger buffer is read from where it begins', async (t) => {
  const bytes = writeSafetensors({
    tensors: new Map([['w', { shape: [1], data: Float32Array.of(5) }]]),
    metadata: {},
  })
  const larger = new Uint8Array(bytes.length + 3)
  larger.set(bytes, 3)
  t.same([...readSafetensors(larger.subarray(3), 'a').tensors.get('w')!.data], [5])
})

t.test('arrays that do not fit are not written', async (t) => {
  const write = (name: string, shape: number[]) => () =>
    writeSafetensors({ tensors: new Map([[name, { shape, data: new Float32Array(3) }]]), metadata: {} })
  t.throws(write('w', [2]), { name: 'DataError', message: /w of shape \[2\] should have 2 values, found 3/ })
  t.throws(write('__metadata__', [3]), DataError)
})

t.test('every damage is named with file, byte, expected and found', async (t) => {
  rejects(t, new Uint8Array(5), /^a\.safetensors: byte 0: .* 8 bytes, found a file of 5 bytes\.$/)
  rejects(t, new Uint8Array(0), /found a file of 0 bytes/)
  const huge = file({})
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true)
  rejects(
    t,
    huge,
    /byte 0: expected a safetensors header length of 2 to 2 bytes .* found 9223372036854775808/,
  )
  rejects(t, file(''), /byte 0: .* found 0/)
  rejects(t, file('{"a":'), /byte 8: expected a header of JSON, found text that is not/)
  rejects(t, file('[1]'), /byte 8: expected a header that is a JSON object, found \[1\]/)
  const notText = file('{"a": "__"}')
  notText.fill(0xff, 15, 17)
  rejects(t, notText, /byte 8: expected a header of JSON/)
  rejects(t, file({ __metadata__: { a: 1 } }), /__metadata__ in the header to be an object of texts/)
  rejects(t, file({ w: 3 }), /w in the header to have dtype "F32", found none/)
  rejects(t, file({ w: entry(0, 8, [4], 'F16') }, 8), /w in the header to have dtype "F32", found "F16"/)
  rejects(
    t,
    file({ w: entry(0, 8, [-2]) }, 8),
    /w in the header to have a shape of whole numbers, found \[-2\]/,
  )
  rejects(
    t,
    file({ w: { ...entry(0, 8), data_offsets: [0] } }, 8),
    /data_offsets \[begin, end\], found \[0\]/,
  )
  rejects(t, file({ w: entry(0, 8, [3]) }, 8), /data_offsets 12 bytes apart for shape \[3\], found \[0,8\]/)
  rejects(t, file({ w: entry(8, 0, [2]) }, 8), /data_offsets 8 bytes apart/)
  rejects(t, file({ w: entry(0, 8) }, 7), /w in the header to have data_offsets within the 7 bytes/)
  rejects(t, file({ w: entry(4, 12) }, 12), /w to begin at byte \d+, where the header ends, found a gap/)
  rejects(t, file({ v: entry(0, 8), w: entry(4, 12) }, 12), /w to begin .* where v ends, found an overlap/)
  rejects(t, file({ v: entry(0, 8) }, 12), /the end of the file after v, found 4 more bytes/)
})

t.test('a file cut short anywhere is refused', async (t) => {
  const bytes = writeSafetensors({
    tensors: new Map([['w', { shape: [3], data: Float32Array.of(1, 2, 3) }]]),
    metadata: {},
  })
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => readSafetensors(bytes.subarray(0, length), 'a'), { name: 'DataError' }, `${length} bytes`)
  }
})
