/** Pixels on their way out of a picture file. */
import { DataError } from '../errors.js'
import type { Raster as Colours } from '../index.js'

/** Takes a picture's pixels in any order: colours and opacity of 0 to 255. Each has to come once. */
export interface PixelSink {
  put(x: number, y: number, red: number, green: number, blue: number, alpha: number): void
}

/** Makes what takes the pixels of a picture of this size. */
export type SinkMaker<T extends PixelSink> = (width: number, height: number) => T

/** A decoded picture: [height, width], each value 0 to 255. */
export interface Raster {
  readonly width: number
  readonly height: number
  /** Luminance. */
  readonly grey: Float32Array
  /** 0 where nothing is; null where all of it is opaque. */
  readonly alpha: Float32Array | null
}

/** Larger pictures are refused rather than unpacked: a progressive JPEG takes 11 bytes a pixel on its way. */
const MOST_PIXELS = 32e6
/** JPEG has no longer sides. */
const LONGEST_SIDE = 65_535

/** Pictures of more pixels are made smaller as they are read: a digit needs no more, and memory is bounded by it. */
const KEPT_PIXELS = 4e6

/**
 * A picture's luminance, for the search for ink. A picture of more than four million pixels is made smaller by a whole number:
 * each pixel is then the mean of a square of the file's, weighted by how opaque they are.
 */
export class RasterBuilder implements PixelSink {
  private readonly step: number
  private readonly wide: number
  private readonly high: number
  private readonly grey: Float32Array
  private readonly alpha: Float32Array
  private opaque = true

  /** Of a picture of this size in the file. */
  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.step = Math.ceil(Math.sqrt((width * height) / KEPT_PIXELS))
    this.wide = Math.ceil(width / this.step)
    this.high = Math.ceil(height / this.step)
    this.grey = new Float32Array(this.wide * this.high)
    this.alpha = new Float32Array(this.wide * this.high)
  }

  put(x: number, y: number, red: number, green: number, blue: number, alpha: number): void {
    const grey = red === green && green === blue ? red : luminance(red, green, blue)
    if (alpha !== 255) this.opaque = false
    if (this.step === 1) {
      const at = y * this.wide + x
      this.grey[at] = grey
      this.alpha[at] = alpha
      return
    }
    const at = Math.floor(y / this.step) * this.wide + Math.floor(x / this.step)
    this.grey[at]! += grey * alpha
    this.alpha[at]! += alpha
  }

  build(): Raster {
    const { step, wide, high, grey, alpha } = this
    if (step > 1) {
      for (let y = 0, at = 0; y < high; y++) {
        const rows = Math.min(step, this.height - y * step)
        for (let x = 0; x < wide; x++, at++) {
          const count = rows * Math.min(step, this.width - x * step)
          if (alpha[at]! > 0) grey[at]! /= alpha[at]!
          alpha[at]! /= count
        }
      }
    }
    return { width: wide, height: high, grey, alpha: this.opaque ? null : alpha }
  }
}

/** A picture's colours as bytes: [height, width, 4]. */
export class ColourBuilder implements PixelSink {
  private readonly data: Uint8Array

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.data = new Uint8Array(width * height * 4)
  }

  put(x: number, y: number, red: number, green: number, blue: number, alpha: number): void {
    const at = (y * this.width + x) * 4
    this.data[at] = red + 0.5
    this.data[at + 1] = green + 0.5
    this.data[at + 2] = blue + 0.5
    this.data[at + 3] = alpha + 0.5
  }

  build(): Colours {
    return { width: this.width, height: this.height, channels: 4, data: this.data }
  }
}

/** @throws DataError naming the file, for a picture that has no pixels, or more than are read */
export function checkSize(width: number, height: number, file: string): void {
  const shortest = Math.min(width, height)
  if (shortest >= 1 && width * height <= MOST_PIXELS && Math.max(width, height) <= LONGEST_SIDE) return
  throw new DataError(
    `${file}: expected a picture of 1 to ${MOST_PIXELS / 1e6} million pixels with sides of at most ${LONGEST_SIDE}, found ${width} x ${height}.`,
  )
}

/** Recommendation ITU-R BT.601. */
function luminance(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}
