import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { elementWords } from '../../src/engine/js/philox.js'
import { augment } from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

interface Distortion {
  readonly shift?: number
  /** Turns. */
  readonly rotate?: number
  readonly zoom?: number
  readonly radius?: number
  readonly sigma?: number
  readonly alpha?: number
  readonly mean?: Float32Array
  readonly scale?: Float32Array
  readonly stream?: number
  readonly step?: number
}

/** Runs the instruction on images [rows, height, width, channels] and checks that nothing is written behind them. */
function distort(
  engine: Engine,
  x: Float32Array,
  [rows, height, width, channels]: [number, number, number, number],
  { mean, scale, step = 1, ...distortion }: Distortion,
): Float32Array {
  const y = new Float32Array(x.length + 4).fill(99)
  runInstruction(engine, augment, {
    ...{ x, y, mean: mean ?? null, scale: scale ?? null, rows, height, width, channels },
    ...{ shift: 0, rotate: 0, zoom: 0, radius: 0, sigma: 1, alpha: 0, seed: 7, stream: 5, ...distortion },
    step: new Int32Array([step]),
  })
  if (y.slice(x.length).some((value) => value !== 99)) throw new Error('wrote behind the images')
  return y.slice(0, x.length)
}

const integers = randomIntegers(77)

/** Pictures in 0..1 with much background, as digits are. */
function pictures(rows: number, size: number): Float32Array {
  const pixel = () => Math.max(0, integers(-255, 255)) / 255
  return Float32Array.from({ length: rows * size }, pixel)
}

/** Smooth blobs, which interpolation hardly changes. */
function blobs(rows: number, height: number, width: number): Float32Array {
  return Float32Array.from({ length: rows * height * width }, (_, e) => {
    const [i, j] = [Math.floor(e / width) % height, e % width]
    const [y, x] = [(i - height / 2 + 2) / 4, (j - width / 2 - 1) / 3]
    return Math.exp(-x * x - y * y)
  })
}

/** The four random numbers of row r, as the header of assembly/augment.ts defines them, in float64. */
function draws(r: number, { shift = 0, rotate = 0, zoom = 0, stream = 5, step = 1 }: Distortion) {
  const words = new Uint32Array(16)
  elementWords(r, step, 0, 7, stream, words)
  const unit = (word: number) => (word >>> 8) / 2 ** 23 - 1
  const whole = (word: number) => Math.floor(((word >>> 8) / 2 ** 24) * (2 * shift + 1)) - shift
  return {
    sx: whole(words[0]!),
    sy: whole(words[1]!),
    angle: 2 * Math.PI * rotate * unit(words[2]!),
    larger: 1 + zoom * unit(words[3]!),
  }
}

t.test('without strength an image keeps its bits, and is standardised as a gathered batch is', async (t) => {
  const cases = new Cases()
  for (const engine of await everyEngine()) {
    for (const shape of [
      [3, 28, 28, 1],
      [2, 5, 7, 3],
      [1, 1, 1, 1],
    ] as [number, number, number, number][]) {
      const size = shape[1] * shape[2] * shape[3]
      const x = pictures(shape[0], size)
      sameBits(cases, distort(engine, x, shape, {}), x, `${engine.name} [${shape}]`)
      const mean = pictures(1, size)
      const scale = pictures(1, size).map((value) => value + 1)
      const wanted = x.map((value, e) => Math.fround(value - mean[e % size]!) * scale[e % size]!)
      sameBits(
        t,
        distort(engine, x, shape, { mean, scale }),
        wanted,
        `${engine.name} [${shape}] standardised`,
      )
    }
  }
  cases.end(t)
})

t.test('a shift moves whole pixels, by every amount up to the limit', async (t) => {
  const [rows, height, width, channels] = [300, 6, 9, 2]
  const x = pictures(rows, height * width * channels)
  const [engine] = await everyEngine()
  const y = distort(engine!, x, [rows, height, width, channels], { shift: 2 })
  const seen = new Set<string>()
  let wrong = 0
  for (let e = 0; e < x.length; e++) {
    const channel = e % channels
    const j = Math.floor(e / channels) % width
    const i = Math.floor(e / channels / width) % height
    const r = Math.floor(e / channels / width / height)
    const { sx, sy } = draws(r, { shift: 2 })
    seen.add(`${sx} ${sy}`)
    const [row, column] = [i - sy, j - sx]
    const inside = row >= 0 && row < height && column >= 0 && column < width
    const wanted = inside ? x[((r * height + row) * width + column) * channels + channel]! : 0
    if (y[e] !== wanted) wrong++
  }
  t.equal(wrong, 0)
  t.equal(seen.size, 25, 'all 25 shifts of -2 .. 2 in both directions')
})

t.test('turned, zoomed and moved images are those of the formula in float64', async (t) => {
  for (const [rows, height, width] of [
    [40, 28, 28],
    [40, 9, 14],
  ] as const) {
    const distortion = { shift: 3, rotate: 30 / 360, zoom: 0.25 }
    const x = pictures(rows, height * width)
    for (const engine of await everyEngine()) {
      const y = distort(engine, x, [rows, height, width, 1], distortion)
      let worst = 0
      for (let r = 0; r < rows; r++) {
        const { sx, sy, angle, larger } = draws(r, distortion)
        const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
        const pixel = (row: number, column: number) =>
          row >= 0 && row < height && column >= 0 && column < width
            ? x[(r * height + row) * width + column]!
            : 0
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            const [dx, dy] = [(j - cx - sx) / larger, (i - cy - sy) / larger]
            const column = cx + Math.cos(angle) * dx + Math.sin(angle) * dy
            const row = cy + Math.cos(angle) * dy - Math.sin(angle) * dx
            const [top, left] = [Math.floor(row), Math.floor(column)]
            const [fy, fx] = [row - top, column - left]
            const wanted =
              (1 - fy) * ((1 - fx) * pixel(top, left) + fx * pixel(top, left + 1)) +
              fy * ((1 - fx) * pixel(top + 1, left) + fx * pixel(top + 1, left + 1))
            worst = Math.max(worst, Math.abs(wanted - y[(r * height + i) * width + j]!))
          }
        }
      }
      t.ok(worst < 2e-5, `${engine.name} ${height}x${width}: worst difference ${worst}`)
    }
  }
})

t.test(
  'elastic distortion bends smoothly, keeps the ink, and is that of the formula in float64',
  async (t) => {
    const [rows, height, width] = [8, 28, 28]
    const [radius, sigma, alpha] = [12, 4, 34]
    const x = blobs(rows, height, width)
    const [engine] = await everyEngine()
    const y = distort(engine!, x, [rows, height, width, 1], { radius, sigma, alpha })
    const gaussian = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / 32))
    const total = gaussian.reduce((sum, weight) => sum + weight)
    const groups = Math.ceil((height * width) / 16)
    const words = new Uint32Array(16)
    let worst = 0
    let farthest = 0
    for (let r = 0; r < rows; r++) {
      const noise = Array.from({ length: height * width }, (_, p) => {
        elementWords(r * groups + (p >>> 4), 1, 0, 7, 6, words)
        const word = words[p % 16]!
        return [(word % 65536) / 32768 - 1, Math.floor(word / 65536) / 32768 - 1]
      })
      const field = (i: number, j: number, direction: number) => {
        let sum = 0
        for (let row = Math.max(0, i - radius); row <= Math.min(height - 1, i + radius); row++) {
          for (let column = Math.max(0, j - radius); column <= Math.min(width - 1, j + radius); column++) {
            const weight = gaussian[row - i + radius]! * gaussian[column - j + radius]!
            sum += weight * noise[row * width + column]![direction]!
          }
        }
        return (alpha * sum) / total ** 2
      }
      const pixel = (row: number, column: number) =>
        row >= 0 && row < height && column >= 0 && column < width
          ? x[(r * height + row) * width + column]!
          : 0
      for (let i = 0; i < height; i += 3) {
        for (let j = 0; j < width; j += 3) {
          const [row, column] = [i + field(i, j, 1), j + field(i, j, 0)]
          farthest = Math.max(farthest, Math.abs(row - i), Math.abs(column - j))
          const [top, left] = [Math.floor(row), Math.floor(column)]
          const [fy, fx] = [row - top, column - left]
          const wanted =
            (1 - fy) * ((1 - fx) * pixel(top, left) + fx * pixel(top, left + 1)) +
            fy * ((1 - fx) * pixel(top + 1, left) + fx * pixel(top + 1, left + 1))
          worst = Math.max(worst, Math.abs(wanted - y[(r * height + i) * width + j]!))
        }
      }
    }
    t.ok(worst < 2e-5, `worst difference ${worst}`)
    t.ok(farthest > 1 && farthest < 8, `pixels move by up to ${farthest}`)
    const ink = (images: Float32Array) => images.reduce((sum, value) => sum + value, 0)
    t.ok(Math.abs(ink(y) / ink(x) - 1) < 0.2, `ink ${ink(y)} of ${ink(x)}`)
  },
)

t.test('every engine and number of shares gives the same bits, for any shape', async (t) => {
  const cases = new Cases()
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 20))
  const shapes: [number, number, number, number][] = [
    [5, 28, 28, 1],
    [1, 1, 1, 1],
    [2, 1, 5, 1],
    [3, 7, 1, 2],
    [4, 2, 3, 4],
    [2, 33, 18, 3],
    [3, 13, 31, 1],
  ]
  const all = { shift: 3, rotate: 0.5, zoom: 0.9, alpha: 30 }
  for (const shape of shapes) {
    const size = shape[1] * shape[2] * shape[3]
    const x = pictures(shape[0], size).map((value, e) => (e % 5 === 0 ? -1e30 * value : value))
    const mean = pictures(1, size)
    const standard = { mean, scale: mean.map((value) => value + 1) }
    const distortions: Distortion[] = [
      { rotate: 0.1, shift: 1 },
      { ...all, radius: 1, sigma: 0.1 },
      { ...all, radius: 12, sigma: 4, ...standard },
      { ...all, radius: 48, sigma: 16, alpha: 1e6 },
    ]
    for (const distortion of distortions) {
      let wanted: Float32Array | undefined
      for (const engine of engines) {
        const y = distort(engine, x, shape, distortion)
        wanted ??= y
        sameBits(
          cases,
          y,
          wanted,
          `${engine.name} of ${engine.threads}, [${shape}], radius ${distortion.radius}`,
        )
      }
    }
  }
  cases.end(t)
})

t.test('each image, step and stream has draws of its own', async (t) => {
  const [engine] = await everyEngine()
  const one = blobs(1, 12, 12)
  const x = Float32Array.from({ length: 2 * one.length }, (_, e) => one[e % one.length]!)
  const some = { rotate: 0.1, radius: 6, sigma: 2, alpha: 10 }
  const run = (change: Distortion) => distort(engine!, x, [2, 12, 12, 1], { ...some, ...change })
  const first = run({})
  sameBits(t, run({}), first, 'the same draws give the same images')
  t.notSame(first.slice(0, one.length), first.slice(one.length), 'two rows of one batch differ')
  t.notSame(run({ step: 2 }), first)
  t.notSame(run({ stream: 9 }), first)
})
