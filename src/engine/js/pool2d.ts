import type { Views } from './views.js'

const f = Math.fround

/** The largest of each window and its place in it; see assembly/pool2d.ts. `largest` may be 0, left out. */
export function maxPool2d(
  { f32, i32 }: Views,
  x: number,
  y: number,
  largest: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  windowHeight: number,
  windowWidth: number,
  stride: number,
): void {
  const X = x >>> 2
  let to = y >>> 2
  let placeAt = largest >>> 2
  const outHeight = Math.floor((height - windowHeight) / stride) + 1
  const outWidth = Math.floor((width - windowWidth) / stride) + 1
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = X + ((b * height + oy * stride) * width + ox * stride) * channels
        for (let c = 0; c < channels; c++) {
          let best = f32[window + c]!
          let place = 0
          for (let ky = 0; ky < windowHeight; ky++) {
            let at = window + ky * width * channels + c
            for (let kx = 0; kx < windowWidth; kx++) {
              const value = f32[at]!
              if (value > best || Number.isNaN(value)) {
                best = value
                place = ky * windowWidth + kx
              }
              at += channels
            }
          }
          f32[to++] = best
          if (largest !== 0) i32[placeAt++] = place
        }
      }
    }
  }
}

/** dx = sum of dy over the windows whose largest it is, in increasing (oy, ox). */
export function maxPool2dBackward(
  { f32, i32 }: Views,
  dy: number,
  largest: number,
  dx: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  windowHeight: number,
  windowWidth: number,
  stride: number,
): void {
  let from = dy >>> 2
  let placeAt = largest >>> 2
  const DX = dx >>> 2
  const outHeight = Math.floor((height - windowHeight) / stride) + 1
  const outWidth = Math.floor((width - windowWidth) / stride) + 1
  f32.fill(0, DX, DX + batch * height * width * channels)
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = DX + ((b * height + oy * stride) * width + ox * stride) * channels
        for (let c = 0; c < channels; c++) {
          const place = i32[placeAt++]!
          const ky = (place / windowWidth) | 0
          const to = window + (ky * width + place - ky * windowWidth) * channels + c
          f32[to] = f32[to]! + f32[from++]!
        }
      }
    }
  }
}

/** y = (sum of each window in row-major order) / its size. */
export function averagePool2d(
  { f32 }: Views,
  x: number,
  y: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  windowHeight: number,
  windowWidth: number,
  stride: number,
): void {
  const X = x >>> 2
  let to = y >>> 2
  const outHeight = Math.floor((height - windowHeight) / stride) + 1
  const outWidth = Math.floor((width - windowWidth) / stride) + 1
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = X + ((b * height + oy * stride) * width + ox * stride) * channels
        for (let c = 0; c < channels; c++) {
          let sum = 0
          for (let ky = 0; ky < windowHeight; ky++) {
            let at = window + ky * width * channels + c
            for (let kx = 0; kx < windowWidth; kx++) {
              sum = f(sum + f32[at]!)
              at += channels
            }
          }
          f32[to++] = sum / f(windowHeight * windowWidth)
        }
      }
    }
  }
}

/** dx = sum over the windows that it lies in of dy / their size, in increasing (oy, ox). */
export function averagePool2dBackward(
  { f32 }: Views,
  dy: number,
  dx: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
  windowHeight: number,
  windowWidth: number,
  stride: number,
): void {
  let from = dy >>> 2
  const DX = dx >>> 2
  const outHeight = Math.floor((height - windowHeight) / stride) + 1
  const outWidth = Math.floor((width - windowWidth) / stride) + 1
  f32.fill(0, DX, DX + batch * height * width * channels)
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = DX + ((b * height + oy * stride) * width + ox * stride) * channels
        for (let c = 0; c < channels; c++) {
          const share = f(f32[from++]! / f(windowHeight * windowWidth))
          for (let ky = 0; ky < windowHeight; ky++) {
            let to = window + ky * width * channels + c
            for (let kx = 0; kx < windowWidth; kx++) {
              f32[to] = f32[to]! + share
              to += channels
            }
          }
        }
      }
    }
  }
}
