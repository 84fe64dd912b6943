import { standardise } from './gather'
import { storeTail } from './lanes'
import { cosTurns, exp, sinTurns } from './math'
import { elementWords, WORDS_BYTES } from './philox'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/**
 * Random distortion of a batch of images, x and y [rows, height, width, channels]. Pixel (i, j) of a distorted image is
 * the original at
 *
 *   column  cx + c (j - cx - sx) + d (i - cy - sy) + u[i, j]       cx = (width - 1) / 2,   c = cos(a) / s
 *   row     cy + c (i - cy - sy) - d (j - cx - sx) + v[i, j]       cy = (height - 1) / 2,  d = sin(a) / s
 *
 * by bilinear interpolation, zero outside. The image is turned by `a` clockwise in -rotate .. rotate turns, made larger by
 * s in 1 - zoom .. 1 + zoom, and moved by whole pixels (sx, sy) in -shift .. shift. u and v are the elastic distortion of
 * P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural networks applied to visual document
 * analysis" (ICDAR 2003): uniform in [-1, 1) for every pixel, smoothed by a Gaussian of standard deviation sigma, cut off
 * at `radius` pixels and summing to 1, times alpha; none where `radius` is 0. Last, y = (y - mean) * scale, mean and scale
 * [height, width, channels], or both address 0.
 *
 * sx, sy, a and s of row r come from the words of the elements 16 r .. 16 r + 3 of `stream` at the step *step, u and v of
 * pixel p from the lower and upper half of the word of element p of image r of `stream` + 1, where each image begins with
 * a new group of 16.
 */
export function augment(
  x: usize,
  y: usize,
  mean: usize,
  scale: usize,
  rows: i32,
  height: i32,
  width: i32,
  channels: i32,
  shift: i32,
  rotate: f32,
  zoom: f32,
  radius: i32,
  sigma: f32,
  alpha: f32,
  seed: i32,
  stream: i32,
  step: usize,
): void {
  const size = height * width * channels
  const bytes = (<usize>size) << 2
  const now = load<i32>(step)
  // Scratch memory: random words, image, then what elastic distortion needs.
  const words = scratch()
  const planes = words + WORDS_BYTES
  const planeBytes = (<usize>((height + BORDER) * (width + BORDER))) << 2
  memory.fill(planes, 0, planeBytes * channels)
  const weights = planes + planeBytes * channels
  const rowBytes = (<usize>(width + 2 * radius + 8)) << 2
  const u = weights + ((<usize>(2 * radius + 4)) << 2)
  const v = u + rowBytes
  const noiseU = v + rowBytes
  const noiseV = noiseU + ((<usize>(height * width + 16)) << 2)
  if (radius > 0) {
    gaussian(weights, radius, sigma)
    memory.fill(u, 0, 2 * rowBytes)
  }

  for (let r = shareBegin(rows, 1), end = shareEnd(rows, 1); r < end; r++) {
    elementWords(r, now, 0, seed, stream, words)
    const moveX = whole(load<u32>(words), shift)
    const moveY = whole(load<u32>(words, 4), shift)
    const turn = rotate * signedUnit(load<u32>(words, 8))
    const angle = f32x4.splat(turn < 0 ? turn + 1 : turn)
    const larger: f32 = 1 + zoom * signedUnit(load<u32>(words, 12))
    const c = f32x4.extract_lane(cosTurns(angle), 0) / larger
    const d = f32x4.extract_lane(sinTurns(angle), 0) / larger
    if (radius > 0) drawNoise(noiseU, noiseV, height * width, r, now, seed, stream + 1, words)

    const from = x + <usize>r * bytes
    const to = y + <usize>r * bytes
    fillPlanes(from, planes, planeBytes, height, width, channels)
    const centreX = <f32>(width - 1) * 0.5
    const centreY = <f32>(height - 1) * 0.5
    for (let i = 0; i < height; i++) {
      if (radius > 0) {
        smoothRow(noiseU, noiseV, u, v, weights, i, height, width, radius, alpha)
      }
      const fromCentre = <f32>i - (centreY + <f32>moveY)
      sampleRow(
        planes,
        planeBytes,
        to + ((<usize>(i * width * channels)) << 2),
        height,
        width,
        channels,
        c,
        d,
        centreX + <f32>moveX,
        d * fromCentre,
        c * fromCentre,
        centreX + 1,
        centreY + 1,
        radius > 0 ? u : 0,
        radius > 0 ? v : 0,
      )
    }
    if (mean != 0) standardise(to, mean, scale, to, size)
  }
}

/** Zero pixels around an image, of which one is to the left and one above: what is outside is read from them. */
const BORDER: i32 = 3

/** 2^-15 and 2^-23: 16 or 24 random bits times these, less 1, are a float in [-1, 1). */
const UNIT_16: f32 = 3.05175781e-5
const UNIT_24: f32 = 1.1920929e-7

/** A whole number in -most .. most. */
// @ts-ignore: decorator
@inline
function whole(word: u32, most: i32): i32 {
  return <i32>(((word >>> 8) * <u32>(2 * most + 1)) >>> 24) - most
}

// @ts-ignore: decorator
@inline
function signedUnit(word: u32): f32 {
  return <f32>(word >>> 8) * UNIT_24 - 1
}

/** weights[k] = exp(-(k - radius)^2 / (2 sigma^2)) / their sum, k = 0 .. 2 radius. */
function gaussian(weights: usize, radius: i32, sigma: f32): void {
  const divisor = f32x4.splat(2 * (sigma * sigma))
  for (let k = 0; k <= 2 * radius; k += 4) {
    const distance = f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(k - radius), i32x4(0, 1, 2, 3)))
    const exponent = f32x4.neg(f32x4.div(f32x4.mul(distance, distance), divisor))
    v128.store(weights + ((<usize>k) << 2), exp(exponent))
  }
  let sum: f32 = 0
  for (let k = 0; k <= 2 * radius; k++) sum += load<f32>(weights + ((<usize>k) << 2))
  for (let k = 0; k <= 2 * radius; k++) {
    const place = weights + ((<usize>k) << 2)
    store<f32>(place, load<f32>(place) / sum)
  }
}

/** Uniform noise for each of an image's `pixels`, in two directions; up to 15 floats behind them are written too. */
function drawNoise(
  noiseU: usize,
  noiseV: usize,
  pixels: i32,
  r: i32,
  step: i32,
  seed: i32,
  stream: i32,
  words: usize,
): void {
  const groups = (pixels + 15) >>> 4
  const unit = f32x4.splat(UNIT_16)
  const one = f32x4.splat(1)
  const low = i32x4.splat(0xffff)
  for (let group = 0; group < groups; group++) {
    elementWords(r * groups + group, step, 0, seed, stream, words)
    for (let p: usize = 0; p < WORDS_BYTES; p += 16) {
      const word = v128.load(words + p)
      const at = ((<usize>group) << 6) + p
      const first = f32x4.convert_i32x4_u(v128.and(word, low))
      const second = f32x4.convert_i32x4_u(i32x4.shr_u(word, 16))
      v128.store(noiseU + at, f32x4.sub(f32x4.mul(first, unit), one))
      v128.store(noiseV + at, f32x4.sub(f32x4.mul(second, unit), one))
    }
  }
}

/**
 * Row i of the smoothed noise times alpha, to u[0 .. width - 1] and v: first along the columns, in increasing rows within
 * the image, then along the row, in increasing columns. u and v hold `radius` zeros, the row, and `radius` zeros.
 */
function smoothRow(
  noiseU: usize,
  noiseV: usize,
  u: usize,
  v: usize,
  weights: usize,
  i: i32,
  height: i32,
  width: i32,
  radius: i32,
  alpha: f32,
): void {
  const rowBytes = (<usize>width) << 2
  const margin = (<usize>radius) << 2
  const firstTap = max(0, radius - i)
  const lastTap = min(2 * radius, height - 1 - i + radius)
  memory.fill(u, 0, margin)
  memory.fill(v, 0, margin)
  // Eight columns at a time: with four sums under way the additions' latency no longer counts.
  for (let j: usize = 0; j < rowBytes; j += 32) {
    let sumU = f32x4.splat(0)
    let sumV = f32x4.splat(0)
    let nextU = f32x4.splat(0)
    let nextV = f32x4.splat(0)
    let at = <usize>(i + firstTap - radius) * rowBytes + j
    for (let k = firstTap; k <= lastTap; k++, at += rowBytes) {
      const weight = v128.load32_splat(weights + ((<usize>k) << 2))
      sumU = f32x4.add(sumU, f32x4.mul(weight, v128.load(noiseU + at)))
      sumV = f32x4.add(sumV, f32x4.mul(weight, v128.load(noiseV + at)))
      nextU = f32x4.add(nextU, f32x4.mul(weight, v128.load(noiseU + at, 16)))
      nextV = f32x4.add(nextV, f32x4.mul(weight, v128.load(noiseV + at, 16)))
    }
    v128.store(u + margin + j, sumU)
    v128.store(v + margin + j, sumV)
    v128.store(u + margin + j, nextU, 16)
    v128.store(v + margin + j, nextV, 16)
  }
  // The last lanes belonged to the next row.
  memory.fill(u + margin + rowBytes, 0, 32)
  memory.fill(v + margin + rowBytes, 0, 32)
  const strength = f32x4.splat(alpha)
  const taps = u + ((<usize>(2 * radius + 1)) << 2)
  const distance = v - u
  const weightOf = weights - u
  for (let j: usize = 0; j < rowBytes; j += 32) {
    let sumU = f32x4.splat(0)
    let sumV = f32x4.splat(0)
    let nextU = f32x4.splat(0)
    let nextV = f32x4.splat(0)
    for (let p = u; p < taps; p += 4) {
      const weight = v128.load32_splat(p + weightOf)
      sumU = f32x4.add(sumU, f32x4.mul(weight, v128.load(p + j)))
      sumV = f32x4.add(sumV, f32x4.mul(weight, v128.load(p + j + distance)))
      nextU = f32x4.add(nextU, f32x4.mul(weight, v128.load(p + j, 16)))
      nextV = f32x4.add(nextV, f32x4.mul(weight, v128.load(p + j + distance, 16)))
    }
    // Nothing to the right reads these eight again.
    v128.store(u + j, f32x4.mul(sumU, strength))
    v128.store(v + j, f32x4.mul(sumV, strength))
    v128.store(u + j, f32x4.mul(nextU, strength), 16)
    v128.store(v + j, f32x4.mul(nextV, strength), 16)
  }
}

/** Copies an image into one plane a channel, each within a border of zeros that is already there. */
function fillPlanes(
  from: usize,
  planes: usize,
  planeBytes: usize,
  height: i32,
  width: i32,
  channels: i32,
): void {
  const stride = (<usize>(width + BORDER)) << 2
  if (channels == 1) {
    const rowBytes = (<usize>width) << 2
    let to = planes + stride + 4
    for (let i = 0; i < height; i++, to += stride, from += rowBytes) memory.copy(to, from, rowBytes)
    return
  }
  for (let channel = 0; channel < channels; channel++) {
    let to = planes + <usize>channel * planeBytes + stride + 4
    let p = from + ((<usize>channel) << 2)
    for (let i = 0; i < height; i++, to += stride) {
      for (let j = 0; j < width; j++, p += (<usize>channels) << 2) {
        store<f32>(to + ((<usize>j) << 2), load<f32>(p))
      }
    }
  }
}

/**
 * One row of the distorted image: its pixel j is the original at column (c (j - originX) + columnBase) + offsetX + u[j] and
 * row (rowBase - d (j - originX)) + offsetY + v[j], in coordinates that count from the border.
 */
function sampleRow(
  planes: usize,
  planeBytes: usize,
  to: usize,
  height: i32,
  width: i32,
  channels: i32,
  c: f32,
  d: f32,
  originX: f32,
  columnBase: f32,
  rowBase: f32,
  offsetX: f32,
  offsetY: f32,
  u: usize,
  v: usize,
): void {
  const stride = width + BORDER
  const below = (<usize>stride) << 2
  const zero = f32x4.splat(0)
  for (let j = 0; j < width; j += 4) {
    const columns = f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3)))
    const distance = f32x4.sub(columns, f32x4.splat(originX))
    let px = f32x4.add(f32x4.mul(f32x4.splat(c), distance), f32x4.splat(columnBase))
    let py = f32x4.sub(f32x4.splat(rowBase), f32x4.mul(f32x4.splat(d), distance))
    px = f32x4.add(px, f32x4.splat(offsetX))
    py = f32x4.add(py, f32x4.splat(offsetY))
    if (u != 0) {
      px = f32x4.add(px, v128.load(u + ((<usize>j) << 2)))
      py = f32x4.add(py, v128.load(v + ((<usize>j) << 2)))
    }
    px = f32x4.pmax(f32x4.pmin(px, f32x4.splat(<f32>(width + 1))), zero)
    py = f32x4.pmax(f32x4.pmin(py, f32x4.splat(<f32>(height + 1))), zero)
    const left = f32x4.floor(px)
    const top = f32x4.floor(py)
    const fx = f32x4.sub(px, left)
    const fy = f32x4.sub(py, top)
    // Adding 2^23 leaves an integer in the low bits: faster than a conversion that must mind every float.
    const place = f32x4.add(f32x4.add(f32x4.mul(top, f32x4.splat(<f32>stride)), left), f32x4.splat(8388608))
    const at = i32x4.shl(v128.and(place, i32x4.splat(0x7fffff)), 2)
    const rest = min(width - j, 4)
    for (let channel = 0; channel < channels; channel++) {
      const plane = planes + <usize>channel * planeBytes
      const p0 = plane + <usize>i32x4.extract_lane(at, 0)
      const p1 = plane + <usize>i32x4.extract_lane(at, 1)
      const p2 = plane + <usize>i32x4.extract_lane(at, 2)
      const p3 = plane + <usize>i32x4.extract_lane(at, 3)
      const upper = between(pair(p0, p1), pair(p2, p3), fx)
      const lower = between(pair(p0 + below, p1 + below), pair(p2 + below, p3 + below), fx)
      const value = f32x4.add(upper, f32x4.mul(fy, f32x4.sub(lower, upper)))
      const q = to + ((<usize>(j * channels + channel)) << 2)
      if (channels > 1) scatter(q, (<usize>channels) << 2, rest, value)
      else if (rest == 4) v128.store(q, value)
      else storeTail(q, rest, value)
    }
  }
}

/** Two floats at each of two places. */
// @ts-ignore: decorator
@inline
function pair(p: usize, q: usize): v128 {
  return v128.load64_lane(q, v128.load64_zero(p), 1)
}

/** Four pairs (a, b) to four a + f (b - a). */
// @ts-ignore: decorator
@inline
function between(first: v128, second: v128, f: v128): v128 {
  const a = v128.shuffle<f32>(first, second, 0, 2, 4, 6)
  const b = v128.shuffle<f32>(first, second, 1, 3, 5, 7)
  return f32x4.add(a, f32x4.mul(f, f32x4.sub(b, a)))
}

/** Stores the first `count` lanes, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function scatter(p: usize, stride: usize, count: i32, value: v128): void {
  store<f32>(p, f32x4.extract_lane(value, 0))
  if (count > 1) store<f32>(p + stride, f32x4.extract_lane(value, 1))
  if (count > 2) store<f32>(p + 2 * stride, f32x4.extract_lane(value, 2))
  if (count > 3) store<f32>(p + 3 * stride, f32x4.extract_lane(value, 3))
}
