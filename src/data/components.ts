/** Connected parts of a picture. */

/** Pixels that hang together by sides or corners. */
export interface Part {
  /** Its number in `labels`, from 1 up. */
  readonly label: number
  readonly left: number
  readonly top: number
  /** The last column and row. */
  readonly right: number
  readonly bottom: number
  /** In pixels. */
  readonly area: number
}

export interface Parts {
  /** [height, width]: the label of each pixel's part, 0 where there is none. */
  readonly labels: Int32Array
  readonly parts: readonly Part[]
}

/** @param mask [height, width]: not 0 where something is */
export function partsOf(mask: Uint8Array, width: number, height: number): Parts {
  const labels = new Int32Array(mask.length)
  const stack: number[] = []
  const parts: Part[] = []
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue
    const label = parts.length + 1
    let [left, right, top, bottom, area] = [width, 0, height, 0, 0]
    labels[start] = label
    stack.push(start)
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width
      const y = (at - x) / width
      area++
      if (x < left) left = x
      if (x > right) right = x
      if (y < top) top = y
      if (y > bottom) bottom = y
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column
          if (mask[next] === 0 || labels[next] !== 0) continue
          labels[next] = label
          stack.push(next)
        }
      }
    }
    parts.push({ label, left, top, right, bottom, area })
  }
  return { labels, parts }
}

/** A piece of a digit has this part of the area of the largest at least, and is nearer to it than this part of its size. */
export const PIECE_AREA = 0.02
export const PIECE_GAP = 0.35

/** The longer side of a part's box, in pixels. */
export function sizeOf({ left, top, right, bottom }: Part): number {
  return Math.max(right - left, bottom - top) + 1
}

/** The pixels between two parts' boxes, along the axis where they are further apart; 0 or less if the boxes overlap. */
export function gapOf(a: Part, b: Part): number {
  return Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom)
}

/** How a part touches a side of the picture. */
export interface Contact {
  /** Part of the side's length. */
  readonly length: number
  /** In so many places. */
  readonly places: number
}

/** How a part touches the top, the bottom, the left and the right side of the picture. */
export function contactsOf(
  labels: Int32Array | Uint8Array,
  width: number,
  height: number,
  label: number,
): Contact[] {
  const side = (start: number, step: number, count: number): Contact => {
    let [length, places] = [0, 0]
    for (let i = 0, at = start; i < count; i++, at += step) {
      if (labels[at] !== label) continue
      length++
      if (i === 0 || labels[at - step] !== label) places++
    }
    return { length: length / count, places }
  }
  return [
    side(0, 1, width),
    side((height - 1) * width, 1, width),
    side(0, width, height),
    side(width - 1, width, height),
  ]
}

/** Of two digits, one has this part of the other's height and area at least, ... */
const ALONE_HEIGHT = 0.6
const ALONE_AREA = 0.3
/** ... each this height for its width, or else it is a piece of one, ... */
const ALONE_TALL = 0.7
/** ... and between them are these parts of the larger one's size, side by side and one above the other. */
const ALONE_BESIDE = 0.12
const ALONE_BELOW = 0.25

/** How many digits parts are: the main one, and those that are about as large and apart from it. */
export function standAlone(parts: readonly Part[], main: Part): number {
  if (!isTall(main)) return 1
  const size = sizeOf(main)
  const others = parts.filter((part) => {
    const heights = heightOf(part) / heightOf(main)
    if (Math.min(heights, 1 / heights) < ALONE_HEIGHT) return false
    if (part === main || part.area < ALONE_AREA * main.area || !isTall(part)) return false
    const beside = Math.max(part.left - main.right, main.left - part.right)
    const below = Math.max(part.top - main.bottom, main.top - part.bottom)
    return beside > ALONE_BESIDE * size || below > ALONE_BELOW * size
  })
  return 1 + others.length
}

function heightOf({ top, bottom }: Part): number {
  return bottom - top + 1
}

function isTall(part: Part): boolean {
  return heightOf(part) >= ALONE_TALL * (part.right - part.left + 1)
}
