/** Small grey images side by side with a word below each, as one SVG picture. */
import { encode } from 'fast-png'
import { toBase64 } from '../experiments/results.js'
import { darkStyle, escaped, INK, PAPER, WRONG } from './theme.js'

export interface PictureSheet {
  readonly title: string
  /** Of each image, in pixels of its own. */
  readonly width: number
  readonly height: number
  /** [height, width] each, 0 (black) to 255. */
  readonly pictures: readonly Uint8Array[]
  readonly captions?: readonly { readonly text: string; readonly wrong?: boolean }[]
  /** Images in a row. */
  readonly columns: number
  /** Pixels of the sheet for a pixel of an image. */
  readonly scale: readonly [x: number, y: number]
}

const GAP = 8
/** So that captions side by side do not run together. */
const CAPTIONED_GAP = 20
const CAPTION = 16

/** All images lie in one PNG, whose gaps are transparent. */
export function pictureSheet(sheet: PictureSheet): string {
  const { title, width, height, pictures, captions, columns, scale } = sheet
  const rows = Math.ceil(pictures.length / columns)
  const cell = {
    width: width * scale[0] + (captions ? CAPTIONED_GAP : GAP),
    height: height * scale[1] + GAP + (captions ? CAPTION : 0),
  }
  const page = { width: columns * cell.width + GAP, height: rows * cell.height + GAP }
  const strip = { width, height: height * pictures.length }
  const data = new Uint8Array(strip.width * strip.height)
  for (const [i, pixels] of pictures.entries()) data.set(pixels, i * width * height)
  const href = `data:image/png;base64,${toBase64(encode({ ...strip, data, channels: 1 }))}`
  const tiles = pictures.map((_, i) => {
    const [x, y] = [GAP + (i % columns) * cell.width, GAP + Math.floor(i / columns) * cell.height]
    const caption = captions?.[i]
    const middle = x + (width * scale[0]) / 2
    const text = caption
      ? `<text x="${middle}" y="${y + height * scale[1] + 13}" fill="${caption.wrong ? WRONG : INK}">${escaped(caption.text)}</text>`
      : ''
    const [w, h] = [width * scale[0], height * scale[1]]
    return `<svg x="${x}" y="${y}" width="${w}" height="${h}" viewBox="0 ${i * height} ${width} ${height}" preserveAspectRatio="none"><use href="#${nameOf(title)}"/></svg>${text}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${page.width}" height="${page.height}" viewBox="0 0 ${page.width} ${page.height}" font-family="Helvetica, Arial, sans-serif" font-size="11" text-anchor="middle" role="img" aria-label="${escaped(title)}">`,
    darkStyle,
    `<defs><image id="${nameOf(title)}" width="${strip.width}" height="${strip.height}" href="${href}" style="image-rendering:pixelated"/></defs>`,
    `<rect width="${page.width}" height="${page.height}" fill="${PAPER}"/>`,
    ...tiles,
    '</svg>',
  ].join('\n')
}

/** A name for the PNG that no other picture of a page has, titles being different. */
function nameOf(title: string): string {
  return `png-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
}
