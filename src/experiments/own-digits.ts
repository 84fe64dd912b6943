/** Ten digits of our own as strokes, and what draws them at any size. */

/** Points of a square picture of 100 x 100, y downward, joined by straight lines. */
export type Stroke = readonly (readonly [x: number, y: number])[]

export interface DrawnDigit {
  readonly label: number
  readonly strokes: readonly Stroke[]
  /** Diameter of the pen. */
  readonly pen: number
}

/** Points of an ellipse from one angle to another, in degrees clockwise from the top. */
function arc(x: number, y: number, rx: number, ry: number, from: number, to: number): Stroke {
  const pieces = Math.ceil(Math.abs(to - from) / 15)
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / pieces) * Math.PI) / 180
    return [x + rx * Math.sin(angle), y - ry * Math.cos(angle)] as const
  })
}

/**
 * Two fill the picture (0, 8), two are small (3, 6), three lie to a side (1, 4, 9), and three have a style of their own: a
 * 2 with a loop, a 5 in one stroke, a 7 with a bar.
 */
export const drawnDigits: readonly DrawnDigit[] = [
  { label: 0, pen: 9, strokes: [arc(50, 50, 38, 43, 20, 385)] },
  {
    ...{ label: 1, pen: 7 },
    strokes: [
      [
        [66, 34],
        [78, 22],
        [76, 50],
        [73, 80],
      ],
    ],
  },
  {
    ...{ label: 2, pen: 6 },
    strokes: [
      [
        ...arc(48, 34, 19, 16, -80, 110),
        [58, 50],
        [44, 66],
        [32, 76],
        ...arc(32, 71, 7, 6, 180, 400),
        [48, 78],
        [62, 82],
        [76, 76],
      ],
    ],
  },
  {
    ...{ label: 3, pen: 4 },
    strokes: [[...arc(49, 43, 9, 8, -70, 170), ...arc(50, 59, 11, 9, 0, 240)]],
  },
  {
    ...{ label: 4, pen: 7 },
    strokes: [
      [
        [26, 14],
        [18, 34],
        [10, 52],
        [30, 54],
        [54, 52],
      ],
      [
        [40, 26],
        [38, 52],
        [36, 84],
      ],
    ],
  },
  {
    ...{ label: 5, pen: 6 },
    strokes: [[[70, 20], [54, 20], [40, 22], [37, 34], [35, 46], ...arc(48, 62, 18, 18, -25, 230)]],
  },
  {
    ...{ label: 6, pen: 4 },
    strokes: [[[58, 34], [50, 40], [44, 50], [42, 58], ...arc(50, 60, 8, 8, -90, 290)]],
  },
  {
    ...{ label: 7, pen: 6 },
    strokes: [
      [
        [28, 24],
        [48, 23],
        [70, 21],
        [62, 40],
        [54, 60],
        [48, 82],
      ],
      [
        [42, 52],
        [56, 50],
        [68, 49],
      ],
    ],
  },
  {
    ...{ label: 8, pen: 8 },
    strokes: [
      [...arc(50, 28, 22, 20, 60, -190), ...arc(50, 71, 28, 23, 20, 340), ...arc(50, 28, 22, 20, 170, 50)],
    ],
  },
  {
    ...{ label: 9, pen: 6 },
    strokes: [[...arc(72, 60, 13, 13, 80, -270), [84, 70], [80, 84], [76, 96]]],
  },
]

/**
 * Draws strokes with a round pen, anti-aliased.
 *
 * @param size width and height of the picture, in pixels
 * @returns [size, size], white ink (255) on black paper
 */
export function drawStrokes({ strokes, pen }: DrawnDigit, size: number): Uint8Array {
  const scale = size / 100
  const radius = (pen * scale) / 2
  const image = new Uint8Array(size * size)
  const segments = strokes.flatMap((stroke) => stroke.slice(1).map((to, i) => [stroke[i]!, to] as const))
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let nearest = Number.POSITIVE_INFINITY
      for (const [from, to] of segments) {
        nearest = Math.min(nearest, distance((x + 0.5) / scale, (y + 0.5) / scale, from, to))
      }
      image[y * size + x] = 255 * Math.min(1, Math.max(0, radius - nearest * scale + 0.5))
    }
  }
  return image
}

function distance(
  x: number,
  y: number,
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  const [dx, dy] = [bx - ax, by - ay]
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)
  const t = Math.min(1, Math.max(0, along))
  const [ex, ey] = [x - ax - t * dx, y - ay - t * dy]
  return Math.sqrt(ex * ex + ey * ey)
}

/** A square picture scaled to `side` by averaging the area under each new pixel, and no more. */
export function scaledTo(side: number, pixels: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(side * side)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [left, right] = [(x * size) / side, ((x + 1) * size) / side]
      const [top, bottom] = [(y * size) / side, ((y + 1) * size) / side]
      let sum = 0
      for (let row = Math.floor(top); row < bottom; row++) {
        const high = Math.min(bottom, row + 1) - Math.max(top, row)
        for (let column = Math.floor(left); column < right; column++) {
          const wide = Math.min(right, column + 1) - Math.max(left, column)
          sum += high * wide * pixels[row * size + column]!
        }
      }
      result[y * side + x] = Math.floor(sum / ((right - left) * (bottom - top)) + 0.5)
    }
  }
  return result
}
