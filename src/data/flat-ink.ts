/** Ink on paper of one colour: a drawing, a scan, a photo in good light. */
import {
  type Contact,
  contactsOf,
  gapOf,
  type Part,
  PIECE_AREA,
  PIECE_GAP,
  partsOf,
  sizeOf,
  standAlone,
} from './components.js'
import type { Grey } from './paper.js'

/** Differences in luminance that are no drawing: noise, and what JPEG adds. */
const BLANK = 24
/** Of the ink's brightest value: what is less is paper. As prepareImage has it. */
const PAPER = 0.1
/** More of a picture is no ink. */
const MOST_INK = 0.6
/** A digit is drawn in no more pieces. */
const MOST_PARTS = 10
/** Ink that leaves the picture does so along this part of a side at most; a frame and a shadow along all of it. */
const CONTACT = 0.4
/** The mean of the same over the four sides of a picture that is cut to its digit. */
const CUT_CONTACT = 0.45

/**
 * What differs from the paper, whose luminance is the median of the border, in the direction in which more differs.
 *
 * @returns white ink on black paper; null for a picture of one colour
 */
export function flatInk({ width, height, pixels }: Grey): Grey | null {
  const paper = borderMedian(pixels, width, height)
  let balance = 0
  for (const value of pixels) balance += value - paper
  const isLight = balance > 0
  const ink = pixels.map((value) => Math.max(0, isLight ? value - paper : paper - value))
  return largest(ink) < BLANK ? null : { width, height, pixels: ink }
}

function borderMedian(pixels: Float32Array, width: number, height: number): number {
  const border = new Float32Array(2 * (width + height))
  for (let x = 0; x < width; x++) {
    border[2 * x] = pixels[x]!
    border[2 * x + 1] = pixels[(height - 1) * width + x]!
  }
  for (let y = 0; y < height; y++) {
    border[2 * (width + y)] = pixels[y * width]!
    border[2 * (width + y) + 1] = pixels[y * width + width - 1]!
  }
  return border.sort()[border.length >> 1]!
}

function largest(values: Float32Array): number {
  let most = 0
  for (const value of values) if (value > most) most = value
  return most
}

/**
 * How many digits the ink can be by its shape: 0 if some of it is noise, a line, a frame or a shadow.
 *
 * @param step ink is looked at in squares of so many pixels
 */
export function digitsIn({ width, height, pixels }: Grey, step: number): number {
  const least = PAPER * largest(pixels)
  const [wide, high] = [Math.ceil(width / step), Math.ceil(height / step)]
  const mask = new Uint8Array(wide * high)
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / step) * wide
    for (let x = 0; x < width; x++, i++) if (pixels[i]! > least) mask[row + Math.floor(x / step)] = 1
  }
  const { parts } = partsOf(mask, wide, high)
  const area = parts.reduce((sum, part) => sum + part.area, 0)
  if (area > MOST_INK * mask.length || parts.length > MOST_PARTS) return 0
  const main = parts.reduce((most, part) => (part.area > most.area ? part : most))
  if (parts.some((part) => isDust(part, main))) return 0
  const contacts = contactsOf(mask, wide, high, 1)
  const corners = mask[0]! + mask[wide - 1]! + mask[(high - 1) * wide]! + mask.at(-1)!
  // What fills a corner is a shadow.
  if (!(corners === 0 && leaves(contacts)) && !(parts.length === 1 && isCut(contacts))) return 0
  return standAlone(parts, main)
}

function isDust(part: Part, main: Part): boolean {
  return part.area < PIECE_AREA * main.area && gapOf(part, main) > PIECE_GAP * sizeOf(main)
}

/** Whether what touches the sides, if anything, is a digit that runs out of the picture at one of them or in a corner. */
function leaves([top, bottom, left, right]: readonly Contact[]): boolean {
  const across = (top!.places > 0 && bottom!.places > 0) || (left!.places > 0 && right!.places > 0)
  return !across && Math.max(top!.length, bottom!.length, left!.length, right!.length) <= CONTACT
}

/** Whether what touches the sides of the picture is a digit that the picture was cut to, and no frame or ruling. */
function isCut(contacts: readonly Contact[]): boolean {
  const length = contacts.reduce((sum, contact) => sum + contact.length, 0)
  return length <= 4 * CUT_CONTACT && contacts.every(({ places }) => places === 1 || places === 2)
}
