/**
 * Reads JPEG pictures, baseline and progressive, by the decoder of MozJPEG, a core of its own. That one takes as much
 * memory as a picture's header asks for and as much time as it has scans, so the markers (ITU-T T.81, annex B) are looked
 * at first.
 */
import createDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'
import { DataError } from '../errors.js'
import { base64 } from './jpeg-decoder.generated.js'
import { checkSize, type PixelSink, type SinkMaker } from './raster.js'

/** What the markers say of a picture. */
interface Frame {
  readonly width: number
  readonly height: number
  /** How the camera was held, 1 to 8. */
  readonly orientation: number
}

/** What the decoder gives: [height, width, 4]. */
interface Pixels {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

/** The decoder's module: the package declares it by a namespace that it does not export. */
interface Decoder {
  decode(bytes: Uint8Array, keepOrientation: boolean): Pixels | null
}

interface DecoderOptions {
  readonly noInitialRun: true
  print(text: string): void
  printErr(text: string): void
  readonly wasmBinary: Uint8Array
}

/** Encoders write about ten. */
const MOST_SCANS = 100

enum Marker {
  StartOfImage = 0xd8,
  EndOfImage = 0xd9,
  StartOfScan = 0xda,
  /** Exif is in the first of the segments that applications may use. */
  Application1 = 0xe1,
}

/** Frames by DCT and Huffman codes: baseline, extended, progressive. */
const FRAMES = [0xc0, 0xc1, 0xc2]
/** All other kinds: without loss, hierarchical, in arithmetic code. */
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]

/**
 * @param file its name, for messages
 * @throws DataError naming the file: damaged, too large, or of a kind that is not known
 */
export async function readJpeg<T extends PixelSink>(
  bytes: Uint8Array,
  file: string,
  sinkOf: SinkMaker<T>,
): Promise<T> {
  const { orientation, ...frame } = readMarkers(bytes, file)
  const { width, height, data } = await decode(bytes, file)
  if (width !== frame.width || height !== frame.height) {
    throw damaged(file, `expected ${frame.width} x ${frame.height} pixels, found ${width} x ${height}`)
  }
  const isOnSide = orientation >= 5 && orientation <= 8
  const sink = sinkOf(isOnSide ? height : width, isOnSide ? width : height)
  const turn = turned(orientation, width - 1, height - 1)
  const [left, right, down] = turn.x
  const [top, rightDown, downDown] = turn.y
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const column = left + right * x + down * y
      const row = top + rightDown * x + downDown * y
      sink.put(column, row, data[at]!, data[at + 1]!, data[at + 2]!, 255)
    }
  }
  return sink
}

function damaged(file: string, what: string): DataError {
  return new DataError(`${file}: a damaged JPEG picture: ${what}.`)
}

/** Walks from marker to marker; what lies between them is passed over, as decoders do. */
function readMarkers(bytes: Uint8Array, file: string): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let frame: { width: number; height: number } | null = null
  let orientation = 1
  let scans = 0
  let at = 2
  for (;;) {
    at = bytes.indexOf(0xff, at)
    while (at >= 0 && bytes[at + 1] === 0xff) at++
    const marker = at < 0 ? undefined : bytes[at + 1]
    if (marker === undefined) throw damaged(file, `it is cut short at byte ${bytes.length}`)
    if (marker === Marker.EndOfImage) break
    at += 2
    // A byte 0xff of the data, restarts and other markers without a segment.
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= Marker.StartOfImage)) continue
    const length = at + 2 <= bytes.length ? view.getUint16(at) : 0
    if (length < 2 || at + length > bytes.length) {
      throw damaged(
        file,
        `byte ${at}: expected a segment's length of 2 to ${bytes.length - at}, found ${length}`,
      )
    }
    const segment = bytes.subarray(at + 2, at + length)
    if (OTHER_FRAMES.includes(marker)) {
      throw new DataError(
        `${file}: expected a JPEG picture that is baseline or progressive, found one of the kind 0x${marker.toString(16)}.`,
      )
    }
    if (FRAMES.includes(marker)) {
      if (frame) throw damaged(file, `byte ${at - 2}: expected one frame, found a second one`)
      frame = readFrame(segment, at, bytes.length, file)
    }
    if (marker === Marker.StartOfScan && ++scans > MOST_SCANS) {
      throw damaged(file, `expected at most ${MOST_SCANS} scans, found more`)
    }
    if (marker === Marker.Application1 && orientation === 1) orientation = orientationOf(segment)
    at += length
  }
  if (!frame || scans === 0) {
    throw damaged(file, `expected a frame and a scan before its end, found neither or one of them`)
  }
  return { ...frame, orientation }
}

function readFrame(
  segment: Uint8Array,
  at: number,
  fileBytes: number,
  file: string,
): { width: number; height: number } {
  if (segment.length < 6) {
    throw damaged(file, `byte ${at}: expected a frame of 6 bytes or more, found ${segment.length}`)
  }
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  const [height, width] = [view.getUint16(1), view.getUint16(3)]
  checkSize(width, height, file)
  // Of each block of 8 x 8 the file has one bit or more.
  const least = Math.ceil((Math.ceil(width / 8) * Math.ceil(height / 8)) / 8)
  if (fileBytes < least) {
    throw damaged(
      file,
      `expected ${least} bytes or more for ${width} x ${height} pixels, found ${fileBytes}: it is cut short`,
    )
  }
  return { width, height }
}

/** The decoder fills in what is missing; these of its words tell of damage that can be seen. */
const DAMAGE = /premature end|bad huffman|inconsistent|corrupt data|restart|corrupted/i

let decoder: Promise<Decoder> | undefined
let words: string[] = []

async function decode(bytes: Uint8Array, file: string): Promise<Pixels> {
  // The decoder makes one for its result.
  globalThis.ImageData ??= class {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  } as unknown as typeof ImageData
  const hear = (text: string) => words.push(text)
  decoder ??= (createDecoder as (options: DecoderOptions) => Promise<Decoder>)({
    ...{ noInitialRun: true, print: hear, printErr: hear },
    wasmBinary: Buffer.from(base64, 'base64'),
  })
  words = []
  let pixels: Pixels | null = null
  try {
    pixels = (await decoder).decode(bytes, false)
  } catch (error) {
    // It ends itself as a program does, and cannot be used again.
    decoder = undefined
    throw damaged(file, words.at(-1) ?? (error as Error).message)
  }
  const damage = words.find((text) => DAMAGE.test(text))
  if (damage !== undefined || !pixels) throw damaged(file, damage ?? 'it cannot be decoded')
  return pixels
}

/** How a camera was held, 1 to 8, by the tag 0x0112 of the first directory (Exif 2.3, 4.6.4); 1 where that is missing. */
function orientationOf(segment: Uint8Array): number {
  if (String.fromCharCode(...segment.subarray(0, 4)) !== 'Exif') return 1
  const exif = segment.subarray(6)
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength)
  const little = exif[0] === 0x49
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

/**
 * Where a picture's pixels lie when it is the right way up: (x, y) of the file at
 * (origin + right * x + down * y) for each of the two axes.
 */
interface Turn {
  readonly x: readonly [origin: number, right: number, down: number]
  readonly y: readonly [origin: number, right: number, down: number]
}

function turned(orientation: number, right: number, bottom: number): Turn {
  const turns: Record<number, Turn> = {
    2: { x: [right, -1, 0], y: [0, 0, 1] },
    3: { x: [right, -1, 0], y: [bottom, 0, -1] },
    4: { x: [0, 1, 0], y: [bottom, 0, -1] },
    5: { x: [0, 0, 1], y: [0, 1, 0] },
    6: { x: [bottom, 0, -1], y: [0, 1, 0] },
    7: { x: [bottom, 0, -1], y: [right, -1, 0] },
    8: { x: [0, 0, 1], y: [right, -1, 0] },
  }
  return turns[orientation] ?? { x: [0, 1, 0], y: [0, 0, 1] }
}
