import t from 'tap'
import { prepareImage } from '../../src/data/prepare.js'
import { DataError } from '../../src/errors.js'

/** A picture from rows of characters: a dot is paper, # full ink, a figure tenths of it. */
function picture(...rows: string[]): [Float32Array, number, number] {
  const pixels = rows
    .join('')
    .split('')
    .map((character) => (character === '#' ? 1 : character === '.' ? 0 : Number(character) / 10))
  return [Float32Array.from(pixels), rows[0]!.length, rows.length]
}

/** The prepared picture in the same characters, cut out of 28x28. */
function cut(image: Uint8Array, left: number, top: number, width: number, height: number): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(image.subarray((top + y) * 28 + left, (top + y) * 28 + left + width), (value) =>
      value === 0 ? '.' : value === 255 ? '#' : String(Math.round(value / 25.5)),
    ).join(''),
  )
}

function inkBox(image: Uint8Array): { left: number; top: number; width: number; height: number } {
  const at = Array.from(image.keys()).filter((i) => image[i]! > 0)
  const columns = at.map((i) => i % 28)
  const rows = at.map((i) => Math.floor(i / 28))
  const left = Math.min(...columns)
  const top = Math.min(...rows)
  return { left, top, width: Math.max(...columns) - left + 1, height: Math.max(...rows) - top + 1 }
}

t.test('a bar fills the box along its longer side and keeps its aspect ratio', async (t) => {
  const pixels = new Uint8Array(50 * 80)
  for (let y = 10; y < 70; y++) for (let x = 30; x < 42; x++) pixels[y * 50 + x] = 200
  const image = prepareImage(pixels, 50, 80)
  t.equal(image.length, 784)
  t.same(inkBox(image), { left: 12, top: 4, width: 4, height: 20 })
  t.same(new Set(image), new Set([0, 255]), 'whole pixels of ink stay sharp, and the brightest becomes 255')
})

t.test('a wide picture is normalised by its width', async (t) => {
  const pixels = new Uint8Array(100 * 20)
  for (let y = 5; y < 10; y++) pixels.fill(9, y * 100, y * 100 + 100)
  t.same(inkBox(prepareImage(pixels, 100, 20)), { left: 4, top: 14, width: 20, height: 1 })
})

t.test('a small picture is enlarged', async (t) => {
  const image = prepareImage(...picture('#.', '##'))
  t.same(inkBox(image), { left: 6, top: 3, width: 20, height: 20 })
  t.equal(image[3 * 28 + 6], 255)
  t.equal(image[3 * 28 + 16], 0)
})

t.test('shrinking averages the area under each new pixel', async (t) => {
  const checks = Array.from({ length: 40 }, (_, y) => (y < 20 ? '#'.repeat(40) : '#.'.repeat(20)))
  const image = prepareImage(...picture(...checks))
  t.same(cut(image, inkBox(image).left, inkBox(image).top + 9, 20, 2), ['#'.repeat(20), '5'.repeat(20)])
  t.equal(Math.max(...image), 255)
})

t.test('a new pixel over parts of pixels takes each by the part it covers', async (t) => {
  const rows = Array.from({ length: 30 }, () => '#..'.repeat(10))
  const image = prepareImage(...picture(...rows))
  const { left, top, width } = inkBox(image)
  t.equal(width, 19, '28 columns of ink in 30 rows: floor(28 * 20 / 30 + 0.5)')
  const scale = 28 / 19
  const expected = Array.from({ length: 19 }, (_, x) => {
    let ink = 0
    for (let source = 0; source < 28; source += 3) {
      ink += Math.max(0, Math.min(source + 1, (x + 1) * scale) - Math.max(source, x * scale))
    }
    return ink
  })
  const peak = Math.max(...expected)
  t.same(
    Array.from(image.subarray(top * 28 + left, top * 28 + left + 19)),
    expected.map((ink) => Math.round((255 * ink) / peak)),
  )
})

t.test('the centre of mass comes to within half a pixel of the centre', async (t) => {
  const rows = [
    '.###....',
    '#...#...',
    '....#...',
    '....#...',
    '...#....',
    '..#.....',
    '.#......',
    '########',
  ]
  const image = prepareImage(...picture(...rows))
  let mass = 0
  let x = 0
  let y = 0
  image.forEach((value, i) => {
    mass += value
    x += value * (i % 28)
    y += value * Math.floor(i / 28)
  })
  t.ok(Math.abs(x / mass - 14) <= 0.5, `${x / mass}`)
  t.ok(Math.abs(y / mass - 14) <= 0.5, `${y / mass}`)
})

t.test('a lopsided digit stops at the border, whole', async (t) => {
  const rows = Array.from({ length: 40 }, (_, y) => (y >= 38 ? '#'.repeat(40) : `#${'.'.repeat(39)}`))
  const block = Array.from({ length: 40 }, (_, y) =>
    y < 8 ? '#'.repeat(8) + '.'.repeat(32) : y === 39 ? `${'.'.repeat(39)}#` : '.'.repeat(40),
  )
  t.same(inkBox(prepareImage(...picture(...rows))), { left: 8, top: 0, width: 20, height: 20 })
  t.same(inkBox(prepareImage(...picture(...block))), { left: 8, top: 8, width: 20, height: 20 })
})

t.test('neither the place, the brightness nor the number type of a picture matters', async (t) => {
  const small = ['.5##.', '..#..', '..#..', '.###.']
  const expected = prepareImage(...picture(...small))
  const moved = prepareImage(...picture('.......', ...small.map((row) => `..${row}`), '.......'))
  t.same(moved, expected)
  const [pixels, width, height] = picture(...small)
  t.same(
    prepareImage(
      pixels.map((value) => value * 1e-30),
      width,
      height,
    ),
    expected,
  )
  t.same(
    prepareImage(
      Uint8Array.from(pixels, (value) => value * 100),
      width,
      height,
    ),
    expected,
  )
})

t.test('faint dust is paper', async (t) => {
  const clean = new Uint8Array(30 * 30)
  for (let y = 5; y < 25; y++) clean.fill(250, y * 30 + 12, y * 30 + 15)
  const dusty = clean.slice()
  dusty[0] = 25
  dusty[899] = 12
  t.same(prepareImage(dusty, 30, 30), prepareImage(clean, 30, 30))
  dusty[0] = 26
  t.notSame(prepareImage(dusty, 30, 30), prepareImage(clean, 30, 30))
})

t.test('the input is left as it was', async (t) => {
  const [pixels, width, height] = picture('.#.', '1#.')
  const before = pixels.slice()
  prepareImage(pixels, width, height)
  t.same(pixels, before)
})

t.test('every bad picture has its own message', async (t) => {
  const cases: [string, Uint8Array | Float32Array, number, number, string][] = [
    [
      'blank',
      new Uint8Array(12),
      4,
      3,
      'picture: expected white ink on black paper, found a blank picture: all 12 pixels are 0',
    ],
    [
      'all ink',
      new Uint8Array(12).fill(255),
      4,
      3,
      'picture: expected white ink on black paper, found a blank picture: all 12 pixels are 255',
    ],
    ['too short', new Uint8Array(11), 4, 3, 'picture: expected 4 x 3 = 12 pixels, found 11'],
    ['too long', new Float32Array(13), 4, 3, 'picture: expected 4 x 3 = 12 pixels, found 13'],
    [
      'no width',
      new Uint8Array(0),
      0,
      3,
      'picture: expected a width that is a whole number of pixels from 1 up, found 0',
    ],
    [
      'no height',
      new Uint8Array(0),
      3,
      0,
      'picture: expected a height that is a whole number of pixels from 1 up, found 0',
    ],
    [
      'negative sizes',
      new Uint8Array(6),
      -3,
      -2,
      'picture: expected a width that is a whole number of pixels from 1 up, found -3',
    ],
    [
      'half a pixel',
      new Uint8Array(6),
      4,
      1.5,
      'picture: expected a height that is a whole number of pixels from 1 up, found 1.5',
    ],
    [
      'NaN',
      Float32Array.of(0, 1, 0, 1, 0, NaN),
      2,
      3,
      'picture: expected a finite value from 0 up in row 2, column 1, found NaN',
    ],
    [
      'infinite',
      Float32Array.of(0, 1, Infinity, 1),
      2,
      2,
      'picture: expected a finite value from 0 up in row 1, column 0, found Infinity',
    ],
    [
      'negative',
      Float32Array.of(0, -0.5),
      2,
      1,
      'picture: expected a finite value from 0 up in row 0, column 1, found -0.5',
    ],
  ]
  for (const [name, pixels, width, height, message] of cases) {
    t.throws(() => prepareImage(pixels, width, height), new DataError(message), name)
  }
})
