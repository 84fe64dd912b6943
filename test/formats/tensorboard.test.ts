import t from 'tap'
import { crc32c } from '../../src/formats/tensorboard.js'
import {
  ConfusionMatrix,
  type EpochResult,
  tensorboardEpoch,
  tensorboardHeader,
  tensorboardScalars,
} from '../../src/index.js'

const confusion = new ConfusionMatrix(2, Int32Array.of(3, 1, 0, 4))
const epoch: EpochResult = {
  ...{
    epoch: 300,
    steps: 7,
    samples: 100,
    loss: 0.25,
    accuracy: 0.5,
    learningRate: 0.0625,
    seconds: 2,
    samplesPerSecond: 50,
  },
  ...{ validation: { samples: 8, loss: 0.125, accuracy: 0.875, confusion }, best: true, complete: true },
}
const plain: EpochResult = { ...epoch, epoch: 1, validation: null }

t.test('CRC-32C gives the known answers of RFC 3720, appendix B.4', async (t) => {
  const of = (value: (i: number) => number) => crc32c(Uint8Array.from({ length: 32 }, (_, i) => value(i)))
  t.equal(
    of(() => 0),
    0x8a9136aa,
  )
  t.equal(
    of(() => 0xff),
    0x62a8ab43,
  )
  t.equal(
    of((i) => i),
    0x46dd794e,
  )
  t.equal(
    of((i) => 31 - i),
    0x113fdb5c,
  )
  t.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
})

/** A message's fields by number, each with its wire type: protobuf.dev/programming-guides/encoding. */
function decode(data: Uint8Array): { field: number; value: bigint | Uint8Array }[] {
  const found: { field: number; value: bigint | Uint8Array }[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => {
    at += length
    if (at > data.length) throw new Error('a field reaches beyond its message')
    return data.slice(at - length, at)
  }
  while (at < data.length) {
    const key = Number(varint())
    const type = key & 7
    if (type === 0) found.push({ field: key >> 3, value: varint() })
    else if (type === 1) found.push({ field: key >> 3, value: take(8) })
    else if (type === 2) found.push({ field: key >> 3, value: take(Number(varint())) })
    else if (type === 5) found.push({ field: key >> 3, value: take(4) })
    else throw new Error(`wire type ${type}`)
  }
  return found
}

/** CRC-32C by another road than the writer's: from a table, over bits in polynomial division. */
function checksum(data: Uint8Array): bigint {
  const table = Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n
    return crc
  })
  const crc = data.reduce(
    (crc, byte) => table[Number((crc ^ BigInt(byte)) & 0xffn)]! ^ (crc >> 8n),
    0xffffffffn,
  )
  const plain = crc ^ 0xffffffffn
  return (((plain >> 15n) | ((plain << 17n) & 0xffffffffn)) + 0xa282ead8n) & 0xffffffffn
}

interface Event {
  wallTime: number
  step: bigint
  version?: string
  scalars: Record<string, number>
}

/** Reads an event file as TensorBoard's reader does: length, its checksum, data, its checksum. */
function readEvents(file: Uint8Array): Event[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const text = (data: unknown) => new TextDecoder('utf-8', { fatal: true }).decode(data as Uint8Array)
  const viewOf = (data: unknown) => new DataView((data as Uint8Array).buffer)
  const events: Event[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true))
    if (BigInt(view.getUint32(at + 8, true)) !== checksum(file.slice(at, at + 8))) throw new Error('length')
    const data = file.slice(at + 12, at + 12 + length)
    if (BigInt(view.getUint32(at + 12 + length, true)) !== checksum(data)) throw new Error('data')
    at += 16 + length
    const event: Event = { wallTime: 0, step: 0n, scalars: {} }
    for (const { field, value } of decode(data)) {
      if (field === 1) event.wallTime = viewOf(value).getFloat64(0, true)
      else if (field === 2) event.step = value as bigint
      else if (field === 3) event.version = text(value)
      else if (field !== 5) throw new Error(`Event has no field ${field} here`)
      else {
        for (const summary of decode(value as Uint8Array)) {
          if (summary.field !== 1) throw new Error(`Summary has no field ${summary.field}`)
          const [tag, number, ...rest] = decode(summary.value as Uint8Array)
          if (tag?.field !== 1 || number?.field !== 2 || rest.length > 0) throw new Error('Summary.Value')
          event.scalars[text(tag.value)] = viewOf(number.value).getFloat32(0, true)
        }
      }
    }
    events.push(event)
  }
  return events
}

t.test('event files can be read by their specification', async (t) => {
  const far = 2 ** 53 - 1
  const records = [
    tensorboardHeader(1_700_000_000.25),
    tensorboardEpoch(plain, 1_700_000_001),
    tensorboardEpoch(epoch, 1_700_000_002),
    tensorboardScalars({ 'Größe/α': -1e-3 }, far, 1e9),
    tensorboardScalars({}, 0, 0),
  ]
  const file = Uint8Array.from(records.flatMap((record) => [...record]))
  t.same(readEvents(file), [
    { wallTime: 1_700_000_000.25, step: 0n, version: 'brain.Event:2', scalars: {} },
    {
      ...{ wallTime: 1_700_000_001, step: 1n },
      scalars: {
        'loss/training': 0.25,
        'accuracy/training': 0.5,
        learningRate: 0.0625,
        samples_per_second: 50,
      },
    },
    {
      ...{ wallTime: 1_700_000_002, step: 300n },
      scalars: {
        ...{ 'loss/training': 0.25, 'accuracy/training': 0.5, learningRate: 0.0625, samples_per_second: 50 },
        ...{ 'loss/validation': 0.125, 'accuracy/validation': 0.875 },
      },
    },
    { wallTime: 1e9, step: BigInt(far), scalars: { 'Größe/α': Math.fround(-1e-3) } },
    { wallTime: 0, step: 0n, scalars: {} },
  ])
  for (const step of [-1, 0.5, Number.NaN, 2 ** 53]) {
    t.throws(() => tensorboardScalars({}, step, 0), {
      name: 'LanegradError',
      message: /step should be a whole number/,
    })
  }
})
