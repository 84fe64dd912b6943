import { DataError } from '../errors.js'
import { read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { arrayOf } from '../schema/values.js'

/** Width and height of a prepared picture, in pixels. */
export const PICTURE = 28
/** The ink's longer side in a prepared picture, in pixels. */
const BOX = 20
/** Where the centre of mass goes: the index of the pixel to the right of and below the middle, as in MNIST. */
const CENTRE = 14
/** Pixels below this part of the brightest one are paper: dust, and the noise of a camera or of JPEG. */
const PAPER = 0.1

/** One axis of the ink's bounding box, and the length that it is resampled to. */
interface Span {
  readonly start: number
  readonly length: number
  readonly target: number
}

/**
 * Prepares a grey picture as MNIST was prepared: the bounding box of the ink is size-normalised into 20x20 with its
 * aspect ratio kept, by averaging the area under each new pixel; the brightest pixel becomes 255; the result is
 * placed in 28x28 by whole pixels so that its centre of mass comes to the centre. Ink never leaves the picture: a
 * digit too lopsided for that stops at the border.
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998), III.A.
 *
 * @param pixels [height, width], row by row; white ink on black paper: 0 is paper, the brightest value is full ink.
 *   A tenth of the brightest value and less counts as paper.
 * @returns [28, 28], 0 to 255, row by row. The same bits in every runtime.
 * @throws DataError if a size is not a whole number from 1 up, the number of pixels is not width x height, a value is
 *   negative or not finite, or all values are equal, so that nothing is drawn.
 */
export function prepareImage(pixels: Uint8Array | Float32Array, width: number, height: number): Uint8Array {
  read(DataError, 'prepareImage', 'pixels', somePixels, pixels)
  checkSize('width', width)
  checkSize('height', height)
  if (pixels.length !== width * height) {
    throw new DataError(
      `picture: expected ${width} x ${height} = ${width * height} pixels, found ${pixels.length}`,
    )
  }
  const threshold = PAPER * brightest(pixels, width)
  const [columns, rows] = boundingBox(pixels, width, height, threshold)
  const ink = resample(pixels, width, columns, rows, threshold)
  return centre(ink, columns.target, rows.target)
}

const somePixels = arrayOf<Uint8Array | Float32Array>(Uint8Array, Float32Array)

function checkSize(name: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new DataError(
      `picture: expected a ${name} that is a whole number of pixels from 1 up, found ${show(size)}`,
    )
  }
}

function brightest(pixels: Uint8Array | Float32Array, width: number): number {
  let lowest = Infinity
  let highest = 0
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!
    if (!(value >= 0 && value < Infinity)) {
      const column = i % width
      const row = (i - column) / width
      throw new DataError(
        `picture: expected a finite value from 0 up in row ${row}, column ${column}, found ${value}`,
      )
    }
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  if (lowest === highest) {
    throw new DataError(
      `picture: expected white ink on black paper, found a blank picture: all ${pixels.length} pixels are ${highest}`,
    )
  }
  return highest
}

function boundingBox(
  pixels: Uint8Array | Float32Array,
  width: number,
  height: number,
  threshold: number,
): [columns: Span, rows: Span] {
  let left = width
  let right = 0
  let top = height
  let bottom = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * width + x]! <= threshold) continue
      if (x < left) left = x
      if (x > right) right = x
      if (y < top) top = y
      bottom = y
    }
  }
  const inkWidth = right - left + 1
  const inkHeight = bottom - top + 1
  const scale = BOX / Math.max(inkWidth, inkHeight)
  return [
    { start: left, length: inkWidth, target: Math.max(1, Math.floor(inkWidth * scale + 0.5)) },
    { start: top, length: inkHeight, target: Math.max(1, Math.floor(inkHeight * scale + 0.5)) },
  ]
}

/** Sums the ink over the area under each new pixel: first along the rows, then down the columns. */
function resample(
  pixels: Uint8Array | Float32Array,
  width: number,
  columns: Span,
  rows: Span,
  threshold: number,
): Float64Array {
  const narrow = new Float64Array(rows.length * columns.target)
  const result = new Float64Array(rows.target * columns.target)
  for (let x = 0; x < columns.target; x++) {
    eachCovered(columns, x, (source, share) => {
      for (let y = 0; y < rows.length; y++) {
        const value = pixels[(rows.start + y) * width + columns.start + source]!
        if (value > threshold) narrow[y * columns.target + x]! += share * value
      }
    })
  }
  for (let y = 0; y < rows.target; y++) {
    eachCovered(rows, y, (source, share) => {
      for (let x = 0; x < columns.target; x++) {
        result[y * columns.target + x]! += share * narrow[source * columns.target + x]!
      }
    })
  }
  return result
}

/** Calls `visit` for each source pixel that new pixel `index` lies over, with the length of it that is covered. */
function eachCovered(
  { length, target }: Span,
  index: number,
  visit: (source: number, share: number) => void,
): void {
  const from = (index * length) / target
  const to = ((index + 1) * length) / target
  for (let source = Math.floor(from); source < to; source++) {
    visit(source, Math.min(to, source + 1) - Math.max(from, source))
  }
}

/** Stretches `ink` [height, width] so that its brightest pixel is 255, and places it by its centre of mass. */
function centre(ink: Float64Array, width: number, height: number): Uint8Array {
  let peak = 0
  for (const value of ink) if (value > peak) peak = value
  let mass = 0
  let momentX = 0
  let momentY = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x]!
      mass += value
      momentX += value * x
      momentY += value * y
    }
  }
  const left = offset(momentX / mass, width)
  const top = offset(momentY / mass, height)
  const image = new Uint8Array(PICTURE * PICTURE)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      image[(top + y) * PICTURE + left + x] = Math.floor((255 * ink[y * width + x]!) / peak + 0.5)
    }
  }
  return image
}

/** The whole number of pixels that brings `mean` nearest to the centre with all of `length` inside the picture. */
function offset(mean: number, length: number): number {
  return Math.min(PICTURE - length, Math.max(0, CENTRE - Math.floor(mean + 0.5)))
}
