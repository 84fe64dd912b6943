/** PNG files as their specification describes them, to be read by ours: every colour type, depth and interlacing. */
import { crc32 as crcOf, deflateSync } from 'node:zlib'

export interface PngPicture {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colours: 0 | 2 | 3 | 4 | 6
  readonly interlaced?: boolean
  /** [height, width, channels], each 0 to 2^depth - 1. */
  readonly samples: ArrayLike<number>
  readonly palette?: readonly number[]
  readonly transparency?: readonly number[]
}

const channelsOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const

export const pngSignature = [137, 80, 78, 71, 13, 10, 26, 10]

/** The polynomial division, bit by bit. */
function crc32(bytes: Uint8Array): number {
  if (crcOf) return crcOf(bytes)
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

export function pngChunk(type: string, content: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(12 + content.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, content.length)
  bytes.set(new TextEncoder().encode(type), 4)
  bytes.set(content, 8)
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)))
  return bytes
}

export function pngHeader(width: number, height: number, depth = 8, colours = 0, interlaced = false) {
  const content = new Uint8Array(13)
  const view = new DataView(content.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  content.set([depth, colours, 0, 0, interlaced ? 1 : 0], 8)
  return pngChunk('IHDR', content)
}

/** A file of these chunks. */
export function pngOf(...chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([pngSignature, ...chunks].flatMap((part) => [...part]))
}

const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** The picture's lines, each with a filter of its own, all five in turn. */
export function encodePng(picture: PngPicture): Uint8Array {
  const { width, height, depth, colours, interlaced = false, samples, palette, transparency } = picture
  const channels = channelsOf[colours]
  const step = Math.max(1, (channels * depth) / 8)
  const data: number[] = []
  for (const [left, top, across, down] of interlaced ? passes : ([[0, 0, 1, 1]] as const)) {
    let above: number[] = []
    for (let y = top; y < height; y += down) {
      let bits = ''
      for (let x = left; x < width; x += across) {
        for (let c = 0; c < channels; c++) {
          bits += samples[(y * width + x) * channels + c]!.toString(2).padStart(depth, '0')
        }
      }
      if (bits === '') continue
      const line = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
      const filter = (data.length + y) % 5
      const predicted = line.map((_, i) => {
        const [a, b, c] = [line[i - step] ?? 0, above[i] ?? 0, above[i - step] ?? 0]
        const nearest = [a, b, c].sort((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q))[0]!
        return [0, a, b, (a + b) >> 1, nearest][filter]!
      })
      data.push(filter, ...line.map((byte, i) => (byte - predicted[i]!) & 255))
      above = line
    }
  }
  return pngOf(
    pngHeader(width, height, depth, colours, interlaced),
    ...(palette ? [pngChunk('PLTE', palette)] : []),
    ...(transparency ? [pngChunk('tRNS', transparency)] : []),
    pngChunk('IDAT', deflateSync(Uint8Array.from(data))),
    pngChunk('IEND', []),
  )
}
