import { createHash } from 'node:crypto'
import t from 'tap'
import { builtInDigits, digits } from '../../src/data/digits.js'
import { STYLES } from '../../src/data/digits-handwriting.js'
import { DataError } from '../../src/errors.js'

/** Of the first 1,000 images of seed 1 and of their labels, in every runtime. */
const IMAGES_SHA256 = '161c2af71bdc9133b61e218ddf3618427854351939e8958161c6f6af72af4dd9'
const LABELS_SHA256 = '27b36de4cd5efb171067e5da4ca7fb1dda607c95b4986e1fb08d697cfe664196'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const first = digits({ count: 1000, seed: 1 })

t.test('the same bits everywhere', async (t) => {
  t.equal(sha256(first.images), IMAGES_SHA256)
  t.equal(sha256(first.labels), LABELS_SHA256)
})

t.test('a digit does not depend on how many are drawn', async (t) => {
  const few = digits({ count: 23, seed: 1 })
  t.equal(sha256(few.images), sha256(first.images.subarray(0, 23 * 784)))
  t.same(few.labels, first.labels.subarray(0, 23))
})

t.test('each ten hold each digit once, in an order of their own', async (t) => {
  const orders = new Set<string>()
  for (let i = 0; i < 1000; i += 10) {
    const ten = first.labels.subarray(i, i + 10)
    t.same(ten.slice().sort(), Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    orders.add(ten.join(''))
  }
  t.ok(orders.size > 95, `${orders.size} orders in 100`)
})

t.test('seeds and streams give other digits in another order', async (t) => {
  for (const other of [digits({ count: 1000, seed: 2 }), digits({ count: 1000, seed: 1, stream: 1 })]) {
    t.equal(shared(first.images, other.images), 0)
    t.notSame(other.labels, first.labels)
  }
})

t.test('images are prepared as MNIST is', async (t) => {
  let lopsided = 0
  for (let i = 0; i < 1000; i++) {
    const { peak, longer, offsetX, offsetY } = measure(first.images.subarray(i * 784, i * 784 + 784))
    // The faintest part of a thin rim rounds to 0, which takes a row or a column off the box now and then.
    if (peak !== 255 || longer < 19 || longer > 20 || offsetX > 1 || offsetY > 1) {
      t.fail(`image ${i}: peak ${peak}, box ${longer}, off the centre by ${offsetX}, ${offsetY}`)
    }
    if (offsetX > 0.51 || offsetY > 0.51) lopsided++
  }
  t.ok(lopsided <= 10, `${lopsided} of 1,000 stopped at the border before their centre of mass was centred`)
})

t.test('digits are as dark as those of MNIST, and differ in width', async (t) => {
  let ink = 0
  for (const value of first.images) ink += value / 255 / first.images.length
  t.ok(ink > 0.11 && ink < 0.15, `mean ${ink}; MNIST's is 0.1307`)
  const widths = new Set<number>()
  for (let i = 0; i < 1000; i++) widths.add(measure(first.images.subarray(i * 784, i * 784 + 784)).width)
  t.ok(widths.size >= 15, `${widths.size} widths`)
})

t.test('every digit has several styles, drawn inside the box', async (t) => {
  t.equal(STYLES.length, 10)
  for (const styles of STYLES) {
    t.ok(styles.length >= 5)
    for (const { weight, strokes } of styles) {
      t.ok(weight > 0)
      t.notOk(strokes[0]!.optional, 'there is always something to draw')
      for (const { x, y, corner } of strokes) {
        t.ok(x.length >= 2)
        t.equal(y.length, x.length)
        t.equal(corner.length, x.length)
        t.ok(corner[0] && corner[corner.length - 1])
        t.ok([...x, ...y].every((value) => value >= 0 && value < 1))
      }
    }
  }
})

t.test('the built-in data sets', async (t) => {
  const { train, test } = builtInDigits({ train: 300, test: 200, seed: 1 })
  for (const [part, count] of [
    [train, 300],
    [test, 200],
  ] as const) {
    t.equal(part.name, 'built-in digits (synthetic)')
    t.equal(part.synthetic, true)
    t.equal(part.count, count)
    t.same(part.sampleShape, [28, 28])
    t.equal(part.classes, 10)
  }
  t.equal(sha256(train.inputs as Uint8Array), sha256(first.images.subarray(0, 300 * 784)))
  t.equal(shared(train.inputs as Uint8Array, test.inputs as Uint8Array), 0)
  t.equal(builtInDigits({ train: 10, test: 10 }).train.count, 10, 'the seed may be left out')
})

t.test('bad options', async (t) => {
  const cases: [options: Parameters<typeof digits>[0], message: string][] = [
    [{ count: 0, seed: 1 }, 'expected a count of 1 to 2739137, found 0'],
    [{ count: 2.5, seed: 1 }, 'expected a count of 1 to 2739137, found 2.5'],
    [{ count: 2739138, seed: 1 }, 'expected a count of 1 to 2739137, found 2739138'],
    [{ count: 1, seed: -1 }, 'expected a seed of 0 to 4294967295, found -1'],
    [{ count: 1, seed: 2 ** 32 }, 'expected a seed of 0 to 4294967295, found 4294967296'],
    [{ count: 1, seed: NaN }, 'expected a seed of 0 to 4294967295, found NaN'],
    [{ count: 1, seed: 1, stream: 65536 }, 'expected a stream of 0 to 65535, found 65536'],
  ]
  for (const [options, message] of cases) {
    t.throws(() => digits(options), new DataError(`built-in digits (synthetic): ${message}`))
  }
  t.throws(
    () => builtInDigits({ train: 10, test: 0 }),
    new DataError('builtInDigits: test should be a whole number from 1 to 2739137, found 0.'),
  )
})

/** How many images of `a` are in `b` too. */
function shared(a: Uint8Array, b: Uint8Array): number {
  const of = (images: Uint8Array) =>
    Array.from({ length: images.length / 784 }, (_, i) => sha256(images.subarray(i * 784, i * 784 + 784)))
  const known = new Set(of(a))
  return of(b).filter((image) => known.has(image)).length
}

/** Brightest pixel, sizes of the ink's box in pixels, and the distance of the centre of mass from pixel 14, 14. */
function measure(image: Uint8Array) {
  let [peak, left, right, top, bottom, mass, x, y] = [0, 28, 0, 28, 0, 0, 0, 0]
  image.forEach((value, i) => {
    if (value === 0) return
    const column = i % 28
    const row = (i - column) / 28
    peak = Math.max(peak, value)
    left = Math.min(left, column)
    right = Math.max(right, column)
    top = Math.min(top, row)
    bottom = Math.max(bottom, row)
    mass += value
    x += value * column
    y += value * row
  })
  const width = right - left + 1
  return {
    peak,
    width,
    longer: Math.max(width, bottom - top + 1),
    offsetX: Math.abs(x / mass - 14),
    offsetY: Math.abs(y / mass - 14),
  }
}
