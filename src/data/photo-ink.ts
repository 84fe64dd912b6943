/** Ink on paper in any light, with lines, shadows and a border. */
import { barsOf } from './border.js'
import {
  contactsOf,
  gapOf,
  type Part,
  PIECE_AREA,
  PIECE_GAP,
  partsOf,
  sizeOf,
  standAlone,
} from './components.js'
import { type Grey, paperOf } from './paper.js'
import { withoutRuling } from './ruling.js'

/** No stroke is as wide as this part of the picture's shorter side. */
const WIDEST = 0.3
/** Ink that is darker than its paper by a smaller part is none. */
const FAINTEST = 0.1
/** Where ink ends, as part of the darkest: the first that shows a digit. Shadows and lines reach beyond the first ones. */
const THRESHOLDS = [0.4, 0.55, 0.7, 0.25]
/** A digit's size is this part of the picture's shorter side at least. */
const SMALLEST = 0.07
/** The soft rim of ink outside of the threshold, as part of the picture's shorter side. */
const RIM = 0.015
/** What leaves the picture along a larger part of a side is no digit. */
const CONTACT = 0.4
/** A ring around something of this part of its size, and that fills less than this of its box, is a frame. */
const RING_INSIDE = 0.3
const RING_FILL = 0.3
/** What covers more of the picture is paper. */
const MOST_INK = 0.5
/** Ink stands out from the rest by so many standard deviations of that; noise above any threshold by less. */
const CLEARNESS = 4
/** The picture's shorter side for each pixel that noise is averaged over. */
const GRAIN = 150

/** What was found: ink and the number of digits that it shows; no ink for no digit. */
export interface PhotoInk {
  /** White on black, within the picture that was given. */
  readonly ink: Grey
  readonly digits: number
}

/**
 * Finds a digit on paper whose light varies.
 *
 * @param light whether the ink is lighter than the paper
 * @returns null where there is none
 */
export function photoInk(picture: Grey, light: boolean): PhotoInk | null {
  const { width, height } = picture
  const shorter = Math.min(width, height)
  const smooth = smoothed(picture, Math.floor(shorter / GRAIN))
  const dark = light
    ? { width, height, pixels: smooth.map((value) => 255 - value) }
    : { width, height, pixels: smooth }
  const reach = WIDEST * shorter
  const plain = withoutRuling(dark, paperOf(dark, reach))
  const bars = barsOf({ width, height, pixels: plain })
  const open = plain.map((value, i) => (bars[i] === 0 ? value : 0))
  const paper = paperOf({ width, height, pixels: open }, reach)
  const ink = open.map((value, i) => (bars[i] === 0 ? Math.max(0, 1 - value / Math.max(1, paper[i]!)) : 0))
  const peak = ink.reduce((most, value) => Math.max(most, value), 0)
  if (peak < FAINTEST) return null
  for (const mayLeave of [false, true]) {
    for (const threshold of THRESHOLDS) {
      const found = digitAbove({ width, height, pixels: ink }, threshold * peak, mayLeave)
      if (found !== null) return found
    }
  }
  return null
}

/** @param mayLeave whether the digit may be cut off by the side of the picture */
function digitAbove({ width, height, pixels }: Grey, threshold: number, mayLeave: boolean): PhotoInk | null {
  const shorter = Math.min(width, height)
  const mask = new Uint8Array(pixels.length)
  for (let i = 0; i < mask.length; i++) if (pixels[i]! > threshold) mask[i] = 1
  const { labels, parts } = partsOf(mask, width, height)
  const large = parts.filter((part) => {
    const contact = Math.max(...contactsOf(labels, width, height, part.label).map(({ length }) => length))
    return contact === 0 || (mayLeave && contact <= CONTACT)
  })
  const inside = large.filter((part) => !isRing(part, large))
  const area = inside.reduce((sum, part) => sum + part.area, 0)
  if (inside.length === 0 || area > MOST_INK * mask.length) return null
  const main = inside.reduce((most, part) => (part.area > most.area ? part : most))
  const size = sizeOf(main)
  if (size < SMALLEST * shorter) return null
  const isKept = new Uint8Array(parts.length + 1)
  for (const part of inside) {
    if (part.area >= PIECE_AREA * main.area && gapOf(part, main) < PIECE_GAP * size) isKept[part.label] = 1
  }
  const kept = new Uint8Array(pixels.length)
  for (let i = 0; i < kept.length; i++) kept[i] = isKept[labels[i]!]!
  const near = widened(kept, width, height, Math.max(1, Math.floor(RIM * shorter + 0.5)))
  if (!standsOut(pixels, kept, near, threshold)) return null
  const ink = pixels.map((value, i) => (near[i] === 0 ? 0 : value))
  return { ink: { width, height, pixels: ink }, digits: standAlone(inside, main) }
}

/** Whether the mean of what is kept is clear of what is far from it and below the threshold. */
function standsOut(pixels: Float32Array, kept: Uint8Array, near: Uint8Array, threshold: number): boolean {
  let [inkCount, inkSum, count, sum, squares] = [0, 0, 0, 0, 0]
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!
    if (kept[i] === 1) {
      inkCount++
      inkSum += value
    } else if (near[i] === 0 && value <= threshold) {
      count++
      sum += value
      squares += value * value
    }
  }
  if (count === 0) return false
  const mean = sum / count
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
  return inkSum / inkCount - mean >= CLEARNESS * deviation
}

function isRing(ring: Part, parts: readonly Part[]): boolean {
  const box = (ring.right - ring.left + 1) * (ring.bottom - ring.top + 1)
  if (ring.area > RING_FILL * box) return false
  return parts.some(
    (part) =>
      part.left > ring.left &&
      part.right < ring.right &&
      part.top > ring.top &&
      part.bottom < ring.bottom &&
      sizeOf(part) >= RING_INSIDE * sizeOf(ring),
  )
}

/** The mask, and all within `radius` pixels of it along rows and columns. */
function widened(mask: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const rows = new Uint8Array(mask.length)
  const result = new Uint8Array(mask.length)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++) {
      if (mask[row + x] !== 0)
        rows.fill(1, row + Math.max(0, x - radius), row + Math.min(width, x + radius + 1))
    }
  }
  for (let y = 0; y < height; y++) {
    const [first, last] = [Math.max(0, y - radius), Math.min(height - 1, y + radius)]
    for (let x = 0; x < width; x++) {
      if (rows[y * width + x] === 0) continue
      for (let j = first; j <= last; j++) result[j * width + x] = 1
    }
  }
  return result
}

/** The mean of the square of 2 radius + 1 pixels around each. */
function smoothed({ width, height, pixels }: Grey, radius: number): Float32Array {
  if (radius === 0) return pixels
  const rows = averaged(pixels, height, width, width, 1, radius)
  return averaged(rows, width, height, 1, width, radius)
}

/** Means along lines: line i begins at i * stride, its values are `step` apart. */
function averaged(
  pixels: Float32Array,
  lines: number,
  length: number,
  stride: number,
  step: number,
  radius: number,
): Float32Array {
  const result = new Float32Array(pixels.length)
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0
      for (let j = i - radius; j <= i + radius; j++) {
        sum += pixels[line * stride + Math.min(length - 1, Math.max(0, j)) * step]!
      }
      result[line * stride + i * step] = sum / (2 * radius + 1)
    }
  }
  return result
}
