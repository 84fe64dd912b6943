/**
 * Pooling: one figure for each window of an image and each channel. Only whole windows count.
 *
 *   x [batch, height, width, channels]        y [batch, outHeight, outWidth, channels],
 *   outHeight = floor((height - windowHeight) / stride) + 1, width likewise
 *
 *   max       y = the largest of the window, the first of equals in row-major order, or NaN where there is one
 *             dx = sum of dy over the windows whose largest it is
 *   average   y = (sum of the window) / (windowHeight windowWidth)
 *             dx = sum over the windows that it lies in of dy / (windowHeight windowWidth)
 *
 * Sums start from +0; a window adds in row-major order, dx in increasing (oy, ox). `largest` [as y] int32 is each
 * maximum's place in its window, counted row by row: what the backward pass needs.
 */
import { loadLanes, storeLanes } from './lanes'
import { shareBegin, shareEnd } from './threads'

/** y, and where it is not 0 `largest`, from x; threads share the rows of y. */
export function maxPool2d(
  x: usize,
  y: usize,
  largest: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  stride: i32,
): void {
  const outHeight = (height - windowHeight) / stride + 1
  const outWidth = (width - windowWidth) / stride + 1
  const pixel = (<usize>channels) << 2
  const row = <usize>width * pixel
  const nextRow = row - <usize>windowWidth * pixel
  const rows = batch * outHeight
  const end = shareEnd(rows, 1)
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const first = x + <usize>((r / outHeight) * height + (r % outHeight) * stride) * row
    for (let ox = 0; ox < outWidth; ox++) {
      const window = first + <usize>(ox * stride) * pixel
      const to = <usize>(r * outWidth + ox) * pixel
      let c = 0
      for (; c + 16 <= channels; c += 16) {
        const at = (<usize>c) << 2
        let from = window + at
        let best0 = v128.load(from)
        let best1 = v128.load(from, 16)
        let best2 = v128.load(from, 32)
        let best3 = v128.load(from, 48)
        let place0 = i32x4.splat(0)
        let place1 = place0
        let place2 = place0
        let place3 = place0
        // Places are met in increasing order, so the last better one is the largest number.
        let tap = i32x4.splat(0)
        let inRow = windowWidth
        for (let left = windowHeight * windowWidth; left > 0; left--) {
          const value0 = v128.load(from)
          const better0 = isBetter(value0, best0)
          best0 = v128.bitselect(value0, best0, better0)
          place0 = i32x4.max_s(place0, v128.and(tap, better0))
          const value1 = v128.load(from, 16)
          const better1 = isBetter(value1, best1)
          best1 = v128.bitselect(value1, best1, better1)
          place1 = i32x4.max_s(place1, v128.and(tap, better1))
          const value2 = v128.load(from, 32)
          const better2 = isBetter(value2, best2)
          best2 = v128.bitselect(value2, best2, better2)
          place2 = i32x4.max_s(place2, v128.and(tap, better2))
          const value3 = v128.load(from, 48)
          const better3 = isBetter(value3, best3)
          best3 = v128.bitselect(value3, best3, better3)
          place3 = i32x4.max_s(place3, v128.and(tap, better3))
          tap = i32x4.add(tap, i32x4.splat(1))
          from += pixel
          if (--inRow == 0) {
            inRow = windowWidth
            from += nextRow
          }
        }
        v128.store(y + to + at, best0)
        v128.store(y + to + at, best1, 16)
        v128.store(y + to + at, best2, 32)
        v128.store(y + to + at, best3, 48)
        if (largest) {
          v128.store(largest + to + at, place0)
          v128.store(largest + to + at, place1, 16)
          v128.store(largest + to + at, place2, 32)
          v128.store(largest + to + at, place3, 48)
        }
      }
      for (; c < channels; c += 4) {
        const at = (<usize>c) << 2
        const lanes = channels - c
        let from = window + at
        let best = loadLanes(from, lanes)
        let place = i32x4.splat(0)
        let tap = i32x4.splat(0)
        for (let ky = 0; ky < windowHeight; ky++) {
          for (let kx = 0; kx < windowWidth; kx++) {
            const value = loadLanes(from, lanes)
            const better = isBetter(value, best)
            best = v128.bitselect(value, best, better)
            place = i32x4.max_s(place, v128.and(tap, better))
            tap = i32x4.add(tap, i32x4.splat(1))
            from += pixel
          }
          from += nextRow
        }
        storeLanes(y + to + at, lanes, best)
        if (largest) storeLanes(largest + to + at, lanes, place)
      }
    }
  }
}

/** Lanes of `value` that take the place of the best so far: larger ones, and NaN. */
// @ts-ignore: decorator
@inline
function isBetter(value: v128, best: v128): v128 {
  return v128.or(f32x4.gt(value, best), f32x4.ne(value, value))
}

/** dx from dy and `largest`; threads share the images. */
export function maxPool2dBackward(
  dy: usize,
  largest: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  stride: i32,
): void {
  const outHeight = (height - windowHeight) / stride + 1
  const outWidth = (width - windowWidth) / stride + 1
  const pixel = (<usize>channels) << 2
  const row = <usize>width * pixel
  const nextRow = row - <usize>windowWidth * pixel
  const end = shareEnd(batch, 1)
  for (let image = shareBegin(batch, 1); image < end; image++) {
    const dxImage = dx + <usize>(image * height) * row
    memory.fill(dxImage, 0, <usize>height * row)
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = dxImage + <usize>(oy * stride) * row + <usize>(ox * stride) * pixel
        const from = <usize>((image * outHeight + oy) * outWidth + ox) * pixel
        let c = 0
        for (; c + 16 <= channels; c += 16) {
          const at = from + ((<usize>c) << 2)
          const gradient0 = v128.load(dy + at)
          const gradient1 = v128.load(dy + at, 16)
          const gradient2 = v128.load(dy + at, 32)
          const gradient3 = v128.load(dy + at, 48)
          const place0 = v128.load(largest + at)
          const place1 = v128.load(largest + at, 16)
          const place2 = v128.load(largest + at, 32)
          const place3 = v128.load(largest + at, 48)
          let to = window + ((<usize>c) << 2)
          let tap = i32x4.splat(0)
          let inRow = windowWidth
          for (let left = windowHeight * windowWidth; left > 0; left--) {
            v128.store(to, addWhere(v128.load(to), gradient0, place0, tap))
            v128.store(to, addWhere(v128.load(to, 16), gradient1, place1, tap), 16)
            v128.store(to, addWhere(v128.load(to, 32), gradient2, place2, tap), 32)
            v128.store(to, addWhere(v128.load(to, 48), gradient3, place3, tap), 48)
            tap = i32x4.add(tap, i32x4.splat(1))
            to += pixel
            if (--inRow == 0) {
              inRow = windowWidth
              to += nextRow
            }
          }
        }
        for (; c < channels; c += 4) {
          const lanes = channels - c
          const at = from + ((<usize>c) << 2)
          const gradient = loadLanes(dy + at, lanes)
          const place = loadLanes(largest + at, lanes)
          let to = window + ((<usize>c) << 2)
          let tap = i32x4.splat(0)
          for (let ky = 0; ky < windowHeight; ky++) {
            for (let kx = 0; kx < windowWidth; kx++) {
              storeLanes(to, lanes, addWhere(loadLanes(to, lanes), gradient, place, tap))
              tap = i32x4.add(tap, i32x4.splat(1))
              to += pixel
            }
            to += nextRow
          }
        }
      }
    }
  }
}

/** sum + gradient in the lanes where place = tap. Elsewhere + 0, which changes no bit of a sum that started from +0. */
// @ts-ignore: decorator
@inline
function addWhere(sum: v128, gradient: v128, place: v128, tap: v128): v128 {
  return f32x4.add(sum, v128.and(gradient, i32x4.eq(place, tap)))
}

/** y from x; threads share the rows of y. */
export function averagePool2d(
  x: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  stride: i32,
): void {
  const outHeight = (height - windowHeight) / stride + 1
  const outWidth = (width - windowWidth) / stride + 1
  const pixel = (<usize>channels) << 2
  const row = <usize>width * pixel
  const nextRow = row - <usize>windowWidth * pixel
  const size = f32x4.splat(<f32>(windowHeight * windowWidth))
  const rows = batch * outHeight
  const end = shareEnd(rows, 1)
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const first = x + <usize>((r / outHeight) * height + (r % outHeight) * stride) * row
    for (let ox = 0; ox < outWidth; ox++) {
      const window = first + <usize>(ox * stride) * pixel
      const to = y + <usize>(r * outWidth + ox) * pixel
      for (let c = 0; c < channels; c += 4) {
        const lanes = channels - c
        let from = window + ((<usize>c) << 2)
        let sum = f32x4.splat(0)
        for (let ky = 0; ky < windowHeight; ky++) {
          for (let kx = 0; kx < windowWidth; kx++) {
            sum = f32x4.add(sum, loadLanes(from, lanes))
            from += pixel
          }
          from += nextRow
        }
        storeLanes(to + ((<usize>c) << 2), lanes, f32x4.div(sum, size))
      }
    }
  }
}

/** dx from dy; threads share the images. */
export function averagePool2dBackward(
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  stride: i32,
): void {
  const outHeight = (height - windowHeight) / stride + 1
  const outWidth = (width - windowWidth) / stride + 1
  const pixel = (<usize>channels) << 2
  const row = <usize>width * pixel
  const nextRow = row - <usize>windowWidth * pixel
  const size = f32x4.splat(<f32>(windowHeight * windowWidth))
  const end = shareEnd(batch, 1)
  for (let image = shareBegin(batch, 1); image < end; image++) {
    const dxImage = dx + <usize>(image * height) * row
    memory.fill(dxImage, 0, <usize>height * row)
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const window = dxImage + <usize>(oy * stride) * row + <usize>(ox * stride) * pixel
        const from = dy + <usize>((image * outHeight + oy) * outWidth + ox) * pixel
        for (let c = 0; c < channels; c += 4) {
          const lanes = channels - c
          const offset = (<usize>c) << 2
          const share = f32x4.div(loadLanes(from + offset, lanes), size)
          let to = window + offset
          for (let ky = 0; ky < windowHeight; ky++) {
            for (let kx = 0; kx < windowWidth; kx++) {
              storeLanes(to, lanes, f32x4.add(loadLanes(to, lanes), share))
              to += pixel
            }
            to += nextRow
          }
        }
      }
    }
  }
}
