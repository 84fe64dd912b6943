import { DataError } from '../errors.js'

/**
 * An array of an IDX file (http://yann.lecun.com/exdb/mnist/, "the IDX file format"): row-major `data`, whose
 * length is the product of `shape`. The element type of the file is the type of `data`.
 */
export interface IdxArray {
  shape: number[]
  data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

interface ElementType {
  /** The file's third byte. */
  code: number
  array:
    | Uint8ArrayConstructor
    | Int8ArrayConstructor
    | Int16ArrayConstructor
    | Int32ArrayConstructor
    | Float32ArrayConstructor
    | Float64ArrayConstructor
  read(view: DataView, offset: number): number
  write(view: DataView, offset: number, value: number): void
}

/** Elements are big-endian, the second argument's default in every method of DataView. */
export const ELEMENT_TYPES: ElementType[] = [
  {
    code: 0x08,
    array: Uint8Array,
    read: (view, offset) => view.getUint8(offset),
    write: (view, offset, value) => view.setUint8(offset, value),
  },
  {
    code: 0x09,
    array: Int8Array,
    read: (view, offset) => view.getInt8(offset),
    write: (view, offset, value) => view.setInt8(offset, value),
  },
  {
    code: 0x0b,
    array: Int16Array,
    read: (view, offset) => view.getInt16(offset),
    write: (view, offset, value) => view.setInt16(offset, value),
  },
  {
    code: 0x0c,
    array: Int32Array,
    read: (view, offset) => view.getInt32(offset),
    write: (view, offset, value) => view.setInt32(offset, value),
  },
  {
    code: 0x0d,
    array: Float32Array,
    read: (view, offset) => view.getFloat32(offset),
    write: (view, offset, value) => view.setFloat32(offset, value),
  },
  {
    code: 0x0e,
    array: Float64Array,
    read: (view, offset) => view.getFloat64(offset),
    write: (view, offset, value) => view.setFloat64(offset, value),
  },
]

/** Largest file read, in bytes: all that a 32-bit linear memory could ever hold. */
const MAX_FILE_SIZE = 2 ** 32

interface Header {
  type: ElementType
  shape: number[]
  /** Bytes before the data. */
  headerSize: number
  /** Bytes of the whole file. */
  fileSize: number
}

/** As `readIdx`, whose arguments are checked. */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  if (isGzip(bytes)) {
    throw new DataError(`${name}: expected an IDX file at byte 0, found gzip data: use readIdxOrGzip`)
  }
  const { type, shape, headerSize, fileSize } = readHeader(bytes, name)
  if (bytes.length < fileSize) {
    throw new DataError(
      `${name}: the data ends at byte ${bytes.length}: expected ${fileSize} bytes for the shape ` +
        `[${shape.join(', ')}], ${fileSize - bytes.length} bytes are missing`,
    )
  }
  if (bytes.length > fileSize) {
    throw new DataError(
      `${name}: trailing bytes after the data, which ends at byte ${fileSize} for the shape [${shape.join(', ')}]: ` +
        `found ${bytes.length - fileSize} bytes more`,
    )
  }
  if (type.array === Uint8Array) {
    return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + headerSize, fileSize - headerSize) }
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + headerSize)
  const size = type.array.BYTES_PER_ELEMENT
  const data = new type.array((fileSize - headerSize) / size)
  for (let i = 0; i < data.length; i++) data[i] = type.read(view, i * size)
  return { shape, data }
}

/**
 * Decompresses a gzip-compressed IDX file to its plain bytes; its header bounds how much is decompressed.
 *
 * @throws DataError for gzip data that is damaged, truncated or too long, and for a wrong header
 */
export async function gunzipIdx(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const { gunzip } = await import('./gzip.js')
  return gunzip(bytes, name, (head) => {
    if (head.length < 4 || head.length < headerSizeOf(head)) return undefined
    return readHeader(head, `${name} (decompressed)`).fileSize
  })
}

/** Whether bytes start as gzip does (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

function headerSizeOf(bytes: Uint8Array): number {
  return 4 + 4 * bytes[3]!
}

function hex(...bytes: number[]): string {
  return bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length === 0) throw new DataError(`${name}: expected an IDX file at byte 0, found an empty file`)
  if (bytes.length < 4) {
    throw new DataError(
      `${name}: the magic number of 4 bytes at byte 0 is cut short: found the end of the file at byte ${bytes.length}`,
    )
  }
  const [first, second, code, dimensions] = bytes as unknown as [number, number, number, number]
  if (first !== 0 || second !== 0) {
    throw new DataError(
      `${name}: not an IDX file: expected the magic number to start with 0x00 0x00 at byte 0, found ${hex(first, second)}`,
    )
  }
  const type = ELEMENT_TYPES.find((candidate) => candidate.code === code)
  if (type === undefined) {
    const known = ELEMENT_TYPES.map((candidate) => hex(candidate.code)).join(', ')
    throw new DataError(
      `${name}: unknown element type at byte 2: expected one of ${known}, found ${hex(code)}`,
    )
  }
  if (dimensions === 0) {
    throw new DataError(`${name}: expected 1 to 255 dimensions at byte 3, found 0`)
  }
  const headerSize = headerSizeOf(bytes)
  if (bytes.length < headerSize) {
    throw new DataError(
      `${name}: the header is cut short: expected ${headerSize} bytes for ${dimensions} dimensions, found the end of ` +
        `the file at byte ${bytes.length}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis))
  let dataSize = shape.includes(0) ? 0 : type.array.BYTES_PER_ELEMENT
  for (const [axis, size] of shape.entries()) {
    dataSize *= size
    if (headerSize + dataSize > MAX_FILE_SIZE) {
      throw new DataError(
        `${name}: the dimensions overflow at byte ${4 + 4 * axis}: expected a file of at most ${MAX_FILE_SIZE} bytes, ` +
          `found the shape [${shape.slice(0, axis + 1).join(', ')}${axis + 1 < dimensions ? ', ...' : ''}] of ` +
          `${type.array.BYTES_PER_ELEMENT}-byte elements`,
      )
    }
  }
  return { type, shape, headerSize, fileSize: headerSize + dataSize }
}
