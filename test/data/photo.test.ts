import t from 'tap'
import { builtInDigits } from '../../src/data/digits.js'
import { preparePhoto } from '../../src/data/photo.js'
import { DataError } from '../../src/errors.js'
import { mnist } from '../../src/index.js'
import { clean, kinds } from '../support/photo-kinds.js'
import {
  countRight,
  DIGITS,
  flatlyPrepared,
  photosOf,
  prepared,
  trainedJudge,
} from '../support/photo-score.js'
import { draws, type Photo, photograph, type Scene } from '../support/photos.js'

const skip = process.env.LANEGRAD_DATA === undefined && 'LANEGRAD_DATA is not set'

t.test('of a hundred digits, five at most are lost by what a phone adds to them', { skip }, async (t) => {
  const data = await mnist()
  const judge = await trainedJudge(data)
  t.teardown(() => judge.close())
  const right = async (pictures: readonly (Uint8Array | null)[]) =>
    countRight(await judge.classes(pictures), data.test)
  const drawn = photosOf(clean, data.test, 1)
  t.same(drawn.map(prepared), drawn.map(flatlyPrepared), 'clean ones are as they ever were')
  const best = await right(drawn.map(prepared))
  t.ok(best >= 97, `${best} clean ones`)
  for (const kind of kinds) {
    const found = await right(photosOf(kind, data.test, 1).map(prepared))
    t.ok(found >= Math.min(95, best - 5), `${kind.name}: ${found} of ${DIGITS}`)
  }
})

t.test('images as MNIST has them are taken as they are', { skip }, async (t) => {
  const { inputs } = (await mnist()).test
  let changed = 0
  for (let i = 0; i < 2000; i++) {
    const pixels = Float32Array.from((inputs as Uint8Array).subarray(784 * i, 784 * (i + 1)))
    const photo: Photo = { width: 28, height: 28, pixels }
    if (Buffer.compare(preparePhoto(pixels, 28, 28), flatlyPrepared(photo)!) !== 0) changed++
  }
  t.equal(changed, 0)
})

/** Built-in digits, so that no file is needed. */
const digits = builtInDigits({ train: 10, test: 10, seed: 3 }).test.inputs as Uint8Array

function shot(scene: Scene, digit = digits.subarray(0, 784)): Photo {
  return photograph(digit, { size: [120, 120], ...scene }, draws(1))
}

const prepare = ({ pixels, width, height }: Photo) => preparePhoto(pixels, width, height)

/** The largest difference of two prepared pictures. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

t.test('a frame, a shadow and light that falls off leave the digit', async (t) => {
  for (let i = 0; i < 10; i++) {
    const digit = digits.subarray(784 * i, 784 * (i + 1))
    const expected = prepare(shot({}, digit))
    const scenes: Record<string, Scene> = {
      frame: { border: { thickness: [1, 1, 1, 1], level: 0 } },
      slope: { light: (x) => 1 - 0.5 * x },
      both: { light: (_, y) => 0.5 + 0.5 * y, border: { thickness: [3, 0, 2, 1], level: 60 } },
    }
    for (const [name, scene] of Object.entries(scenes)) {
      const found = prepare(shot(scene, digit))
      // An edge may come to lie one pixel of the picture further out: a fraction of a pixel of the 28.
      t.ok(difference(found, expected) < 128, `digit ${i}, ${name}: ${difference(found, expected)}`)
    }
  }
})

t.test('the same digit in a picture of many pixels', async (t) => {
  const scene: Scene = { size: [2000, 1500], light: (x) => 1 - 0.4 * x }
  const expected = prepare(shot({ size: [400, 300] }))
  t.ok(difference(prepare(shot(scene)), expected) < 128)
})

t.test('bytes do as numbers', async (t) => {
  const { pixels, width, height } = shot({})
  t.same(preparePhoto(Uint8ClampedArray.from(pixels), width, height), preparePhoto(pixels, width, height))
})

t.test('a digit that the picture is cut to is taken whole', async (t) => {
  const { pixels, width } = shot({})
  const at = Array.from(pixels.keys()).filter((i) => pixels[i]! < 200)
  const columns = at.map((i) => i % width)
  const [left, right] = [Math.min(...columns), Math.max(...columns)]
  const [top, bottom] = [Math.floor(at[0]! / width), Math.floor(at.at(-1)! / width)]
  const cut = Float32Array.from({ length: (right - left + 1) * (bottom - top + 1) }, (_, i) => {
    const x = i % (right - left + 1)
    return pixels[(top + (i - x) / (right - left + 1)) * width + left + x]!
  })
  const found = preparePhoto(cut, right - left + 1, bottom - top + 1)
  t.ok(difference(found, prepare(shot({}))) < 128)
})

t.test('no digit, several and bad arguments are refused in words', async (t) => {
  const none = new Uint8Array(784)
  const squares = { across: 0.1, down: 0.1, weight: 2, level: 120, phase: 0.3 }
  const photos: Record<string, Photo> = {
    ruling: shot({ ruling: squares }, none),
    frame: shot({ border: { thickness: [3, 3, 3, 3], level: 0 } }, none),
    light: shot({ light: (x) => 1 - 0.5 * x }, none),
    noise: shot({ noise: 16 }, none),
  }
  for (const [name, photo] of Object.entries(photos)) {
    t.throws(() => prepare(photo), { name: 'DataError', message: /^no digit was found in the picture/ }, name)
  }
  const left = shot({})
  const two: Photo = { width: 240, height: 120, pixels: new Float32Array(240 * 120) }
  for (let y = 0; y < 120; y++) {
    two.pixels.set(left.pixels.subarray(120 * y, 120 * (y + 1)), 240 * y)
    two.pixels.set(left.pixels.subarray(120 * y, 120 * (y + 1)), 240 * y + 120)
  }
  const several = { name: 'DataError', message: /^2 digits were found in the picture: expected one/ }
  t.throws(() => prepare(two), several)
  const shaded = two.pixels.map((value, i) => value * (1 - (i % 240) / 480))
  t.throws(() => preparePhoto(shaded, 240, 120), several, 'in bad light')
  t.throws(
    () => preparePhoto(new Uint8Array(12).fill(9), 4, 3),
    new DataError('the picture is blank: expected a digit drawn on it, found one colour.'),
  )
  t.throws(
    () => preparePhoto(new Uint8Array(12), 4, 2),
    new DataError('picture: expected 4 x 2 = 8 pixels, found 12'),
  )
  t.throws(
    () => preparePhoto(new Uint8Array(0), 0, 2),
    /expected a width that is a whole number of pixels from 1 up/,
  )
  t.throws(
    () => preparePhoto(Float32Array.of(0, NaN, 1, 1), 2, 2),
    new DataError('picture: expected a luminance of 0 to 255 in row 0, column 1, found NaN'),
  )
})

t.test('a picture of any shape and any content is prepared or refused', async (t) => {
  const draw = draws(5)
  const long = [1, 5000, 5000, 1, 3, 900, 1, 1]
  for (let i = 0; i < 100; i++) {
    const width = long[2 * i] ?? Math.ceil(draw(0, 60))
    const height = long[2 * i + 1] ?? Math.ceil(draw(0, i % 3 === 0 ? 3 : 60))
    const coarse = Math.ceil(draw(0, 20))
    const pixels = new Float32Array(width * height)
    for (let j = 0; j < pixels.length; j++) {
      pixels[j] = j % coarse === 0 ? Math.floor(draw(0, 256)) : pixels[j - 1]!
    }
    try {
      t.equal(preparePhoto(pixels, width, height).length, 784, `${width} x ${height}`)
    } catch (error) {
      t.ok(error instanceof DataError, `${width} x ${height}: ${error}`)
    }
  }
})
