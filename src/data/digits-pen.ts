/** Width and height of the canvas that a digit is drawn on, in pixels. */
export const CANVAS = 48
/** The longer side of a digit on the canvas, in pixels: twice what it is prepared to, so that its edges come out grey. */
const INK = 40
/** Length of a pixel's soft edge on either side of the pen's rim, in pixels. */
const EDGE = 0.5
/** Added to a squared length that may be zero, in pixels squared: far below what shows. */
const TINY = 1e-9

/** Where the pen went: points in any unit, joined by straight lines within a stroke. */
export interface Trace {
  readonly x: number[]
  readonly y: number[]
  /** The pen's radius at each point, as part of half the digit's longer side. */
  readonly radius: number[]
  /** Index of the first point of each stroke. */
  readonly starts: number[]
}

/**
 * Draws a trace on a cleared canvas [CANVAS, CANVAS], ink 1 on paper 0, anti-aliased by the distance to the pen's rim.
 * The digit is scaled to the canvas and centred.
 *
 * @param radius the pen's mean radius, as in Trace
 */
export function drawTrace(canvas: Float32Array, trace: Trace, radius: number): void {
  const { x, y, starts } = trace
  const [left, right] = range(x)
  const [top, bottom] = range(y)
  const half = INK / 2
  const scale = (INK - 2 * radius * half) / Math.max(right - left, bottom - top)
  const originX = (CANVAS - scale * (left + right)) / 2
  const originY = (CANVAS - scale * (top + bottom)) / 2
  const canvasX = x.map((value) => originX + scale * value)
  const canvasY = y.map((value) => originY + scale * value)
  const rim = trace.radius.map((value) => half * value)
  canvas.fill(0)
  for (let stroke = 0; stroke < starts.length; stroke++) {
    const end = starts[stroke + 1] ?? x.length
    for (let i = starts[stroke]! + 1; i < end; i++) {
      drawSegment(canvas, canvasX[i - 1]!, canvasY[i - 1]!, rim[i - 1]!, canvasX[i]!, canvasY[i]!, rim[i]!)
    }
  }
}

function range(values: readonly number[]): [lowest: number, highest: number] {
  let lowest = Infinity
  let highest = -Infinity
  for (const value of values) {
    lowest = Math.min(lowest, value)
    highest = Math.max(highest, value)
  }
  return [lowest, highest]
}

/** Draws a round pen's way from a to b, its radius going evenly from one to the other. */
function drawSegment(
  canvas: Float32Array,
  ax: number,
  ay: number,
  aRadius: number,
  bx: number,
  by: number,
  bRadius: number,
): void {
  const dx = bx - ax
  const dy = by - ay
  const perLength = 1 / (dx * dx + dy * dy + TINY)
  const reach = Math.max(aRadius, bRadius) + EDGE
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach))
  const right = Math.min(CANVAS - 1, Math.floor(Math.max(ax, bx) + reach))
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach))
  const bottom = Math.min(CANVAS - 1, Math.floor(Math.max(ay, by) + reach))
  for (let row = top; row <= bottom; row++) {
    const py = row + 0.5 - ay
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - ax
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * perLength))
      const nearX = px - along * dx
      const nearY = py - along * dy
      const squared = nearX * nearX + nearY * nearY
      const rim = aRadius + along * (bRadius - aRadius) + EDGE
      if (squared >= rim * rim) continue
      const ink = Math.min(1, rim - Math.sqrt(squared))
      const at = row * CANVAS + column
      if (ink > canvas[at]!) canvas[at] = ink
    }
  }
}
