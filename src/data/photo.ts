import { DataError } from '../errors.js'
import { read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { arrayOf } from '../schema/values.js'
import { digitsIn, flatInk } from './flat-ink.js'
import type { Grey } from './paper.js'
import { photoInk } from './photo-ink.js'
import { prepareImage } from './prepare.js'

/** The longer side of the picture that is searched, in pixels, at most. */
const LONGEST = 400
/** The shorter side, at least: smaller pictures are enlarged, the longer side allowing. */
const SHORTEST = 112
/** The longer side, to tell light ink from dark. */
const COARSE = 24

/**
 * Finds the digit in a photograph or a drawing and prepares it as MNIST was: see prepareImage. The ink may be darker or
 * lighter than the paper; the paper may be lined or squared and lie in uneven light, and the picture may show what is
 * beside it. A picture of one digit on paper of one colour is taken as it is: the luminance's difference from the
 * median of the border is the ink.
 *
 * @param luminance [height, width], row by row, 0 (black) to 255 (white)
 * @returns [28, 28], 0 to 255, white ink on black. The same bits in every runtime.
 * @throws DataError if a size is not a whole number from 1 up, the number of pixels is not width x height, a value is
 *   not of 0 to 255, the picture is blank, or shows no digit or several
 */
export function preparePhoto(
  luminance: Uint8Array | Uint8ClampedArray | Float32Array,
  width: number,
  height: number,
): Uint8Array {
  read(DataError, 'preparePhoto', 'luminance', someLuminance, luminance)
  checkPicture(luminance, width, height)
  const picture = {
    width,
    height,
    pixels: luminance instanceof Float32Array ? luminance : Float32Array.from(luminance),
  }
  const flat = flatInk(picture)
  if (flat === null) {
    throw new DataError('the picture is blank: expected a digit drawn on it, found one colour.')
  }
  const step = Math.ceil(Math.max(width, height) / LONGEST)
  const drawn = digitsIn(flat, step)
  const { ink, digits } =
    drawn > 0 ? { ink: flat, digits: drawn } : searched(enlarged(reduced(picture, step)))
  if (digits > 1) {
    throw new DataError(
      `${digits} digits were found in the picture: expected one. Cut the picture to one of them.`,
    )
  }
  return prepareImage(ink.pixels, ink.width, ink.height)
}

const someLuminance = arrayOf<Uint8Array | Uint8ClampedArray | Float32Array>(
  ...[Uint8Array, Uint8ClampedArray, Float32Array],
)

function checkPicture(pixels: ArrayLike<number>, width: number, height: number): void {
  for (const [name, size] of Object.entries({ width, height })) {
    if (Number.isInteger(size) && size >= 1) continue
    throw new DataError(
      `picture: expected a ${name} that is a whole number of pixels from 1 up, found ${show(size)}`,
    )
  }
  if (pixels.length !== width * height) {
    throw new DataError(
      `picture: expected ${width} x ${height} = ${width * height} pixels, found ${pixels.length}`,
    )
  }
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!
    // A weighted sum of three channels may be 255 and a rounding error.
    if (value >= 0 && value < 256) continue
    const column = i % width
    throw new DataError(
      `picture: expected a luminance of 0 to 255 in row ${(i - column) / width}, column ${column}, found ${value}`,
    )
  }
}

function searched(picture: Grey) {
  const light = hasLightInk(picture)
  const likely = photoInk(picture, light)
  if (likely !== null) return likely
  const found = photoInk(picture, !light)
  // Many shapes of the less likely kind are the gaps between lines.
  if (found?.digits === 1) return found
  throw new DataError(
    'no digit was found in the picture: expected one that is darker or lighter than the paper around it, found paper, lines or a border only. Take it from nearer, or cut the picture to the digit.',
  )
}

/** Each pixel the mean of a square of `step` pixels. */
function reduced(picture: Grey, step: number): Grey {
  if (step === 1) return picture
  const [width, height] = [Math.ceil(picture.width / step), Math.ceil(picture.height / step)]
  const pixels = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const bottom = Math.min(picture.height, (y + 1) * step)
    for (let x = 0; x < width; x++) {
      const right = Math.min(picture.width, (x + 1) * step)
      let sum = 0
      for (let j = y * step; j < bottom; j++) {
        for (let i = x * step; i < right; i++) sum += picture.pixels[j * picture.width + i]!
      }
      pixels[y * width + x] = sum / ((bottom - y * step) * (right - x * step))
    }
  }
  return { width, height, pixels }
}

/** A small picture with pixels in between, along straight lines, so that strokes and borders can be told apart. */
function enlarged(picture: Grey): Grey {
  const { width: wide, height: high } = picture
  const times = Math.min(
    Math.ceil(SHORTEST / Math.min(wide, high)),
    Math.floor(LONGEST / Math.max(wide, high)),
  )
  if (times <= 1) return picture
  const [width, height] = [times * wide, times * high]
  const pixels = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = between(y, times, high)
    for (let x = 0; x < width; x++) {
      const [left, right, along] = between(x, times, wide)
      const row = (from: number) => {
        const first = picture.pixels[from * wide + left]!
        return first + along * (picture.pixels[from * wide + right]! - first)
      }
      const above = row(top)
      pixels[y * width + x] = above + down * (row(bottom) - above)
    }
  }
  return { width, height, pixels }
}

/** The two of `length` pixels between whose middles a new pixel's lies, and how far on the way. */
function between(
  index: number,
  times: number,
  length: number,
): [first: number, second: number, part: number] {
  const at = Math.min(length - 1, Math.max(0, (index + 0.5) / times - 0.5))
  const first = Math.floor(at)
  return [first, Math.min(length - 1, first + 1), at - first]
}

/** Whether what stands out from the median of its surroundings is lighter. */
function hasLightInk(picture: Grey): boolean {
  const { width, height, pixels } = reduced(
    picture,
    Math.ceil(Math.max(picture.width, picture.height) / COARSE),
  )
  const radius = Math.ceil(Math.max(width, height) / 4)
  const room = new Float32Array((2 * radius + 1) * (2 * radius + 1))
  let balance = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let count = 0
      for (let j = Math.max(0, y - radius); j <= Math.min(height - 1, y + radius); j++) {
        for (let i = Math.max(0, x - radius); i <= Math.min(width - 1, x + radius); i++) {
          room[count++] = pixels[j * width + i]!
        }
      }
      const median = room.subarray(0, count).sort()[count >> 1]!
      const off = pixels[y * width + x]! - median
      balance += off * Math.abs(off)
    }
  }
  return balance > 0
}
