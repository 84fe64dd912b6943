/** Pictures of a digit as a phone takes them: paper, light, ruling, border and camera, each drawn from a seed. */
import { decode, encode } from 'jpeg-js'
import { randomWords } from './data.js'

/** Luminance: [height, width], 0 to 255. */
export interface Photo {
  readonly width: number
  readonly height: number
  readonly pixels: Float32Array
}

/** A number of [from, to). */
export type Draw = (from: number, to: number) => number

/** What lies between a digit and its picture. Lengths are parts of the picture's shorter side unless they say pixels. */
export interface Scene {
  /** Width and height, in pixels. */
  readonly size?: readonly [width: number, height: number]
  /** The side of MNIST's 28x28 in the picture, and where its middle is. */
  readonly digit?: { readonly side: number; readonly x: number; readonly y: number }
  /** Luminance of the paper in full light, and of the ink. */
  readonly paper?: number
  readonly ink?: number
  /** Degrees by which the sheet lies askew. */
  readonly turn?: number
  readonly ruling?: Ruling
  /** Part of the light that reaches a place of the picture: x and y from 0 to 1. */
  readonly light?: (x: number, y: number) => number
  /** Bars along sides: thickness in pixels of left, top, right and bottom, and their luminance. */
  readonly border?: { readonly thickness: readonly number[]; readonly level: number; readonly soft?: number }
  /** Standard deviation of the camera's noise. */
  readonly noise?: number
  /** Radius in pixels of a blur. */
  readonly blur?: number
  /** Quality of a JPEG file in between, 1 to 100. */
  readonly jpeg?: number
}

/** Lines on paper. */
export interface Ruling {
  /** Distance between lines across and lines down; 0 for none. */
  readonly across: number
  readonly down: number
  /** In pixels. */
  readonly weight: number
  /** Luminance in full light. */
  readonly level: number
  /** Where the first line is, as part of the distance. */
  readonly phase: number
}

/** A supply of numbers that is the same for the same seed. */
export function draws(seed: number): Draw {
  const word = randomWords(seed)
  return (from, to) => from + ((to - from) * word()) / 4294967296
}

/** Draws a scene around a digit of MNIST [28, 28], 0 to 255, its strokes with the sharp edges of a pen. */
export function photograph(digit: Uint8Array, scene: Scene, draw: Draw): Photo {
  const [width, height] = scene.size ?? [140, 140]
  const shorter = Math.min(width, height)
  const { side, x: middleX, y: middleY } = scene.digit ?? { side: 1, x: 0.5, y: 0.5 }
  const { paper = 240, ink = 30, turn = 0, ruling, light = () => 1, border } = scene
  const [cosine, sine] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
  const scale = 28 / (side * shorter)
  const pixels = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const right = column + 0.5 - middleX * width
      const down = row + 0.5 - middleY * height
      const sheetX = cosine * right + sine * down
      const sheetY = cosine * down - sine * right
      const line = ruling ? lineAt(sheetX, sheetY, ruling, shorter) : 0
      const sheet = paper + line * ((ruling?.level ?? paper) - paper)
      const part = strokeAt(digit, sheetX * scale + 14, sheetY * scale + 14)
      let value = (sheet + part * (ink - sheet)) * light((column + 0.5) / width, (row + 0.5) / height)
      if (border) value += barAt(column, row, width, height, border) * (border.level - value)
      pixels[row * width + column] = value
    }
  }
  let seen = scene.blur ? blurred(pixels, width, height, scene.blur) : pixels
  if (scene.noise) seen = seen.map((value) => value + scene.noise! * bell(draw))
  const bytes = Uint8Array.from(seen, (value) => Math.min(255, Math.max(0, Math.round(value))))
  return {
    width,
    height,
    pixels: Float32Array.from(scene.jpeg ? asJpeg(bytes, width, height, scene.jpeg) : bytes),
  }
}

/** The ink of MNIST's picture at a place between its pixels, 0 to 1: a cubic surface, its slope made steep. */
function strokeAt(digit: Uint8Array, x: number, y: number): number {
  const column = Math.floor(x - 0.5)
  const row = Math.floor(y - 0.5)
  if (column < -2 || row < -2 || column > 28 || row > 28) return 0
  const across = weights(x - 0.5 - column)
  const down = weights(y - 0.5 - row)
  let sum = 0
  for (let j = 0; j < 4; j++) {
    for (let i = 0; i < 4; i++) {
      const [at, on] = [column + i - 1, row + j - 1]
      if (at >= 0 && at < 28 && on >= 0 && on < 28) sum += down[j]! * across[i]! * digit[on * 28 + at]!
    }
  }
  const steep = Math.min(1, Math.max(0, (sum / 255 - 0.25) / 0.5))
  return steep * steep * (3 - 2 * steep)
}

/** Catmull and Rom's cubic through four points. */
function weights(t: number): [number, number, number, number] {
  return [
    ((2 - t) * t - 1) * t * 0.5,
    ((3 * t - 5) * t * t + 2) * 0.5,
    ((4 - 3 * t) * t + 1) * t * 0.5,
    (t - 1) * t * t * 0.5,
  ]
}

function lineAt(x: number, y: number, { across, down, weight, phase }: Ruling, shorter: number): number {
  const cover = (at: number, distance: number) => {
    if (distance === 0) return 0
    const period = distance * shorter
    const off = at / period - phase
    return Math.min(1, Math.max(0, weight / 2 + 0.5 - Math.abs(off - Math.round(off)) * period))
  }
  return Math.max(cover(y, across), cover(x, down))
}

function barAt(
  x: number,
  y: number,
  width: number,
  height: number,
  border: NonNullable<Scene['border']>,
): number {
  const { thickness, soft = 0 } = border
  const inside = [x, y, width - 1 - x, height - 1 - y]
  return inside.reduce((most, at, i) => {
    if (thickness[i] === 0) return most
    const over = thickness[i]! - at
    return Math.max(most, soft === 0 ? Number(over > 0) : Math.min(1, Math.max(0, over / soft + 0.5)))
  }, 0)
}

function bell(draw: Draw): number {
  return 2 * (draw(0, 1) + draw(0, 1) + draw(0, 1)) - 3
}

/** A box twice along the rows and twice down the columns. */
function blurred(pixels: Float32Array, width: number, height: number, radius: number): Float32Array {
  const pass = (from: Float32Array, step: number, length: number, lines: number, stride: number) => {
    const to = new Float32Array(from.length)
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0
        for (let j = i - radius; j <= i + radius; j++) {
          sum += from[line * stride + Math.min(length - 1, Math.max(0, j)) * step]!
        }
        to[line * stride + i * step] = sum / (2 * radius + 1)
      }
    }
    return to
  }
  let result = pixels
  for (let i = 0; i < 2; i++) {
    result = pass(result, 1, width, height, width)
    result = pass(result, width, height, width, 1)
  }
  return result
}

function asJpeg(grey: Uint8Array, width: number, height: number, quality: number): Uint8Array {
  const data = new Uint8Array(4 * grey.length).fill(255)
  for (const [i, value] of grey.entries()) data.fill(value, 4 * i, 4 * i + 3)
  const { data: seen } = decode(encode({ width, height, data }, quality).data, { useTArray: true })
  return grey.map((_, i) => seen[4 * i]!)
}
