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

/** How a part touches each of the four sides of the picture. */
export function contactsOf(labels: Int32Array, width: number, height: number, label: number): Contact[] {
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

/** A digit of its own is this part of the largest one's size and area, and this part of its size away. */
const ALONE_SIZE = 0.55
const ALONE_AREA = 0.3
const ALONE_GAP = 0.12

/** How many digits parts are: those that are about as large as the main one and apart from it, and that one. */
export function standAlone(parts: readonly Part[], main: Part): number {
  const size = sizeOf(main)
  const others = parts.filter(
    (part) =>
      part !== main &&
      sizeOf(part) >= ALONE_SIZE * size &&
      part.area >= ALONE_AREA * main.area &&
      gapOf(part, main) > ALONE_GAP * size,
  )
  return 1 + others.length
}
