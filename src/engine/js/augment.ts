import { cosTurns, exp, sinTurns } from './math.js'
import { elementWords } from './philox.js'
import type { Views } from './views.js'

const f = Math.fround
const UNIT_16 = 2 ** -15
const UNIT_24 = 2 ** -23
const words = new Uint32Array(16)

/** Random affine and elastic distortion of a batch of images; formulas and draws are in assembly/augment.ts. */
export function augment(
  memory: Views,
  x: number,
  y: number,
  mean: number,
  scale: number,
  rows: number,
  height: number,
  width: number,
  channels: number,
  shift: number,
  rotate: number,
  zoom: number,
  radius: number,
  sigma: number,
  alpha: number,
  seed: number,
  stream: number,
  step: number,
): void {
  const { f32, i32 } = memory
  const now = i32[step >>> 2]!
  const size = height * width * channels
  const pixels = height * width
  const weights = gaussian(radius, sigma)
  const u = new Float32Array(pixels)
  const v = new Float32Array(pixels)
  const centreX = (width - 1) * 0.5
  const centreY = (height - 1) * 0.5
  for (let r = 0; r < rows; r++) {
    elementWords(r, now, 0, seed, stream, words)
    const originX = centreX + whole(words[0]!, shift)
    const originY = centreY + whole(words[1]!, shift)
    const turn = f(rotate * signedUnit(words[2]!))
    const angle = turn < 0 ? f(turn + 1) : turn
    const larger = f(1 + f(zoom * signedUnit(words[3]!)))
    const c = f(cosTurns(angle) / larger)
    const d = f(sinTurns(angle) / larger)
    if (radius > 0) {
      drawNoise(u, v, r, now, seed, stream + 1)
      smooth(u, weights, height, width, radius, alpha)
      smooth(v, weights, height, width, radius, alpha)
    }
    const image = (x >>> 2) + r * size
    const to = (y >>> 2) + r * size
    for (let i = 0; i < height; i++) {
      const columnBase = f(d * (i - originY))
      const rowBase = f(c * (i - originY))
      for (let j = 0; j < width; j++) {
        let px = f(f(f(c * (j - originX)) + columnBase) + (centreX + 1))
        let py = f(f(rowBase - f(d * (j - originX))) + (centreY + 1))
        if (radius > 0) {
          px = f(px + u[i * width + j]!)
          py = f(py + v[i * width + j]!)
        }
        px = Math.max(Math.min(px, width + 1), 0)
        py = Math.max(Math.min(py, height + 1), 0)
        const left = Math.floor(px)
        const top = Math.floor(py)
        const fx = f(px - left)
        const fy = f(py - top)
        // Pixels of the frame around the image are zeros.
        const isAbove = top >= 1 && top <= height
        const isBelow = top < height
        const isLeft = left >= 1 && left <= width
        const isRight = left < width
        const corner = image + ((top - 1) * width + left - 1) * channels
        for (let channel = 0; channel < channels; channel++) {
          const at = corner + channel
          const upperLeft = isAbove && isLeft ? f32[at]! : 0
          const upperRight = isAbove && isRight ? f32[at + channels]! : 0
          const lowerLeft = isBelow && isLeft ? f32[at + width * channels]! : 0
          const lowerRight = isBelow && isRight ? f32[at + (width + 1) * channels]! : 0
          const upper = between(upperLeft, upperRight, fx)
          const lower = between(lowerLeft, lowerRight, fx)
          f32[to + (i * width + j) * channels + channel] = between(upper, lower, fy)
        }
      }
    }
    if (mean === 0) continue
    for (let e = 0; e < size; e++) {
      f32[to + e] = f(f32[to + e]! - f32[(mean >>> 2) + e]!) * f32[(scale >>> 2) + e]!
    }
  }
}

/** a + t (b - a) */
function between(a: number, b: number, t: number): number {
  return f(a + f(t * f(b - a)))
}

/** A whole number in -most .. most. */
function whole(word: number, most: number): number {
  return (Math.imul(word >>> 8, 2 * most + 1) >>> 24) - most
}

/** 24 random bits as a number in [-1, 1). */
function signedUnit(word: number): number {
  return (word >>> 8) * UNIT_24 - 1
}

/** exp(-(k - radius)^2 / (2 sigma^2)) / their sum, k = 0 .. 2 radius. */
function gaussian(radius: number, sigma: number): Float32Array {
  const divisor = f(2 * f(sigma * sigma))
  const weights = new Float32Array(2 * radius + 1)
  let sum = 0
  for (let k = 0; k <= 2 * radius; k++) {
    weights[k] = exp(-f((k - radius) ** 2 / divisor))
    sum = f(sum + weights[k]!)
  }
  for (let k = 0; k <= 2 * radius; k++) weights[k]! /= sum
  return weights
}

/** Uniform noise in [-1, 1) for each pixel of image r, in two directions. */
function drawNoise(
  u: Float32Array,
  v: Float32Array,
  r: number,
  step: number,
  seed: number,
  stream: number,
): void {
  const groups = (u.length + 15) >>> 4
  for (let p = 0; p < u.length; p++) {
    if ((p & 15) === 0) elementWords(r * groups + (p >>> 4), step, 0, seed, stream, words)
    u[p] = (words[p & 15]! & 0xffff) * UNIT_16 - 1
    v[p] = (words[p & 15]! >>> 16) * UNIT_16 - 1
  }
}

/** Smooths a field in place, along the columns and then along the rows, and multiplies it by alpha. */
function smooth(
  field: Float32Array,
  weights: Float32Array,
  height: number,
  width: number,
  radius: number,
  alpha: number,
): void {
  const half = new Float32Array(field.length)
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0
      for (let row = Math.max(i - radius, 0); row <= Math.min(i + radius, height - 1); row++) {
        sum = f(sum + f(weights[row - i + radius]! * field[row * width + j]!))
      }
      half[i * width + j] = sum
    }
  }
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0
      for (let column = Math.max(j - radius, 0); column <= Math.min(j + radius, width - 1); column++) {
        sum = f(sum + f(weights[column - j + radius]! * half[i * width + column]!))
      }
      field[i * width + j] = f(sum * alpha)
    }
  }
}
