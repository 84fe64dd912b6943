import { Activation } from '../../../assembly/codes.js'
import { activate } from './activation.js'
import { kernel1x8, kernel4x4, MR, NR, NR_ROW } from './gemm-kernel.js'
import { edge1x8, edge4x4, KC, pack4 } from './gemm-pack.js'
import type { Views } from './views.js'

/** Where the gradients leave out the exact zeros of dy: see assembly/conv2d-sparse.ts. */
const LEAST_RUN = 16
const MOST_WEIGHTS = 1 << 17

/** Whether at least half of dy are zeros. Decided alike by every engine: while x and w are finite it changes no bit, but where they are not it shows. */
function skipsZeros(
  f32: Float32Array,
  DY: number,
  positions: number,
  filters: number,
  run: number,
  kernelHeight: number,
): boolean {
  if (run < LEAST_RUN || run > Math.floor(MOST_WEIGHTS / kernelHeight / filters)) return false
  const size = positions * filters
  let zeros = 0
  for (let i = DY; i < DY + size; i++) if (f32[i] === 0) zeros++
  return zeros * 2 >= size
}

/** Working memory, kept between calls and made anew only where a larger convolution comes. */
let panels = new Float32Array(0)
/** Lists one after the other: elements of dy, where each belongs, and where each list ends. */
let values = new Float32Array(0)
let places = new Int32Array(0)
let ends = new Int32Array(0)
const tile = new Float32Array(NR_ROW)

function reservePanels(size: number): void {
  if (panels.length < size) panels = new Float32Array(size)
}

function reserveLists(size: number, lists: number): void {
  if (values.length < size) {
    values = new Float32Array(size)
    places = new Int32Array(size)
  }
  if (ends.length < lists) ends = new Int32Array(lists)
}

/** y [batch, paddedHeight, paddedWidth, channels] = x at (top, left), else zeros; see assembly/conv2d.ts. */
export function pad2d(
  { f32 }: Views,
  x: number,
  y: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  top: number,
  left: number,
  paddedHeight: number,
  paddedWidth: number,
): void {
  const X = x >>> 2
  const Y = y >>> 2
  f32.fill(0, Y, Y + batch * paddedHeight * paddedWidth * channels)
  for (let b = 0; b < batch; b++) {
    for (let row = 0; row < height; row++) {
      const from = X + (b * height + row) * width * channels
      const to = Y + ((b * paddedHeight + row + top) * paddedWidth + left) * channels
      f32.copyWithin(to, from, from + width * channels)
    }
  }
}

/**
 * y[b, oy, ox, o] = sum over (ky, kx, c), from +0 and the last fastest, of
 * x[b, oy stride + ky, ox stride + kx, c] w[ky, kx, c, o], then + bias[o], then the activation: the product of w and
 * four neighbouring windows of x at a time, packed side by side.
 */
export function conv2d(
  memory: Views,
  x: number,
  w: number,
  bias: number,
  y: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  filters: number,
  stride: number,
  activation: number,
  slope: number,
): void {
  const { f32 } = memory
  const W = w >>> 2
  const Y = y >>> 2
  const outHeight = Math.floor((height - kernelHeight) / stride) + 1
  const outWidth = Math.floor((width - kernelWidth) / stride) + 1
  const run = kernelWidth * channels
  const terms = kernelHeight * run
  const whole = filters & -NR
  const rest = filters - whole
  // Filters that do not fill a tile are packed behind the windows.
  const restAt = terms * MR
  reservePanels(restAt + terms * NR)
  if (rest > 0) pack4(f32, W + whole, filters, 1, rest, terms, panels, restAt, NR)
  for (let row = 0; row < batch * outHeight; row++) {
    const oy = row % outHeight
    const top = (x >>> 2) + (((row - oy) / outHeight) * height + oy * stride) * width * channels
    for (let ox = 0; ox < outWidth; ox += MR) {
      const mr = Math.min(MR, outWidth - ox)
      const to = Y + (row * outWidth + ox) * filters
      for (let ky = 0; ky < kernelHeight; ky++) {
        const at = top + (ky * width + ox * stride) * channels
        pack4(f32, at, 1, stride * channels, mr, run, panels, ky * run * MR, MR)
      }
      for (let o = 0; o < whole; o += NR) {
        if (mr === MR) kernel4x4(panels, 0, f32, W + o, filters, f32, to + o, filters, terms, false)
        else edge4x4(panels, 0, f32, W + o, filters, f32, to + o, filters, terms, false, mr, NR)
      }
      if (rest > 0) {
        edge4x4(panels, 0, panels, restAt, NR, f32, to + whole, filters, terms, false, mr, rest)
      }
    }
  }
  const end = Y + batch * outHeight * outWidth * filters
  if (bias !== 0) {
    const from = bias >>> 2
    for (let row = Y; row < end; row += filters) {
      for (let o = 0; o < filters; o++) f32[row + o] = f32[row + o]! + f32[from + o]!
    }
  }
  if (activation !== Activation.None) activate(memory, y, y, end - Y, activation, slope)
}

/** dw[ky, kx, c, o] = sum over (b, oy, ox), from +0, of x[b, oy stride + ky, ox stride + kx, c] dy[b, oy, ox, o]. */
export function conv2dFilters(
  { f32 }: Views,
  x: number,
  dy: number,
  dw: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  filters: number,
  stride: number,
): void {
  const X = x >>> 2
  const DY = dy >>> 2
  const DW = dw >>> 2
  const outHeight = Math.floor((height - kernelHeight) / stride) + 1
  const outWidth = Math.floor((width - kernelWidth) / stride) + 1
  const run = kernelWidth * channels
  const terms = kernelHeight * run
  const rows = batch * outHeight
  const rowOf = (r: number) =>
    (Math.floor(r / outHeight) * height + (r % outHeight) * stride) * width * channels
  const skip = skipsZeros(f32, DY, rows * outWidth, filters, run, kernelHeight)
  // A block of terms is some whole rows of positions.
  const blockRows = Math.max(Math.floor(KC / outWidth), 1)
  if (skip) {
    reserveLists(blockRows * outWidth * filters, filters)
    reservePanels(filters * terms)
  } else reservePanels((((run + MR - 1) & -MR) + NR) * blockRows * outWidth)

  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row) * outWidth
    const from = DY + row * outWidth * filters
    if (skip) {
      let listed = 0
      for (let o = 0; o < filters; o++) {
        let at = from + o
        for (let p = 0; p < count; p += outWidth) {
          let place = X + rowOf(row + p / outWidth)
          for (let ox = 0; ox < outWidth; ox++) {
            const value = f32[at]!
            if (value !== 0) {
              values[listed] = value
              places[listed] = place
              listed++
            }
            at += filters
            place += stride * channels
          }
        }
        ends[o] = listed
      }
      for (let ky = 0; ky < kernelHeight; ky++) {
        addListedFilters(f32, ky * width * channels, ky * run, run, terms, filters, row > 0)
      }
    } else {
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let p = 0; p < count; p += outWidth) {
          const at = X + rowOf(row + p / outWidth) + ky * width * channels
          for (let q = 0; q < run; q += MR) {
            const to = q * count + p * MR
            pack4(f32, at + q, stride * channels, 1, Math.min(MR, run - q), outWidth, panels, to, MR)
          }
        }
        addFilters(f32, from, DW + ky * run * filters, run, filters, count, row > 0)
      }
    }
  }
  if (!skip) return
  for (let t = 0; t < terms; t++) {
    for (let o = 0; o < filters; o++) f32[DW + t * filters + o] = panels[o * terms + t]!
  }
}

/** dw [run, filters] += (packed x) dy, for x [run, count] and dy [count, filters]. */
function addFilters(
  f32: Float32Array,
  dy: number,
  dw: number,
  run: number,
  filters: number,
  count: number,
  resume: boolean,
): void {
  const restAt = ((run + MR - 1) & -MR) * count
  for (let o = 0; o < filters; o += NR) {
    const nr = Math.min(NR, filters - o)
    if (nr < NR) pack4(f32, dy + o, filters, 1, nr, count, panels, restAt, NR)
    for (let q = 0; q < run; q += MR) {
      const mr = Math.min(MR, run - q)
      const at = q * count
      const to = dw + q * filters + o
      if (nr < NR) {
        edge4x4(panels, at, panels, restAt, NR, f32, to, filters, count, resume, mr, nr)
      } else if (mr < MR) {
        edge4x4(panels, at, f32, dy + o, filters, f32, to, filters, count, resume, mr, NR)
      } else kernel4x4(panels, at, f32, dy + o, filters, f32, to, filters, count, resume)
    }
  }
}

/**
 * panels[o, to + q] += the sum over the listed elements of dy of filter o, each times the float q places after its own,
 * for q in 0 .. run - 1; `offset` leads from the list's places to the kernel's row.
 */
function addListedFilters(
  f32: Float32Array,
  offset: number,
  to: number,
  run: number,
  terms: number,
  filters: number,
  resume: boolean,
): void {
  for (let q = 0; q < run; q += NR_ROW) {
    // The last eight overlap those before.
    const first = Math.min(q, run - NR_ROW)
    for (let o = 0; o < filters; o++) {
      const start = o > 0 ? ends[o - 1]! : 0
      const sum = o * terms + to + first
      if (first === q) {
        kernel1x8(values, places, start, ends[o]!, f32, offset + q, 1, panels, sum, resume)
        continue
      }
      if (resume) for (let j = q - first; j < NR_ROW; j++) tile[j] = panels[sum + j]!
      kernel1x8(values, places, start, ends[o]!, f32, offset + first, 1, tile, 0, resume)
      for (let j = q - first; j < NR_ROW; j++) panels[sum + j] = tile[j]!
    }
  }
}

/**
 * dx[b, iy, ix, c] = sum over (ky, kx, o), from +0 and the last fastest, of w[ky, kx, c, o] dy[b, oy, ox, o], where
 * iy + top = oy stride + ky and ix + left = ox stride + kx; terms outside dy are left out.
 */
export function conv2dInput(
  { f32 }: Views,
  dy: number,
  w: number,
  dx: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  filters: number,
  stride: number,
  top: number,
  left: number,
  outHeight: number,
  outWidth: number,
): void {
  const DY = dy >>> 2
  const W = w >>> 2
  const positions = outHeight * outWidth
  const skip = skipsZeros(f32, DY, batch * positions, filters, kernelWidth * channels, kernelHeight)
  const taps = kernelHeight * kernelWidth
  const row = (channels + NR_ROW - 1) & -NR_ROW
  // w with the channels last, so that one element of dy meets eight of them: [taps, filters, row].
  reservePanels(taps * filters * row)
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c += 4) {
      const from = W + (tap * channels + c) * filters
      pack4(f32, from, 1, filters, Math.min(4, channels - c), filters, panels, tap * filters * row + c, row)
    }
  }
  reserveLists(positions * filters, positions)
  let to = dx >>> 2
  for (let b = 0; b < batch; b++) {
    listFilters(f32, DY + b * positions * filters, positions, filters, row, skip)
    for (let iy = 0; iy < height; iy++) {
      for (let ix = 0; ix < width; ix++) {
        let resume = false
        for (let ky = 0; ky < kernelHeight; ky++) {
          const oy = Math.floor((iy + top - ky) / stride)
          if (oy < 0 || oy >= outHeight || oy * stride !== iy + top - ky) continue
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ox = Math.floor((ix + left - kx) / stride)
            if (ox < 0 || ox >= outWidth || ox * stride !== ix + left - kx) continue
            const position = oy * outWidth + ox
            const start = position > 0 ? ends[position - 1]! : 0
            const end = ends[position]!
            if (start === end && resume) continue
            const from = (ky * kernelWidth + kx) * filters * row
            for (let c = 0; c < channels; c += NR_ROW) {
              const columns = Math.min(NR_ROW, channels - c)
              if (columns === NR_ROW) {
                kernel1x8(values, places, start, end, panels, from + c, 1, f32, to + c, resume)
              } else {
                edge1x8(values, places, start, end, panels, from + c, 1, f32, to + c, resume, columns)
              }
            }
            resume = true
          }
        }
        if (!resume) f32.fill(0, to, to + channels)
        to += channels
      }
    }
  }
}

/** Lists dy at each position of an image, all filters or those that are not zero, with the row of w that each meets. */
function listFilters(
  f32: Float32Array,
  dy: number,
  positions: number,
  filters: number,
  row: number,
  skip: boolean,
): void {
  let listed = 0
  for (let position = 0; position < positions; position++) {
    for (let o = 0; o < filters; o++) {
      const value = f32[dy + o]!
      if (!skip || value !== 0) {
        values[listed] = value
        places[listed] = o * row
        listed++
      }
    }
    dy += filters
    ends[position] = listed
  }
}
