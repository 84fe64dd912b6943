import { DataError } from '../errors.js'
import { leaf, list, object, read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { bytes as someBytes, text } from '../schema/values.js'
import { ELEMENT_TYPES, gunzipIdx, type IdxArray, isGzip, parseIdx } from './idx-format.js'

export type { IdxArray }

// Nothing in the library calls these: a module that the entry exports and one loaded late uses, such as the data sets known by
// name, bundlers would load with the page.

/**
 * Reads an uncompressed IDX file of any of the six element types and 1 to 255 dimensions.
 * A result of type Uint8Array shares the memory of `bytes`; the others are copies in the machine's byte order.
 *
 * @param name file or URL, for messages
 * @throws DataError naming the file, the byte, what was expected and what was found
 */
export function readIdx(bytes: Uint8Array, name: string): IdxArray {
  read(DataError, 'readIdx', 'bytes', someBytes, bytes)
  read(DataError, 'readIdx', 'name', text, name)
  return parseIdx(bytes, name)
}

/**
 * Reads an IDX file, plain or gzip-compressed, which its first two bytes tell.
 * Decompression stops as soon as there is more than the IDX header promises.
 *
 * @param name file or URL, for messages
 * @throws DataError as readIdx, and for gzip data that is damaged, truncated or too long
 */
export async function readIdxOrGzip(bytes: Uint8Array, name: string): Promise<IdxArray> {
  read(DataError, 'readIdxOrGzip', 'bytes', someBytes, bytes)
  read(DataError, 'readIdxOrGzip', 'name', text, name)
  return isGzip(bytes)
    ? parseIdx(await gunzipIdx(bytes, name), `${name} (decompressed)`)
    : parseIdx(bytes, name)
}

/**
 * The bytes of an IDX file.
 *
 * @throws DataError for a shape that is not 1 to 255 sizes of 0 to 2^32 - 1, or that does not fit the data
 */
export function writeIdx(array: IdxArray): Uint8Array {
  const { shape, data } = read(DataError, 'writeIdx', 'array', anIdxArray, array)
  const type = ELEMENT_TYPES.find((candidate) => data instanceof candidate.array)
  if (type === undefined) {
    const found = Object.prototype.toString.call(data).slice(8, -1)
    throw new DataError(
      `IDX array: expected data of ${ELEMENT_TYPES.map(({ array }) => array.name).join(', ')}, found ${found}`,
    )
  }
  if (shape.length < 1 || shape.length > 255) {
    throw new DataError(`IDX array: expected 1 to 255 dimensions, found ${shape.length}`)
  }
  for (const [axis, size] of shape.entries()) {
    if (!Number.isInteger(size) || size < 0 || size >= 2 ** 32) {
      throw new DataError(
        `IDX array: expected a size of 0 to 4294967295 in dimension ${axis}, found ${show(size)}`,
      )
    }
  }
  const count = shape.reduce((product, size) => product * size, 1)
  if (count !== data.length) {
    throw new DataError(
      `IDX array: the shape [${shape.join(', ')}] holds ${count} elements, found ${data.length} in the data`,
    )
  }
  const headerSize = 4 + 4 * shape.length
  const size = type.array.BYTES_PER_ELEMENT
  const bytes = new Uint8Array(headerSize + data.length * size)
  const view = new DataView(bytes.buffer)
  bytes[2] = type.code
  bytes[3] = shape.length
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length)
  })
  for (let i = 0; i < data.length; i++) type.write(view, headerSize + i * size, data[i]!)
  return bytes
}

/** The gzip-compressed bytes of an IDX file. Errors as writeIdx. */
export async function writeIdxGzip(array: IdxArray): Promise<Uint8Array> {
  const { gzip } = await import('./gzip.js')
  return gzip(writeIdx(array))
}

/** The sizes and the type of the elements are looked at one by one. */
const anIdxArray = object<IdxArray>({
  shape: list(
    'sizes',
    leaf<number>('a size', () => true),
  ),
  data: leaf('an array of numbers', (value) => ArrayBuffer.isView(value) || Array.isArray(value)),
})
