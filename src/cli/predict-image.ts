/** Pictures as ink on paper, whatever their colours. */
import { DataError } from '../index.js'
import type { Raster } from './raster.js'

/** White ink on black paper: [height, width]. */
export interface Ink {
  readonly width: number
  readonly height: number
  readonly pixels: Float32Array
}

/** Differences in luminance that are no drawing: noise, and what JPEG adds. */
const BLANK = 24

/**
 * Finds the ink of a picture: what differs from the paper, whose luminance is the median of the border,
 * in the direction in which more differs. Transparent parts are paper.
 *
 * @param file its name, for messages
 * @throws DataError naming the file when it is blank
 */
export function inkOf({ width, height, grey, alpha }: Raster, file: string): Ink {
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
