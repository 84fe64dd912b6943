/**
 * Reads and writes safetensors: named arrays with a text header and no code inside, github.com/huggingface/safetensors
 * ("Format"). A file is the header's length (uint64, little-endian), the header (JSON), and the arrays' bytes end to end.
 */
import { DataError } from '../errors.js'
import { entries, isPlainObject as isObject, leaf, object, read } from '../schema/schema.js'
import { arrayOf, bytes as someBytes, text } from '../schema/values.js'
import { parseJson } from './json.js'

/** An array of float32, row-major. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What a safetensors file holds: arrays by name, and text by key. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, NamedArray>
  readonly metadata: Readonly<Record<string, string>>
}

/** Where an array lies, from the end of the header. */
interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

const namedArray = object<NamedArray>({
  shape: leaf('a list of whole numbers from 0 up', isList),
  data: arrayOf(Float32Array),
})

const safetensors = object<Safetensors>({
  tensors: entries('a Map of an array { shape, data } for each name', namedArray),
  metadata: leaf(
    'an object of texts',
    (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string'),
  ),
})

const LENGTH_BYTES = 8
/** The format's own limit. */
const MAXIMUM_HEADER = 100_000_000
const METADATA = '__metadata__'

/**
 * The bytes of a safetensors file, arrays in the order of the map, their bytes aligned to 8.
 *
 * @throws DataError for an array whose length is not that of its shape, and for one named `__metadata__`
 */
export function writeSafetensors(content: Safetensors): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = read(DataError, 'writeSafetensors', 'content', safetensors, content)
  const header: [string, unknown][] = [[METADATA, metadata]]
  let size = 0
  for (const [name, { shape, data }] of tensors) {
    const expected = elements(shape)
    if (name === METADATA) throw new DataError(`safetensors: an array cannot be named ${METADATA}.`)
    if (data.length !== expected) {
      throw new DataError(
        `safetensors: ${name} of shape [${shape.join(', ')}] should have ${expected} values, found ${data.length}.`,
      )
    }
    header.push([name, { dtype: 'F32', shape, data_offsets: [size, size + data.length * 4] }])
    size += data.length * 4
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const padded = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(LENGTH_BYTES + padded + size)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(padded), true)
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded)
  bytes.set(json, LENGTH_BYTES)
  let at = LENGTH_BYTES + padded
  for (const { data } of tensors.values()) {
    for (const value of data) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  return bytes
}

/**
 * Reads a safetensors file of float32 arrays.
 *
 * @param file its name, for messages
 * @throws DataError that names the file, the byte, what was expected and what was found: a header cut short, too long or
 *   not JSON, an element type other than F32, shapes and offsets that disagree, arrays that overlap, leave a gap or reach
 *   beyond the end, bytes after the last array
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  read(DataError, 'readSafetensors', 'bytes', someBytes, bytes)
  read(DataError, 'readSafetensors', 'file', text, file)
  const wrong: Wrong = (byte, expected, found) =>
    new DataError(`${file}: byte ${byte}: expected ${expected}, found ${found}.`)
  if (bytes.length < LENGTH_BYTES) {
    throw wrong(0, 'a safetensors header length of 8 bytes', `a file of ${bytes.length} bytes`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getBigUint64(0, true)
  const most = Math.min(bytes.length - LENGTH_BYTES, MAXIMUM_HEADER)
  if (length < 2n || length > BigInt(most)) {
    throw wrong(0, `a safetensors header length of 2 to ${most} bytes in this file`, `${length}`)
  }
  const start = LENGTH_BYTES + Number(length)
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), wrong)
  const metadata = checkMetadata(header[METADATA], wrong)
  const size = bytes.length - start
  const found = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => checkEntry(name, value, size, wrong))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)

  let end = 0
  let before = 'the header'
  for (const entry of found) {
    if (entry.begin !== end) {
      const what = entry.begin < end ? 'an overlap' : 'a gap'
      throw wrong(
        start + entry.begin,
        `${entry.name} to begin at byte ${start + end}, where ${before} ends`,
        what,
      )
    }
    end = entry.end
    before = entry.name
  }
  if (end !== size) {
    throw wrong(start + end, `the end of the file after ${before}`, `${size - end} more bytes`)
  }
  const decode = ({ name, shape, begin, end }: Entry): [string, NamedArray] => {
    const data = new Float32Array((end - begin) / 4)
    for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(start + begin + i * 4, true)
    return [name, { shape, data }]
  }
  return { tensors: new Map(found.map(decode)), metadata }
}

type Wrong = (byte: number, expected: string, found: string) => DataError

function parseHeader(bytes: Uint8Array, wrong: Wrong): Record<string, unknown> {
  let header: unknown
  try {
    header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw wrong(LENGTH_BYTES, 'a header of JSON', `text that is not: ${(error as Error).message}`)
  }
  if (isObject(header)) return header
  throw wrong(LENGTH_BYTES, 'a header that is a JSON object', show(header))
}

function checkMetadata(value: unknown, wrong: Wrong): Record<string, string> {
  if (value === undefined) return {}
  if (isObject(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Record<string, string>
  }
  throw wrong(LENGTH_BYTES, `${METADATA} in the header to be an object of texts`, show(value))
}

function checkEntry(name: string, value: unknown, size: number, wrong: Wrong): Entry {
  const inHeader = (expected: string, found: unknown) =>
    wrong(LENGTH_BYTES, `${name} in the header to have ${expected}`, show(found))
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {}
  if (dtype !== 'F32') throw inHeader('dtype "F32"', dtype)
  if (!isList(shape)) throw inHeader('a shape of whole numbers', shape)
  if (!isList(offsets) || offsets.length !== 2) throw inHeader('data_offsets [begin, end]', offsets)
  const [begin, end] = offsets as [number, number]
  const wanted = elements(shape) * 4
  if (end - begin !== wanted) {
    throw inHeader(`data_offsets ${wanted} bytes apart for shape ${show(shape)}`, offsets)
  }
  if (end > size) throw inHeader(`data_offsets within the ${size} bytes after the header`, offsets)
  return { name, shape, begin, end }
}

function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 60)
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}
