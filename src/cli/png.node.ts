/**
 * Reads PNG pictures (w3.org/TR/png-3) of every colour type, depth and interlacing. Its memory is bounded by the picture:
 * the header says how much its data unpack to, not a byte more is unpacked, and what is said beside the picture (texts,
 * profiles, animations) is passed over.
 */
import { inflateSync } from 'node:zlib'
import { DataError } from '../errors.js'
import { checkSize, type PixelSink, type SinkMaker } from './raster.js'

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colours: ColourType
  readonly channels: number
  readonly interlaced: boolean
}

enum ColourType {
  Grey = 0,
  Rgb = 2,
  Palette = 3,
  GreyAlpha = 4,
  RgbAlpha = 6,
}

/** Channels of a colour type, and the depths that it may have: section 11.2.1. */
const COLOUR_TYPES: Readonly<Record<ColourType, { channels: number; depths: readonly number[] }>> = {
  [ColourType.Grey]: { channels: 1, depths: [1, 2, 4, 8, 16] },
  [ColourType.Rgb]: { channels: 3, depths: [8, 16] },
  [ColourType.Palette]: { channels: 1, depths: [1, 2, 4, 8] },
  [ColourType.GreyAlpha]: { channels: 2, depths: [8, 16] },
  [ColourType.RgbAlpha]: { channels: 4, depths: [8, 16] },
}

/** Where a pass begins and how far its pixels are apart: Adam7, section 8.1. */
const PASSES = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
]
const WHOLE = [{ left: 0, top: 0, across: 1, down: 1 }]

/** Deflate packs at most 258 bytes into 2 bits. */
const MOST_EXPANSION = 1032

const SIGNATURE_BYTES = 8
const HEADER_BYTES = 13

/** The picture's chunks. */
interface Chunks {
  readonly header: Header
  readonly palette: Uint8Array | null
  readonly transparency: Uint8Array | null
  readonly data: readonly Uint8Array[]
}

/**
 * @param file its name, for messages
 * @throws DataError naming the file, the byte, what was expected and what was found
 */
export function readPng<T extends PixelSink>(bytes: Uint8Array, file: string, sinkOf: SinkMaker<T>): T {
  const chunks = readChunks(bytes, file)
  const { header } = chunks
  const passes = (header.interlaced ? PASSES : WHOLE)
    .map((pass) => ({
      ...pass,
      columns: Math.ceil((header.width - pass.left) / pass.across),
      rows: Math.ceil((header.height - pass.top) / pass.down),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
  const bits = header.channels * header.depth
  const lineBytes = (columns: number) => Math.ceil((columns * bits) / 8)
  const size = passes.reduce((sum, { columns, rows }) => sum + rows * (1 + lineBytes(columns)), 0)
  const content = unpack(chunks.data, size, file)

  const sink = sinkOf(header.width, header.height)
  const put = pixelsOf(chunks, sink, file)
  const pixelBytes = Math.ceil(bits / 8)
  let at = 0
  for (const { left, top, across, down, columns, rows } of passes) {
    let above: Uint8Array = new Uint8Array(lineBytes(columns))
    for (let row = 0; row < rows; row++) {
      const filter = content[at]!
      const line = content.subarray(at + 1, at + 1 + above.length)
      if (!unfilter(filter, line, above, pixelBytes)) {
        throw new DataError(
          `${file}: a damaged PNG picture: expected filters of 0 to 4, found ${filter} at byte ${at} of the unpacked data.`,
        )
      }
      for (let column = 0; column < columns; column++) {
        put(line, column, left + column * across, top + row * down)
      }
      above = line
      at += 1 + line.length
    }
  }
  return sink
}

/** Walks over the chunks, each checked by its CRC. */
function readChunks(bytes: Uint8Array, file: string): Chunks {
  const wrong = (byte: number, expected: string, found: string) =>
    new DataError(`${file}: a damaged PNG picture: byte ${byte}: expected ${expected}, found ${found}.`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data: Uint8Array[] = []
  let header: Header | null = null
  let palette: Uint8Array | null = null
  let transparency: Uint8Array | null = null
  for (let at = SIGNATURE_BYTES; ; ) {
    if (at + 12 > bytes.length) {
      throw wrong(at, 'a chunk of at least 12 bytes', `the end of the file at byte ${bytes.length}`)
    }
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (!/^[A-Za-z]{4}$/.test(type)) throw wrong(at + 4, 'the four letters of a chunk', JSON.stringify(type))
    const end = at + 8 + length
    if (end + 4 > bytes.length) {
      throw wrong(at, `a chunk ${type} of ${length} bytes`, `the end of the file at byte ${bytes.length}`)
    }
    const [stored, sum] = [view.getUint32(end), crc32(bytes.subarray(at + 4, end))]
    if (stored !== sum) throw wrong(end, `the CRC ${hex(sum)} of the chunk ${type}`, hex(stored))
    const content = bytes.subarray(at + 8, end)
    if (header === null) {
      if (type !== 'IHDR') throw wrong(at + 4, 'the chunk IHDR first', type)
      header = readHeader(content, at + 8, file, wrong)
    } else if (type === 'IHDR') throw wrong(at + 4, 'one chunk IHDR', 'a second one')
    else if (type === 'PLTE') palette = content
    else if (type === 'tRNS') transparency = content
    else if (type === 'IDAT') data.push(content)
    else if (type === 'IEND') break
    else if (type < 'a') throw wrong(at + 4, 'a chunk that PNG has', type)
    at = end + 4
  }
  if (header.colours === ColourType.Palette) {
    const length = palette?.length ?? 0
    if (length === 0 || length % 3 !== 0 || length > 3 << header.depth) {
      throw new DataError(
        `${file}: a damaged PNG picture: expected a palette of 1 to ${1 << header.depth} colours of 3 bytes, found ${length} bytes.`,
      )
    }
  }
  return { header, palette, transparency: transparencyOf(transparency, header, file), data }
}

type Wrong = (byte: number, expected: string, found: string) => DataError

function readHeader(content: Uint8Array, at: number, file: string, wrong: Wrong): Header {
  if (content.length !== HEADER_BYTES) {
    throw wrong(at - 8, `a chunk IHDR of ${HEADER_BYTES} bytes`, `one of ${content.length}`)
  }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, type, compression, filter, interlace] = content.subarray(8) as unknown as number[]
  const { channels, depths } = COLOUR_TYPES[type as ColourType] ?? { channels: 0, depths: [] }
  if (!depths.includes(depth!)) {
    throw wrong(at + 8, 'a depth and a colour type that go together', `${depth} and ${type}`)
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw wrong(at + 10, 'the methods 0, 0 and 0 or 1', `${compression}, ${filter} and ${interlace}`)
  }
  checkSize(width, height, file)
  return { width, height, depth: depth!, colours: type as ColourType, channels, interlaced: interlace === 1 }
}

/** The chunk tRNS: a colour's channels in two bytes each, or the opacity of palette entries (section 11.3.1.1). */
function transparencyOf(content: Uint8Array | null, header: Header, file: string): Uint8Array | null {
  if (content === null) return null
  const { colours, channels, depth } = header
  const isRight =
    colours === ColourType.Palette
      ? content.length <= 1 << depth
      : colours !== ColourType.GreyAlpha && colours !== ColourType.RgbAlpha && content.length === 2 * channels
  if (isRight) return content
  throw new DataError(
    `${file}: a damaged PNG picture: a chunk tRNS of ${content.length} bytes does not go with colour type ${colours}.`,
  )
}

/** Unpacks exactly `size` bytes. */
function unpack(parts: readonly Uint8Array[], size: number, file: string): Uint8Array {
  const packed = Buffer.concat(parts)
  const short = (found: string) =>
    new DataError(`${file}: a damaged PNG picture: expected ${size} bytes of unpacked data, found ${found}.`)
  if (size > packed.length * MOST_EXPANSION) {
    throw short(`${packed.length} bytes of packed data, which cannot hold them`)
  }
  let content: Uint8Array
  try {
    content = inflateSync(packed, { maxOutputLength: size, chunkSize: Math.max(64, size) })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw short(code === 'ERR_BUFFER_TOO_LARGE' ? 'more' : `damaged data (${message})`)
  }
  if (content.length !== size) throw short(`${content.length}`)
  return content
}

/** Undoes a line's filter in place (section 9.2); false for one that there is not. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, pixelBytes: number): boolean {
  const { length } = line
  switch (filter) {
    case 0:
      return true
    case 1:
      for (let i = pixelBytes; i < length; i++) line[i]! += line[i - pixelBytes]!
      return true
    case 2:
      for (let i = 0; i < length; i++) line[i]! += above[i]!
      return true
    case 3:
      for (let i = 0; i < length; i++) {
        const left = i < pixelBytes ? 0 : line[i - pixelBytes]!
        line[i]! += (left + above[i]!) >> 1
      }
      return true
    case 4:
      for (let i = 0; i < length; i++) {
        const left = i < pixelBytes ? 0 : line[i - pixelBytes]!
        const corner = i < pixelBytes ? 0 : above[i - pixelBytes]!
        line[i]! += paeth(left, above[i]!, corner)
      }
      return true
    default:
      return false
  }
}

/** Whichever of three neighbours is nearest to left + up - corner (section 9.4). */
function paeth(left: number, up: number, corner: number): number {
  const a = Math.abs(up - corner)
  const b = Math.abs(left - corner)
  const c = Math.abs(left + up - 2 * corner)
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

type Put = (line: Uint8Array, column: number, x: number, y: number) => void

/** Puts a line's pixels where they go. */
function pixelsOf({ header, palette, transparency }: Chunks, sink: PixelSink, file: string): Put {
  const { depth, channels, colours } = header
  const most = 2 ** depth - 1
  const unit = 255 / most
  if (depth < 8 || colours === ColourType.Palette) {
    const perByte = 8 / depth
    const table = tableOf(header, palette, transparency)
    return (line, column, x, y) => {
      const shift = 8 - depth - (column % perByte) * depth
      const value = (line[Math.floor(column / perByte)]! >> shift) & most
      const at = 4 * value
      if (at >= table.length) {
        throw new DataError(
          `${file}: a damaged PNG picture: pixel (${x}, ${y}): expected one of ${table.length / 4} palette entries, found ${value}.`,
        )
      }
      sink.put(x, y, table[at]!, table[at + 1]!, table[at + 2]!, table[at + 3]!)
    }
  }
  const sample = (line: Uint8Array, i: number) =>
    depth === 8 ? line[i]! : line[2 * i]! * 256 + line[2 * i + 1]!
  const isGrey = channels < 3
  const hasAlpha = channels % 2 === 0
  const key = transparency && Array.from({ length: channels }, (_, i) => sampleOf(transparency, i))
  return (line, column, x, y) => {
    const at = column * channels
    const red = sample(line, at)
    const green = isGrey ? red : sample(line, at + 1)
    const blue = isGrey ? red : sample(line, at + 2)
    const isKeyed = key !== null && red === key[0] && (isGrey || (green === key[1] && blue === key[2]))
    const alpha = hasAlpha ? sample(line, at + channels - 1) : isKeyed ? 0 : most
    sink.put(x, y, red * unit, green * unit, blue * unit, alpha * unit)
  }
}

/** Colours and opacity of every value that one sample has. */
function tableOf(
  { depth, colours }: Header,
  palette: Uint8Array | null,
  transparency: Uint8Array | null,
): Float32Array {
  const table: number[] = []
  if (colours === ColourType.Palette) {
    for (let i = 0; i < palette!.length / 3; i++) {
      const [red, green, blue] = palette!.subarray(3 * i) as unknown as [number, number, number]
      table.push(red, green, blue, transparency?.[i] ?? 255)
    }
  } else {
    const most = 2 ** depth - 1
    for (let value = 0; value <= most; value++) {
      const isKeyed = transparency !== null && sampleOf(transparency, 0) === value
      const grey = (value * 255) / most
      table.push(grey, grey, grey, isKeyed ? 0 : 255)
    }
  }
  return Float32Array.from(table)
}

function sampleOf(content: Uint8Array, i: number): number {
  return content[2 * i]! * 256 + content[2 * i + 1]!
}

/** CRC-32 of each byte: ISO 3309, as annex D of the PNG specification computes it. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
