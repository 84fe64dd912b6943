/** Lines that paper is printed with: found by their length, and taken away without cutting what is written over them. */
import type { Grey } from './paper.js'

/** The most that lines lean, as height for length: 18 degrees. */
const STEEPEST = 0.325
/** The thickest line, as part of the picture's shorter side. */
const THICKEST = 0.03
/** A line is darker than what is beside it by this part at least. */
const FAINTEST = 0.05
/** What is darker than the paper by this part hides a line. */
const HIDING = 0.15
/** Of the places where a line is not hidden, it is seen at this part at least. */
const WHOLE = 0.85
/** A line is seen, not hidden, along this part of the picture at least. */
const SEEN = 0.3
/** Half the length that is averaged along a line, in pixels: against noise. */
const SMEAR = 3
/** Columns from one look at a line to the next. */
const STRIDE = 3

/**
 * @param picture dark lines on light paper
 * @param paper [height, width]: the paper without lines
 * @returns [height, width]: the picture without its straight lines from side to side: each is filled from what is above and below it, or
 *   to the left and right
 */
export function withoutRuling(picture: Grey, paper: Float32Array): Float32Array {
  const turned = (pixels: Float32Array) => transposed(pixels, picture.width, picture.height)
  const { width, height } = picture
  const across = withoutRows(picture, paper)
  const down = withoutRows({ width: height, height: width, pixels: turned(across) }, turned(paper))
  return transposed(down, height, width)
}

function transposed(pixels: Float32Array, width: number, height: number): Float32Array {
  const result = new Float32Array(pixels.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) result[x * height + y] = pixels[y * width + x]!
  return result
}

/** What is to be seen at a pixel. */
const LIGHT = 0
const LINE = 1
const HIDDEN = 2

function withoutRows(picture: Grey, paper: Float32Array): Float32Array {
  const { width, height, pixels } = picture
  const reach = Math.max(2, Math.ceil(THICKEST * Math.min(width, height)))
  const sights = sightsOf(picture, paper, reach)
  let seen = 0
  for (const sight of sights) if (sight === LINE) seen++
  if (seen < SEEN * width) return pixels
  const slope = slopeOf(sights, width, height)
  const rows: number[] = []
  eachRow(sights, width, height, slope, (row, seen, light, inside) => {
    if (isLine(seen, light, inside, width)) rows.push(row)
  })
  if (rows.length === 0) return pixels
  return filled(picture, slope, rows)
}

function isLine(seen: number, light: number, inside: number, width: number): boolean {
  return seen >= SEEN * inside && seen >= WHOLE * (seen + light) && STRIDE * inside >= SEEN * width
}

/** LINE where the picture is darker than `reach` above and below, HIDDEN where it is dark all the same. */
function sightsOf({ width, height, pixels }: Grey, paper: Float32Array, reach: number): Uint8Array {
  const smooth = new Float32Array(pixels.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let i = x - SMEAR; i <= x + SMEAR; i++) {
        sum += pixels[y * width + Math.min(width - 1, Math.max(0, i))]!
      }
      smooth[y * width + x] = sum / (2 * SMEAR + 1)
    }
  }
  const sights = new Uint8Array(pixels.length)
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - reach) * width
    const below = Math.min(height - 1, y + reach) * width
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const beside = Math.min(smooth[above + x]!, smooth[below + x]!)
      if (smooth[at]! < (1 - FAINTEST) * beside) sights[at] = LINE
      else if (pixels[at]! < (1 - HIDING) * paper[at]!) sights[at] = HIDDEN
    }
  }
  return sights
}

/** Calls `visit` for each line of a slope: its row in the middle column, and how often it is seen, is not there, is inside. */
function eachRow(
  sights: Uint8Array,
  width: number,
  height: number,
  slope: number,
  visit: (row: number, seen: number, light: number, inside: number) => void,
): void {
  const rise = Math.ceil((Math.abs(slope) * width) / 2)
  const looks = Math.ceil(width / STRIDE)
  const rows = Int32Array.from({ length: looks }, (_, i) => rowAt(0, slope, i * STRIDE, width))
  for (let row = -rise; row < height + rise; row++) {
    let [seen, light, inside] = [0, 0, 0]
    for (let i = 0; i < looks; i++) {
      const y = row + rows[i]!
      if (y < 0 || y >= height) continue
      inside++
      const sight = sights[y * width + i * STRIDE]!
      if (sight === LINE) seen++
      else if (sight === LIGHT) light++
    }
    visit(row, seen, light, inside)
  }
}

function rowAt(row: number, slope: number, x: number, width: number): number {
  return row + Math.floor(slope * (x - width / 2) + 0.5)
}

/** The slope along which lines are seen best. */
function slopeOf(sights: Uint8Array, width: number, height: number): number {
  const step = 2 / width
  const steps = Math.floor(STEEPEST / step)
  let best = 0
  let most = 0
  for (let i = -steps; i <= steps; i++) {
    let score = 0
    eachRow(sights, width, height, i * step, (_, seen, light, inside) => {
      if (isLine(seen, light, inside, width)) score += seen / inside
    })
    if (score > most) [best, most] = [i * step, score]
  }
  return best
}

/** Fills each run of rows from the pixels above and below it. */
function filled({ width, height, pixels }: Grey, slope: number, rows: readonly number[]): Float32Array {
  const result = pixels.slice()
  for (let i = 0; i < rows.length; ) {
    let end = i
    while (rows[end + 1] === rows[end]! + 1) end++
    const [first, last] = [rows[i]! - 2, rows[end]! + 2]
    for (let x = 0; x < width; x++) {
      const from = rowAt(first, slope, x, width)
      const to = rowAt(last, slope, x, width)
      const above = pixels[Math.min(height - 1, Math.max(0, from)) * width + x]!
      const below = pixels[Math.min(height - 1, Math.max(0, to)) * width + x]!
      for (let y = Math.max(0, from + 1); y < Math.min(height, to); y++) {
        const start = from < 0 ? below : above
        const stop = to >= height ? above : below
        result[y * width + x] = start + ((stop - start) * (y - from)) / (to - from)
      }
    }
    i = end + 1
  }
  return result
}
