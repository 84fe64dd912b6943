import { deflateSync } from 'node:zlib'
import { decode as decodeJpeg, encode as encodeJpeg } from 'jpeg-js'
import t from 'tap'
import { readPicture } from '../../src/cli/picture.node.js'
import { encodePng, type PngPicture, pngChunk, pngHeader, pngOf } from '../support/png.js'
import { randomIntegers } from '../support/random.js'

const luminance = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue
const near = (a: number, b: number) => Math.abs(a - b) < 0.01

/** What the specification says that a pixel looks like: luminance and opacity. */
function expectedOf({ depth, colours, samples, palette = [], transparency }: PngPicture, pixel: number) {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colours]
  const found = Array.from({ length: channels }, (_, c) => samples[pixel * channels + c]!)
  if (colours === 3) {
    const at = 3 * found[0]!
    return [luminance(palette[at]!, palette[at + 1]!, palette[at + 2]!), transparency?.[found[0]!] ?? 255]
  }
  const most = 2 ** depth - 1
  const [red, green, blue] = colours === 2 || colours === 6 ? found : [found[0], found[0], found[0]]
  const key = transparency && found.map((_, c) => transparency[2 * c]! * 256 + transparency[2 * c + 1]!)
  const keyed = key?.every((value, c) => value === found[c]) ?? false
  const alpha = channels % 2 === 0 ? found.at(-1)! : keyed ? 0 : most
  return [(luminance(red!, green!, blue!) * 255) / most, (alpha * 255) / most]
}

t.test('PNG of every colour type and depth, interlaced or not, with and without transparency', async (t) => {
  const kinds = [
    ...([1, 2, 4, 8, 16] as const).map((depth) => ({ colours: 0, depth, channels: 1 }) as const),
    ...([8, 16] as const).map((depth) => ({ colours: 2, depth, channels: 3 }) as const),
    ...([1, 2, 4, 8] as const).map((depth) => ({ colours: 3, depth, channels: 1 }) as const),
    ...([8, 16] as const).map((depth) => ({ colours: 4, depth, channels: 2 }) as const),
    ...([8, 16] as const).map((depth) => ({ colours: 6, depth, channels: 4 }) as const),
  ]
  const integers = randomIntegers(8)
  for (const { colours, depth, channels } of kinds) {
    for (const [width, height] of [
      [13, 11],
      [1, 1],
      [3, 9],
    ] as const) {
      for (const interlaced of [false, true]) {
        for (const transparent of colours < 4 ? [false, true] : [false]) {
          const most = 2 ** depth - 1
          const samples = Array.from({ length: width * height * channels }, () => integers(0, most))
          const colour = samples.slice(0, channels).flatMap((value) => [value >> 8, value & 255])
          const picture: PngPicture = {
            ...{ width, height, depth, colours, interlaced, samples },
            ...(colours === 3 ? { palette: Array.from({ length: 3 << depth }, () => integers(0, 255)) } : {}),
            ...(transparent ? { transparency: colours === 3 ? [7, 99] : colour } : {}),
          }
          const { grey, alpha, ...size } = await readPicture(encodePng(picture), 'a.png')
          const right = Array.from({ length: width * height }, (_, i) => {
            const [expectedGrey, expectedAlpha] = expectedOf(picture, i)
            return near(grey[i]!, expectedGrey!) && near(alpha?.[i] ?? 255, expectedAlpha!)
          })
          const title = `colours ${colours}, depth ${depth}, ${width} x ${height}${interlaced ? ', interlaced' : ''}`
          t.ok(size.width === width && size.height === height && !right.includes(false), title)
        }
      }
    }
  }
})

t.test('PNG that are damaged, or not what they claim, are refused by name', async (t) => {
  const samples = new Uint8Array(400).fill(9)
  const good = encodePng({ width: 20, height: 20, depth: 8, colours: 0, samples })
  const data = pngChunk('IDAT', deflateSync(new Uint8Array(21 * 20)))
  const end = pngChunk('IEND', [])
  const header = pngHeader(20, 20)
  const text = pngChunk('tEXt', new TextEncoder().encode('Comment\0hello'))
  const wrong: [name: string, bytes: Uint8Array, message: RegExp][] = [
    ['bomb', pngOf(header, pngChunk('IDAT', deflateSync(new Uint8Array(1e6))), end), /expected 420 bytes of/],
    ['text first', pngOf(text, pngHeader(9e4, 9e4), data, end), /byte 12: expected the chunk IHDR first, f/],
    [
      'too large',
      pngOf(pngHeader(60_000, 60_000), data, end),
      /1 to 32 million pixels .* found 60000 x 60000/,
    ],
    ['too long', pngOf(pngHeader(1e6, 1), data, end), /sides of at most 65535, found 1000000 x 1/],
    ['no pixels', pngOf(pngHeader(0, 5), data, end), /expected a picture of 1 to .*, found 0 x 5/],
    ['promises much', pngOf(pngHeader(5600, 5600), data, end), /which cannot hold them/],
    ['short', pngOf(header, pngChunk('IDAT', deflateSync(new Uint8Array(419))), end), /420 .* found 419\.$/],
    ['no data', pngOf(header, end), /found 0 bytes of packed data/],
    ['no palette', pngOf(pngHeader(20, 20, 8, 3), data, end), /a palette of 1 to 256 colours/],
    [
      'few colours',
      pngOf(pngHeader(20, 20, 8, 3), pngChunk('PLTE', [1, 2, 3, 4]), data, end),
      /found 4 bytes/,
    ],
    ['odd depth', pngOf(pngHeader(20, 20, 4, 2), data, end), /byte 24: expected a depth and a colour type/],
    ['odd filter', pngOf(header, pngChunk('IDAT', deflateSync(samples.with(0, 7))), end), /420/],
    ['two headers', pngOf(header, header, data, end), /expected one chunk IHDR, found a second/],
    ['cut short', good.subarray(0, good.length - 20), /expected a chunk .*, found the end of the file/],
    ['unknown', pngOf(header, pngChunk('JUNK', []), data, end), /expected a chunk that PNG has, found JUNK/],
  ]
  for (const [name, bytes, message] of wrong) {
    await t.rejects(readPicture(bytes, 'a.png'), { name: 'DataError', message }, name)
  }
  let found = 0
  for (let bit = 0; bit < good.length * 8; bit++) {
    const flipped = Uint8Array.from(good)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    found += await readPicture(flipped, 'a.png').then(
      () => 0,
      (error) => Number(error.name === 'DataError'),
    )
  }
  t.equal(found, good.length * 8, 'every flipped bit is found')
})

/** Blobs in colours. */
function pixelsOf(width: number, height: number): Uint8Array {
  const pixel = (i: number) => [(i * 3) % 255, 128 + 90 * Math.sin(i / 40), Math.floor(i / width) * 2, 255]
  return Uint8Array.from({ length: width * height }, (_, i) => i).reduce(
    (data, _, i) => {
      data.set(pixel(i), 4 * i)
      return data
    },
    new Uint8Array(width * height * 4),
  )
}

t.test('JPEG is read as another decoder reads it, and larger pictures are made smaller', async (t) => {
  const bytes = encodeJpeg({ width: 61, height: 43, data: pixelsOf(61, 43) }, 90).data
  const { width, height, grey, alpha } = await readPicture(bytes, 'a.jpg')
  t.same([width, height, alpha], [61, 43, null])
  const other = decodeJpeg(bytes).data
  const off = grey.map((value, i) =>
    Math.abs(value - luminance(other[4 * i]!, other[4 * i + 1]!, other[4 * i + 2]!)),
  )
  t.ok(off.reduce((sum, value) => sum + value, 0) / off.length < 2, 'but for how colours are made larger')

  const [wide, high] = [6250, 4160]
  const data = new Uint8Array(wide * high * 4).fill(200)
  const photo = await readPicture(
    encodeJpeg({ width: wide, height: high, data }, 50).data,
    '26 megapixels.jpg',
  )
  t.same([photo.width, photo.height], [Math.ceil(wide / 3), Math.ceil(high / 3)])
  t.ok(photo.grey.every((value) => Math.abs(value - 200) < 2))
})

t.test('JPEG that are damaged, or not what they claim, are refused by name', async (t) => {
  const good = new Uint8Array(encodeJpeg({ width: 61, height: 43, data: pixelsOf(61, 43) }, 90).data)
  const frame = good.findIndex((byte, i) => byte === 0xff && good[i + 1] === 0xc0)
  const sized = (width: number, height: number) => {
    const bytes = Uint8Array.from(good)
    new DataView(bytes.buffer).setUint16(frame + 5, height)
    new DataView(bytes.buffer).setUint16(frame + 7, width)
    return bytes
  }
  const kind = Uint8Array.from(good)
  kind[frame + 1] = 0xc9
  const scan = good.findIndex((byte, i) => byte === 0xff && good[i + 1] === 0xda)
  const scans = Array.from({ length: 200 }, () => [...good.subarray(scan, scan + 14)]).flat()
  const wrong: [name: string, bytes: Uint8Array, message: RegExp][] = [
    [
      'large',
      sized(5600, 5600),
      /expected 61250 bytes or more for 5600 x 5600 pixels, found \d+: it is cut sh/,
    ],
    ['too large', sized(65_535, 65_535), /1 to 32 million pixels .* found 65535 x 65535/],
    ['no pixels', sized(0, 5), /found 0 x 5/],
    ['cut short', good.subarray(0, good.length - 90), /it is cut short at byte \d+/],
    ['ended early', Uint8Array.from([...good.subarray(0, good.length - 900), 0xff, 0xd9]), /premature end/i],
    ['arithmetic', kind, /baseline or progressive, found one of the kind 0xc9/],
    [
      'many scans',
      Uint8Array.from([...good.subarray(0, scan), ...scans, ...good.subarray(scan)]),
      /at most 100 scans/,
    ],
    ['no frame', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), /expected a frame and a scan/],
    ['no table', Uint8Array.from([...good.subarray(0, 2), ...good.subarray(frame)]), /not defined/],
  ]
  for (const [name, bytes, message] of wrong) {
    await t.rejects(readPicture(bytes, 'a.jpg'), { name: 'DataError', message }, name)
  }
  t.equal((await readPicture(good, 'a.jpg')).width, 61, 'the decoder goes on after errors')
})
