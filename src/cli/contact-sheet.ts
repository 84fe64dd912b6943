/** Many small grey images side by side: in a terminal, or as the pixels of one image. */
import { rowOf } from '../data/dataset.js'
import { DataError, type Dataset } from '../index.js'
import type { Colours } from './output.node.js'

/** A grey image: `pixels` [height, width], 0 (black) to 255. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  readonly label: number | string
}

/** Dark to light. */
const INK = ' .:-=+*#%@'
/** Draws the upper half of a character cell in one colour on a background of another. */
const UPPER_HALF = '\u2580'
const RESET = '\u001b[0m'

/**
 * The samples of a data set as pictures, colours as the mean of their channels.
 *
 * @param names of the classes, where they have any
 * @throws DataError for samples that are not of shape [height, width] or [height, width, 3]
 */
export function picturesOf(set: Dataset, names: readonly string[] = []): Picture[] {
  const { inputs: images, targets: labels, sampleShape, sampleSize, count, name } = set
  const [height, width, channels = 1] = sampleShape
  if (sampleShape.length !== 2 && !(sampleShape.length === 3 && channels === 3)) {
    throw new DataError(
      `${name}: expected images of shape [height, width] or [height, width, 3] to show, found [${sampleShape.join(', ')}].`,
    )
  }
  return Array.from({ length: count }, (_, i) => {
    const row = rowOf(set, i)
    const values = images.subarray(row * sampleSize, (row + 1) * sampleSize)
    const bytes = values instanceof Uint8Array ? values : Uint8Array.from(values, greyOf)
    const pixels = channels === 1 ? bytes : meanOfThree(bytes)
    const label = labels[row]!
    return { width: width!, height: height!, pixels, label: names[label] ?? label }
  })
}

function meanOfThree(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: bytes.length / 3 },
    (_, i) => (bytes[3 * i]! + bytes[3 * i + 1]! + bytes[3 * i + 2]!) / 3,
  )
}

/** Floats are shown on the scale 0..1. */
function greyOf(value: number): number {
  return Math.max(0, Math.min(255, Math.floor(value * 255 + 0.5)))
}

/** A terminal's drawing, two rows of pixels in each line of text, as many pictures a row as `columns` holds. */
export function drawText(pictures: readonly Picture[], columns: number, colours: Colours): string {
  if (pictures[0]!.width > columns) return drawText(pictures.map(halved), columns, colours)
  const { width, height } = pictures[0]!
  const perRow = Math.max(1, Math.floor((columns + 1) / (width + 1)))
  const lines: string[] = []
  for (let start = 0; start < pictures.length; start += perRow) {
    const row = pictures.slice(start, start + perRow)
    lines.push(
      row
        .map(({ label }) => String(label).slice(0, width).padEnd(width))
        .join(' ')
        .trimEnd(),
    )
    for (let y = 0; y < height; y += 2) {
      const text = row.map((picture) => drawLine(picture, y, colours)).join(' ')
      lines.push(colours === 'ascii' ? text.trimEnd() : text)
    }
  }
  return lines.join('\n')
}

/** For a narrow terminal: half as wide and half as high, each pixel the mean of those that it stands for. */
function halved({ width, height, pixels, label }: Picture): Picture {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const half = Uint8Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [2 * (i % columns), 2 * Math.floor(i / columns)]
    const four = [0, 1].flatMap((dy) =>
      [0, 1].map((dx) => (x + dx < width && y + dy < height ? pixels[(y + dy) * width + x + dx]! : 0)),
    )
    return four.reduce((sum, value) => sum + value, 0) / 4
  })
  return { width: columns, height: rows, pixels: half, label }
}

function drawLine({ width, height, pixels }: Picture, y: number, colours: Colours): string {
  let text = ''
  for (let x = 0; x < width; x++) {
    const upper = pixels[y * width + x]!
    const lower = y + 1 < height ? pixels[(y + 1) * width + x]! : 0
    if (colours === 'ascii') text += INK[Math.floor(((upper + lower) / 2) * (INK.length / 256))]!
    else text += `\u001b[38;${colourOf(upper, colours)};48;${colourOf(lower, colours)}m${UPPER_HALF}`
  }
  return colours === 'ascii' ? text : text + RESET
}

/** A grey as the parameters of a "select graphic rendition" sequence (ECMA-48); 232 to 255 are greys in 256 colours. */
function colourOf(grey: number, colours: '256' | '24bit'): string {
  return colours === '24bit' ? `2;${grey};${grey};${grey}` : `5;${232 + Math.floor((grey * 24) / 256)}`
}

/** All pictures in one, about as many rows as columns, with a grey gap between them. */
export function drawSheet(pictures: readonly Picture[]): { width: number; height: number; data: Uint8Array } {
  const gap = 2
  const { width, height } = pictures[0]!
  const perRow = Math.ceil(Math.sqrt(pictures.length))
  const rows = Math.ceil(pictures.length / perRow)
  const sheet = { width: perRow * (width + gap) + gap, height: rows * (height + gap) + gap }
  const data = new Uint8Array(sheet.width * sheet.height).fill(64)
  pictures.forEach(({ pixels }, i) => {
    const left = gap + (i % perRow) * (width + gap)
    const top = gap + Math.floor(i / perRow) * (height + gap)
    for (let y = 0; y < height; y++) {
      data.set(pixels.subarray(y * width, (y + 1) * width), (top + y) * sheet.width + left)
    }
  })
  return { ...sheet, data }
}
