/** Image files as ink on paper, whatever their colours. */
import { decode as decodePng } from 'fast-png'
import { decode as decodeJpeg } from 'jpeg-js'
import { DataError } from '../index.js'

/** A decoded picture: [height, width], each value 0 to 255. */
interface Raster {
  readonly width: number
  readonly height: number
  /** Luminance. */
  readonly grey: Float32Array
  /** 0 where nothing is; null where all of it is opaque. */
  readonly alpha: Float32Array | null
}

/** White ink on black paper: [height, width]. */
export interface Ink {
  readonly width: number
  readonly height: number
  readonly pixels: Float32Array
}

/** Larger pictures are refused rather than unpacked. */
const MOST_PIXELS = 100e6

/** Differences in luminance that are no drawing: noise, and what JPEG adds. */
const BLANK = 24

/**
 * Decodes a PNG or JPEG file and finds the ink: what differs from the paper, whose luminance is the median of the border,
 * in the direction in which more differs. Transparent parts are paper.
 *
 * @param file its name, for messages
 * @throws DataError naming the file: not PNG or JPEG, damaged, too large, or blank
 */
export function inkOf(bytes: Uint8Array, file: string): Ink {
  const { width, height, grey, alpha } = decode(bytes, file)
  const flat = alpha ? flattened(grey, alpha) : grey
  const paper = borderMedian(flat, width, height)
  let balance = 0
  for (const value of flat) balance += value - paper
  const isLight = balance > 0
  const pixels = flat.map((value) => Math.max(0, isLight ? value - paper : paper - value))
  const most = pixels.reduce((most, value) => Math.max(most, value), 0)
  if (most < BLANK) {
    throw new DataError(`${file}: the picture is blank: expected a digit drawn on it, found one colour.`)
  }
  return { width, height, pixels }
}

const PNG = [0x89, 0x50, 0x4e, 0x47]
const JPEG = [0xff, 0xd8, 0xff]

function decode(bytes: Uint8Array, file: string): Raster {
  const startsWith = (magic: readonly number[]) => magic.every((byte, i) => bytes[i] === byte)
  try {
    if (startsWith(PNG)) return fromPng(bytes, file)
    if (startsWith(JPEG)) return fromJpeg(bytes)
  } catch (error) {
    if (error instanceof DataError) throw error
    const format = startsWith(PNG) ? 'PNG' : 'JPEG'
    throw new DataError(`${file}: a damaged ${format} picture: ${(error as Error).message}.`)
  }
  const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  throw new DataError(
    `${file}: expected a PNG or JPEG picture, found a file that begins with ${found === '' ? 'nothing: it is empty' : `the bytes ${found}`}.`,
  )
}

function fromPng(bytes: Uint8Array, file: string): Raster {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [wide, high] = [header.getUint32(16), header.getUint32(20)]
  if (wide * high > MOST_PIXELS) {
    throw new DataError(
      `${file}: expected at most ${MOST_PIXELS / 1e6} million pixels, found ${wide} x ${high}.`,
    )
  }
  const { width, height, data, depth, channels, palette, transparency } = decodePng(bytes)
  const perLine = Math.ceil((width * channels * depth) / 8)
  const most = 2 ** depth - 1
  const sample = (x: number, y: number, channel: number): number => {
    if (depth >= 8) return data[(y * width + x) * channels + channel]!
    const bit = x * depth
    return (data[y * perLine + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most
  }
  return rasterOf(width, height, (x, y) => {
    if (palette) {
      const [red, green, blue, alpha = 255] = palette[sample(x, y, 0)] as [number, number, number, number?]
      return [luminance(red, green, blue), alpha]
    }
    const isGrey = channels < 3
    const colours = isGrey ? [sample(x, y, 0)] : [0, 1, 2].map((channel) => sample(x, y, channel))
    const [red, green = red, blue = red] = colours as [number, number?, number?]
    const keyed = transparency !== undefined && colours.every((value, i) => value === transparency[i])
    const alpha = channels % 2 === 0 ? sample(x, y, channels - 1) : keyed ? 0 : most
    return [(luminance(red, green, blue) * 255) / most, (alpha * 255) / most]
  })
}

function fromJpeg(bytes: Uint8Array): Raster {
  const image = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    maxResolutionInMP: MOST_PIXELS / 1e6,
  })
  const { width, height, data } = image
  const exif = (image as { exifBuffer?: Uint8Array }).exifBuffer
  const turn = turned(exif ? orientationOf(exif) : 1, width, height)
  return rasterOf(turn.width, turn.height, (x, y) => {
    const at = 4 * turn.at(x, y)
    return [luminance(data[at]!, data[at + 1]!, data[at + 2]!), 255]
  })
}

function rasterOf(width: number, height: number, pixel: (x: number, y: number) => [number, number]): Raster {
  const grey = new Float32Array(width * height)
  const alpha = new Float32Array(width * height)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) [grey[i], alpha[i]] = pixel(x, y) as [number, number]
  }
  return { width, height, grey, alpha: alpha.every((value) => value === 255) ? null : alpha }
}

/** Recommendation ITU-R BT.601. */
function luminance(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

/** Puts a picture on the paper that its opaque parts can be seen on. */
function flattened(grey: Float32Array, alpha: Float32Array): Float32Array {
  let [weighted, weight] = [0, 0]
  for (let i = 0; i < grey.length; i++) {
    weighted += alpha[i]! * grey[i]!
    weight += alpha[i]!
  }
  const paper = weighted < 128 * weight ? 255 : 0
  return grey.map((value, i) => paper + ((value - paper) * alpha[i]!) / 255)
}

function borderMedian(pixels: Float32Array, width: number, height: number): number {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(pixels[x]!, pixels[(height - 1) * width + x]!)
  for (let y = 0; y < height; y++) border.push(pixels[y * width]!, pixels[y * width + width - 1]!)
  border.sort((a, b) => a - b)
  return border[border.length >> 1]!
}

/** How a camera was held, 1 to 8, by the tag 0x0112 of the first directory (Exif 2.3, 4.6.4); 1 where that is missing. */
function orientationOf(exif: Uint8Array): number {
  const start = exif.findIndex((byte, i) => (byte === 0x49 || byte === 0x4d) && exif[i + 1] === byte)
  if (start < 0) return 1
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start)
  const little = exif[start] === 0x49
  if (view.byteLength < 8) return 1
  const directory = view.getUint32(4, little)
  if (directory + 2 > view.byteLength) return 1
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > view.byteLength) return 1
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little)
  }
  return 1
}

/** A picture the right way up: where its pixels lie in the file's. */
function turned(orientation: number, width: number, height: number) {
  const [right, bottom] = [width - 1, height - 1]
  const places: Record<number, (x: number, y: number) => [number, number]> = {
    2: (x, y) => [right - x, y],
    3: (x, y) => [right - x, bottom - y],
    4: (x, y) => [x, bottom - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, bottom - x],
    7: (x, y) => [right - y, bottom - x],
    8: (x, y) => [right - y, x],
  }
  const place = places[orientation] ?? ((x: number, y: number) => [x, y] as [number, number])
  const isOnSide = orientation >= 5 && orientation <= 8
  return {
    width: isOnSide ? height : width,
    height: isOnSide ? width : height,
    at(x: number, y: number): number {
      const [column, row] = place(x, y)
      return row * width + column
    },
  }
}
