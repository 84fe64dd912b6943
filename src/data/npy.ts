import { DataError } from '../errors.js'
import { read } from '../schema/schema.js'
import { bytes as someBytes, text } from '../schema/values.js'
import { unzip } from './zip.js'

/**
 * An array of an npy file (NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"), row-major. Integers of
 * 64 bits become float64, of half precision float32, booleans bytes.
 */
export interface NpyArray {
  /** Of its elements, as NumPy describes it without the order of bytes: `u1`, `i8`, `f4`. */
  readonly type?: string
  readonly shape: readonly number[]
  readonly data:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array
}

interface ElementType {
  readonly name: string
  readonly bytes: number
  readonly create: (count: number) => NpyArray['data']
  readonly read: (view: DataView, offset: number, little: boolean) => number
}

/** By the description in the header, without the byte order that stands before it. */
const elementTypes: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['b1', { name: 'b1', bytes: 1, create: (n) => new Uint8Array(n), read: (v, o) => v.getUint8(o) }],
  ['u1', { name: 'u1', bytes: 1, create: (n) => new Uint8Array(n), read: (v, o) => v.getUint8(o) }],
  ['i1', { name: 'i1', bytes: 1, create: (n) => new Int8Array(n), read: (v, o) => v.getInt8(o) }],
  ['u2', { name: 'u2', bytes: 2, create: (n) => new Uint16Array(n), read: (v, o, le) => v.getUint16(o, le) }],
  ['i2', { name: 'i2', bytes: 2, create: (n) => new Int16Array(n), read: (v, o, le) => v.getInt16(o, le) }],
  ['u4', { name: 'u4', bytes: 4, create: (n) => new Uint32Array(n), read: (v, o, le) => v.getUint32(o, le) }],
  ['i4', { name: 'i4', bytes: 4, create: (n) => new Int32Array(n), read: (v, o, le) => v.getInt32(o, le) }],
  [
    'u8',
    {
      name: 'u8',
      bytes: 8,
      create: (n) => new Float64Array(n),
      read: (v, o, le) => whole(v.getBigUint64(o, le)),
    },
  ],
  [
    'i8',
    {
      name: 'i8',
      bytes: 8,
      create: (n) => new Float64Array(n),
      read: (v, o, le) => whole(v.getBigInt64(o, le)),
    },
  ],
  [
    'f2',
    {
      name: 'f2',
      bytes: 2,
      create: (n) => new Float32Array(n),
      read: (v, o, le) => half(v.getUint16(o, le)),
    },
  ],
  [
    'f4',
    { name: 'f4', bytes: 4, create: (n) => new Float32Array(n), read: (v, o, le) => v.getFloat32(o, le) },
  ],
  [
    'f8',
    { name: 'f8', bytes: 8, create: (n) => new Float64Array(n), read: (v, o, le) => v.getFloat64(o, le) },
  ],
])

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
/** Longest header that is read, in bytes: NumPy's own are 118 as a rule. */
const LONGEST_HEADER = 1 << 16

/** A whole number as a float64, or NaN where that has no room for it. */
function whole(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : Number.NaN
}

/** The value of an IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/**
 * Reads an npy file of version 1 to 3 in C order.
 *
 * @param name file or URL, for messages
 * @throws DataError naming the file, the byte, what was expected and what was found
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  read(DataError, 'readNpy', 'bytes', someBytes, bytes)
  read(DataError, 'readNpy', 'name', text, name)
  const { type, little, shape, start } = readHeader(bytes, name)
  const count = shape.reduce((product, size) => product * size, 1)
  const end = start + count * type.bytes
  if (end !== bytes.length) {
    throw new DataError(
      `${name}: expected ${end} bytes for the shape [${shape.join(', ')}], found the end of the file at byte ${bytes.length}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const data = type.create(count)
  for (let i = 0; i < count; i++) {
    const at = start + i * type.bytes
    data[i] = type.read(view, at, little)
    if (type.bytes === 8 && data instanceof Float64Array && Number.isNaN(data[i]) && isInteger(type)) {
      throw new DataError(
        `${name}: byte ${at}: expected a whole number of at most 2^53 in magnitude, found a larger one`,
      )
    }
  }
  return { type: type.name, shape, data }
}

const isInteger = (type: ElementType) => type === elementTypes.get('i8') || type === elementTypes.get('u8')

/**
 * Reads an npz file, a zip of npy files: its arrays by name, without the ending.
 *
 * @throws DataError as readNpy, and for a zip that is damaged
 */
export function readNpz(bytes: Uint8Array, name: string): ReadonlyMap<string, NpyArray> {
  read(DataError, 'readNpz', 'bytes', someBytes, bytes)
  read(DataError, 'readNpz', 'name', text, name)
  const files = unzip(bytes, name, (file) => file.endsWith('.npy'))
  if (files.size === 0) throw new DataError(`${name}: expected npy files in it, found none`)
  return new Map(
    [...files].map(([file, content]) => [
      file.slice(0, -'.npy'.length),
      readNpy(content, `${name}: ${file}`),
    ]),
  )
}

interface Header {
  readonly type: ElementType
  readonly little: boolean
  readonly shape: readonly number[]
  /** Byte at which the data begin. */
  readonly start: number
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new DataError(`${name}: not an npy file: expected "\\x93NUMPY" at byte 0, found something else`)
  }
  const major = bytes[6]!
  if (major < 1 || major > 3) {
    throw new DataError(`${name}: byte 6: expected version 1, 2 or 3 of the format, found ${major}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const before = major === 1 ? 10 : 12
  const length = bytes.length < before ? 0 : major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = before + length
  if (bytes.length < start || length > LONGEST_HEADER) {
    throw new DataError(
      `${name}: byte 8: expected a header of at most ${Math.min(bytes.length - before, LONGEST_HEADER)} bytes, found ${length}`,
    )
  }
  const header = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.slice(before, start))
  const field = (key: string, pattern: string): RegExpExecArray => {
    const found = new RegExp(`'${key}'\\s*:\\s*${pattern}`).exec(header)
    if (found) return found
    throw new DataError(
      `${name}: byte ${before}: expected a header with the field '${key}', found ${show(header)}`,
    )
  }
  const [, description] = field('descr', `'([^']*)'`)
  const [, order, kind] = /^([<>|=]?)(\w\d+)$/.exec(description!) ?? []
  const type = kind === undefined ? undefined : elementTypes.get(kind)
  if (type === undefined) {
    throw new DataError(
      `${name}: byte ${before}: expected elements of ${[...elementTypes.keys()].join(', ')}, found ${show(description!)}`,
    )
  }
  if (field('fortran_order', '(True|False)')[1] === 'True') {
    throw new DataError(
      `${name}: byte ${before}: expected an array in C order, found Fortran's: save it by numpy.ascontiguousarray`,
    )
  }
  const sizes = field('shape', `\\(([\\d\\s,]*)\\)`)[1]!
    .split(',')
    .map((size) => size.trim())
  const shape = sizes.filter((size) => size !== '').map(Number)
  if (!shape.every(Number.isSafeInteger)) {
    throw new DataError(
      `${name}: byte ${before}: expected a shape of whole numbers, found [${shape.join(', ')}]`,
    )
  }
  return { type, little: order !== '>', shape, start }
}

function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}
