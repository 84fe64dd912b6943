import { inflateSync } from 'fflate'
import { DataError } from '../errors.js'

/** Most bytes that the wanted files of a zip may hold together. */
const MOST_BYTES = 2 ** 31
/** deflate packs at most 258 bytes into 2 bits (zlib, "Technical Details", about 1032:1). */
const MAX_EXPANSION = 1032

const END = 0x06054b50
const END_BYTES = 22
const ENTRY = 0x02014b50
const ENTRY_BYTES = 46
const FILE = 0x04034b50
const FILE_BYTES = 30
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1

/** One file as the directory of the zip has it (PKWARE, APPNOTE.TXT, section 4.3.12). */
interface Entry {
  readonly file: string
  readonly method: number
  readonly crc: number
  /** Bytes in the zip, and when decompressed. */
  readonly packed: number
  readonly size: number
  /** Byte of the zip at which the file's own header begins. */
  readonly offset: number
}

/**
 * The wanted files of a zip, by name, in its order. Memory is bounded by what the directory says of each, all together at
 * most 2 GiB; each file's CRC-32 is checked.
 *
 * @param name file or URL, for messages
 * @throws DataError naming the zip, the file and the byte: what is damaged, encrypted, too large, or of another method
 *   than deflate
 */
export function unzip(
  bytes: Uint8Array,
  name: string,
  wanted: (file: string) => boolean,
): ReadonlyMap<string, Uint8Array> {
  const entries = readDirectory(bytes, name).filter(({ file }) => !file.endsWith('/') && wanted(file))
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  if (total > MOST_BYTES) {
    throw new DataError(`${name}: expected files of at most ${MOST_BYTES} bytes together, found ${total}`)
  }
  return new Map(entries.map((entry) => [entry.file, readFile(bytes, entry, `${name}: ${entry.file}`)]))
}

function readDirectory(bytes: Uint8Array, name: string): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(view, name)
  const count = view.getUint16(end + 10, true)
  const entries: Entry[] = []
  let at = view.getUint32(end + 16, true)
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) {
      throw new DataError(
        `${name}: byte ${at}: expected entry ${i + 1} of ${count} of the zip's directory, found none`,
      )
    }
    const nameBytes = view.getUint16(at + 28, true)
    const next = at + ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    const file = new TextDecoder().decode(bytes.slice(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes))
    if (view.getUint16(at + 8, true) & ENCRYPTED) {
      throw new DataError(
        `${name}: ${file}: byte ${at + 8}: expected a file without encryption, found an encrypted one`,
      )
    }
    entries.push({
      ...{ file, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true) },
      ...{ packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true) },
      offset: view.getUint32(at + 42, true),
    })
    at = next
  }
  return entries
}

/** Where the record at the end of a zip begins: before a comment of up to 65,535 bytes. */
function findEnd(view: DataView, name: string): number {
  const first = Math.max(0, view.byteLength - END_BYTES - 0xffff)
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) !== END) continue
    if (view.getUint32(at + 16, true) === 0xffffffff || view.getUint16(at + 10, true) === 0xffff) {
      throw new DataError(
        `${name}: byte ${at}: expected a zip of less than 4 GiB and 65,535 files, found ZIP64`,
      )
    }
    return at
  }
  throw new DataError(
    `${name}: not a zip file: expected the end of its directory in the last bytes, found none`,
  )
}

function readFile(
  bytes: Uint8Array,
  { method, crc, packed, size, offset }: Entry,
  where: string,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (offset + FILE_BYTES > bytes.length || view.getUint32(offset, true) !== FILE) {
    throw new DataError(`${where}: byte ${offset}: expected the header of the file, found none`)
  }
  const start = offset + FILE_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  if (start + packed > bytes.length) {
    throw new DataError(
      `${where}: byte ${start}: expected ${packed} bytes of data, found the end of the zip at byte ${bytes.length}`,
    )
  }
  const content = decompress(bytes.subarray(start, start + packed), method, size, where)
  if (crc32(content) === crc) return content
  throw new DataError(
    `${where}: byte ${start}: the data are damaged: their CRC-32 is not the one in the directory`,
  )
}

function decompress(packed: Uint8Array, method: number, size: number, where: string): Uint8Array {
  if (method === STORED && packed.length === size) return packed
  if (method !== DEFLATED && method !== STORED) {
    throw new DataError(`${where}: expected the compression method 0 or 8 (deflate), found ${method}`)
  }
  if (method === STORED || size > MAX_EXPANSION * packed.length) {
    throw new DataError(
      `${where}: expected a size that ${packed.length} compressed bytes can hold, found ${size} in the directory`,
    )
  }
  try {
    // One byte more than there should be shows data that are longer.
    const content = inflateSync(packed, { out: new Uint8Array(size + 1) })
    if (content.length === size) return content
  } catch (cause) {
    throw new DataError(`${where}: the compressed data are damaged: ${(cause as Error).message}`, { cause })
  }
  throw new DataError(
    `${where}: expected ${size} decompressed bytes as in the directory, found another number`,
  )
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
  return remainder
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!
  return ~crc >>> 0
}
