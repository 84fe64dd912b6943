/** What lies along the sides of a picture and is no paper: a frame, the table, the edge of the sheet. */
import type { Grey } from './paper.js'

/** A bar reaches at most this part of the picture inwards. */
const DEEPEST = 0.3
/** A bar's edge is a step of brightness by this part, ... */
const STEP = 0.06
/** ... along this part of its length; a digit may touch it along the rest. */
const LENGTH = 0.78
/** A bar's edge leans by at most this, as height for length. */
const STEEPEST = 0.06
/** Pixels on either side of an edge that are compared. */
const APART = 3
/** Places along an edge that are looked at, at most. */
const LOOKS = 100
/** Pixels that an edge may take from dark to light. */
const SOFT = 7
/** A difference of brightness in a bar that is ink, so that the bar is a shadow; as part, and as luminance. */
const INK_PART = 0.4
const INK_LEAST = 25
/** Ink covers this part of a bar's innermost pixels at least. */
const INK_COVER = 0.004

/** A picture seen from one of its sides: pixel (x, y) is at origin + x * along + y * inward. */
interface Side {
  readonly length: number
  readonly depth: number
  readonly origin: number
  readonly along: number
  readonly inward: number
}

/** @returns [height, width]: 1 where a bar along a side of the picture is */
export function barsOf(picture: Grey): Uint8Array {
  const { width, height, pixels } = picture
  const bars = new Uint8Array(pixels.length)
  const across = { length: width, depth: height, along: 1 }
  const down = { length: height, depth: width, along: width }
  const sides: readonly Side[] = [
    { ...across, origin: 0, inward: width },
    { ...across, origin: (height - 1) * width, inward: -width },
    { ...down, origin: 0, inward: 1 },
    { ...down, origin: width - 1, inward: -1 },
  ]
  for (const side of sides) {
    const edge = innermostEdge(pixels, side)
    if (edge === null || hasInk(pixels, side, edge)) continue
    for (let x = 0; x < side.length; x++) {
      const end = Math.min(side.depth, edgeAt(edge, x, side) + 2)
      for (let y = 0; y < end; y++) bars[side.origin + x * side.along + y * side.inward] = 1
    }
  }
  return bars
}

/** The first row of paper in the middle of a side, and how it leans. */
interface Edge {
  readonly row: number
  readonly slope: number
}

function edgeAt({ row, slope }: Edge, x: number, { length }: Side): number {
  return row + Math.floor(slope * (x - length / 2) + 0.5)
}

function innermostEdge(pixels: Float32Array, side: Side): Edge | null {
  const { length, depth, origin, along, inward } = side
  const stride = Math.ceil(length / LOOKS)
  const step = APART / length
  const steps = Math.floor(STEEPEST / step)
  const pixel = (x: number, y: number) =>
    pixels[origin + x * along + Math.min(depth - 1, Math.max(0, y)) * inward]!
  const isEdge = (edge: Edge): boolean => {
    let [darker, lighter, looks] = [0, 0, 0]
    for (let x = 0; x < length; x += stride) {
      const y = edgeAt(edge, x, side)
      const outer = pixel(x, y - APART)
      const inner = pixel(x, y + APART - 1)
      looks++
      if (outer < (1 - STEP) * inner) darker++
      else if (inner < (1 - STEP) * outer) lighter++
    }
    return Math.max(darker, lighter) >= LENGTH * looks
  }
  for (let row = Math.floor(DEEPEST * depth); row > -APART; row--) {
    for (let i = -steps; i <= steps; i++) {
      // A step is seen from up to APART - 1 rows inside of where it is.
      if (isEdge({ row, slope: i * step })) return { row: row - APART + 1, slope: i * step }
    }
  }
  return null
}

/** Whether what is written on the paper goes on behind an edge, which then is that of a shadow. */
function hasInk(pixels: Float32Array, side: Side, edge: Edge): boolean {
  const values: number[] = []
  for (let x = 0; x < side.length; x++) {
    const end = edgeAt(edge, x, side) - SOFT
    for (let y = Math.max(0, end - SOFT); y < end; y++) {
      values.push(pixels[side.origin + x * side.along + y * side.inward]!)
    }
  }
  if (values.length === 0) return false
  const middle = values.slice().sort((a, b) => a - b)[values.length >> 1]!
  const least = Math.max(INK_LEAST, INK_PART * middle)
  return values.filter((value) => Math.abs(value - middle) > least).length > INK_COVER * values.length
}
