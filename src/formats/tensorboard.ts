/**
 * TensorBoard event files: a run of records, each a message of the protocol-buffer type Event. TensorBoard shows a file
 * whose name contains `tfevents`, such as `events.out.tfevents.1700000000.lanegrad`, and takes records that are appended
 * while it watches.
 *
 * A record is the length of its data (uint64), the masked CRC-32C of those 8 bytes (uint32), the data, and the masked
 * CRC-32C of the data, all little-endian: tensorflow/core/lib/io/record_writer.h. Of tensorflow/core/util/event.proto and
 * framework/summary.proto only this is written:
 *
 *   Event          double wall_time = 1, int64 step = 2, string file_version = 3, Summary summary = 5
 *   Summary        repeated Value value = 1
 *   Summary.Value  string tag = 1, float simple_value = 2
 *
 * The messages are encoded here, since a library for them would be the package's only dependency beyond its loader.
 */
import { LanegradError } from '../errors.js'
import { isPlainObject, leaf, read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { time } from '../schema/values.js'
import { anEpoch, type EpochResult } from '../train/results.js'

/**
 * The record that an event file begins with.
 * @param wallTime seconds since 1970
 */
export function tensorboardHeader(wallTime: number): Uint8Array<ArrayBuffer> {
  read(LanegradError, 'tensorboardHeader', 'wallTime', time, wallTime)
  return record([...double(1, wallTime), ...bytes(3, utf8.encode('brain.Event:2'))])
}

/**
 * A record of numbers by tag, to be appended; tags that share what is before a slash are shown together.
 * @param step a whole number from 0 up to 2^53 - 1: the place on the horizontal axis
 * @param wallTime seconds since 1970
 */
export function tensorboardScalars(
  scalars: Readonly<Record<string, number>>,
  step: number,
  wallTime: number,
): Uint8Array<ArrayBuffer> {
  read(LanegradError, 'tensorboardScalars', 'scalars', someScalars, scalars)
  read(LanegradError, 'tensorboardScalars', 'wallTime', time, wallTime)
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new LanegradError(
      `tensorboardScalars: step should be a whole number from 0 up, found ${show(step)}.`,
    )
  }
  const values = Object.entries(scalars).flatMap(([tag, value]) =>
    bytes(1, [...bytes(1, utf8.encode(tag)), ...float(2, value)]),
  )
  return record([...double(1, wallTime), ...key(2, WireType.Varint), ...varint(step), ...bytes(5, values)])
}

/**
 * A record of an epoch's figures, to be appended: loss and accuracy of training and validation, learning rate and speed.
 * @param wallTime seconds since 1970
 */
export function tensorboardEpoch(result: EpochResult, wallTime: number): Uint8Array<ArrayBuffer> {
  const { epoch, loss, accuracy, learningRate, validation, samplesPerSecond } = read(
    LanegradError,
    'tensorboardEpoch',
    'result',
    anEpoch,
    result,
  )
  const measured = validation
    ? {
        'loss/validation': validation.loss,
        ...known('accuracy/validation', validation.accuracy),
        ...Object.fromEntries(
          Object.entries(validation.metrics ?? {}).map(([name, value]) => [`${name}/validation`, value]),
        ),
      }
    : {}
  const trained = { 'loss/training': loss, ...known('accuracy/training', accuracy), learningRate }
  return tensorboardScalars(
    { ...trained, ...measured, samples_per_second: samplesPerSecond },
    epoch,
    wallTime,
  )
}

/** What is no number where it means nothing is left out. */
const known = (tag: string, value: number) => (Number.isNaN(value) ? {} : { [tag]: value })

/** Numbers by tag: NaN and the infinities are shown, too. */
const someScalars = leaf<Readonly<Record<string, number>>>(
  'an object of numbers',
  (value) => isPlainObject(value) && Object.values(value).every((number) => typeof number === 'number'),
)

const utf8 = new TextEncoder()

/** How a field is encoded: protobuf.dev/programming-guides/encoding. */
enum WireType {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  Fixed32 = 5,
}

function key(field: number, type: WireType): number[] {
  return varint(field * 8 + type)
}

/** Seven bits a byte, lowest first, the eighth bit set on all bytes but the last. */
function varint(value: number): number[] {
  const found: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) found.push((value % 128) + 128)
  return [...found, value]
}

function bytes(field: number, data: ArrayLike<number>): number[] {
  return [...key(field, WireType.Bytes), ...varint(data.length), ...Array.from(data)]
}

function double(field: number, value: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value, true)
  return [...key(field, WireType.Fixed64), ...new Uint8Array(view.buffer)]
}

function float(field: number, value: number): number[] {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value, true)
  return [...key(field, WireType.Fixed32), ...new Uint8Array(view.buffer)]
}

function record(data: readonly number[]): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(8 + 4 + data.length + 4)
  const view = new DataView(found.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(crc32c(found.subarray(0, 8))), true)
  found.set(data, 12)
  view.setUint32(12 + data.length, masked(crc32c(found.subarray(12, 12 + data.length))), true)
  return found
}

/** The checksums of data that hold checksums are weak, so they are stored rotated and moved by a constant. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** The reversed polynomial of Castagnoli's CRC-32C: RFC 3720, section 12.1. */
const POLYNOMIAL = 0x82f63b78

/** CRC-32C, bit by bit: records are short. */
export function crc32c(data: Uint8Array): number {
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
  }
  return ~crc >>> 0
}
