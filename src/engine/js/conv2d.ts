import { activate } from './activation.js'
import type { Views } from './views.js'

const f = Math.fround

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
  let zeros = 0
  for (let i = 0; i < positions * filters; i++) if (f32[DY + i] === 0) zeros++
  return zeros * 2 >= positions * filters
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
 * x[b, oy stride + ky, ox stride + kx, c] w[ky, kx, c, o], then + bias[o], then the activation.
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
  const X = x >>> 2
  const outHeight = Math.floor((height - kernelHeight) / stride) + 1
  const outWidth = Math.floor((width - kernelWidth) / stride) + 1
  let to = y >>> 2
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        f32.fill(0, to, to + filters)
        let W = w >>> 2
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const pixel = (b * height + oy * stride + ky) * width + ox * stride + kx
            for (let c = 0; c < channels; c++) {
              const value = f32[X + pixel * channels + c]!
              for (let o = 0; o < filters; o++) f32[to + o] = f32[to + o]! + f(value * f32[W++]!)
            }
          }
        }
        if (bias !== 0) for (let o = 0; o < filters; o++) f32[to + o] = f32[to + o]! + f32[(bias >>> 2) + o]!
        to += filters
      }
    }
  }
  activate(memory, y, y, batch * outHeight * outWidth * filters, activation, slope)
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
  const DW = dw >>> 2
  const outHeight = Math.floor((height - kernelHeight) / stride) + 1
  const outWidth = Math.floor((width - kernelWidth) / stride) + 1
  f32.fill(0, DW, DW + kernelHeight * kernelWidth * channels * filters)
  let DY = dy >>> 2
  const positions = batch * outHeight * outWidth
  const skip = skipsZeros(f32, DY, positions, filters, kernelWidth * channels, kernelHeight)
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let to = DW
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const pixel = (b * height + oy * stride + ky) * width + ox * stride + kx
            for (let c = 0; c < channels; c++) {
              const value = f32[X + pixel * channels + c]!
              for (let o = 0; o < filters; o++) {
                if (skip && f32[DY + o] === 0) continue
                f32[to + o] = f32[to + o]! + f(value * f32[DY + o]!)
              }
              to += filters
            }
          }
        }
        DY += filters
      }
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
  const positions = batch * outHeight * outWidth
  const skip = skipsZeros(f32, DY, positions, filters, kernelWidth * channels, kernelHeight)
  let to = dx >>> 2
  for (let b = 0; b < batch; b++) {
    for (let iy = 0; iy < height; iy++) {
      for (let ix = 0; ix < width; ix++) {
        f32.fill(0, to, to + channels)
        for (let ky = 0; ky < kernelHeight; ky++) {
          const oy = (iy + top - ky) / stride
          if (!Number.isInteger(oy) || oy < 0 || oy >= outHeight) continue
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ox = (ix + left - kx) / stride
            if (!Number.isInteger(ox) || ox < 0 || ox >= outWidth) continue
            let W = (w >>> 2) + (ky * kernelWidth + kx) * channels * filters
            const from = DY + ((b * outHeight + oy) * outWidth + ox) * filters
            for (let c = 0; c < channels; c++) {
              let sum = f32[to + c]!
              for (let o = 0; o < filters; o++, W++) {
                if (skip && f32[from + o] === 0) continue
                sum = f(sum + f(f32[W]! * f32[from + o]!))
              }
              f32[to + c] = sum
            }
          }
        }
        to += channels
      }
    }
  }
}
