import { zipSync } from 'fflate'
import t from 'tap'
import {
  type PictureFile,
  picturesByClass,
  picturesDataset,
  picturesInZip,
  preparePictures,
} from '../../src/data/pictures.js'
import { type Raster, resample } from '../../src/data/resample.js'

/** A picture whose file is its pixels: width, height, channels, then the data. */
const file = (
  path: string,
  width: number,
  height: number,
  channels: number,
  ...data: number[]
): PictureFile => ({
  path,
  bytes: Uint8Array.of(width, height, channels, ...data),
})
const decode = (bytes: Uint8Array): Raster => ({
  ...{ width: bytes[0]!, height: bytes[1]!, channels: bytes[2]! },
  data: bytes.subarray(3),
})

t.test('folders are classes, in alphabetical order, and pictures become bytes', async (t) => {
  const files = [
    file('set/dog/a.png', 2, 1, 1, 10, 20),
    file('set/cat/b.png', 2, 1, 3, 255, 0, 0, 0, 255, 0),
    file('set/cat/a.png', 2, 1, 2, 100, 255, 100, 0),
    file('set/.trash/a.png', 9, 1, 1),
  ]
  const found = await picturesByClass(files, 'set', { decode })
  t.same(found, {
    inputs: Uint8Array.of(100, 255, 76, 150, 10, 20),
    sampleShape: [1, 2],
    targets: Int32Array.of(0, 0, 1),
    classNames: ['cat', 'dog'],
    paths: ['set/cat/a.png', 'set/cat/b.png', 'set/dog/a.png'],
  })
  const colour = await picturesByClass(files, 'set', { decode, channels: 3, size: [1, 1] })
  t.same(
    [colour.sampleShape, [...colour.inputs]],
    [
      [1, 1, 3],
      [178, 178, 178, 128, 128, 0, 15, 15, 15],
    ],
  )
})

t.test('a zip of pictures is read like a folder', async (t) => {
  const zip = zipSync({
    'a/1.png': Uint8Array.of(1),
    'a/notes.txt': Uint8Array.of(2),
    '__MACOSX/a/1.png': Uint8Array.of(3),
  })
  t.same(picturesInZip(zip, 'z'), [{ path: 'a/1.png', bytes: Uint8Array.of(1) }])
})

t.test('collections that cannot be used are refused by their file', async (t) => {
  const cat = file('cat/a.png', 2, 1, 1, 1, 2)
  const cases: [files: PictureFile[], message: RegExp][] = [
    [[], /^set: expected pictures, \.png or \.jpg, found none$/],
    [[cat], /^set: expected folders of two or more classes, found 'cat' alone$/],
    [[cat, file('b.png', 1, 1, 1, 1)], /^set: b\.png: expected a picture in a folder named after its class/],
    [
      [cat, file('dog/a.png', 1, 2, 1, 1, 2)],
      /^set: dog\/a\.png: expected 2 x 1 pixels as in cat\/a\.png, found 1 x 2/,
    ],
    [
      [cat, file('dog/a.png', 2, 1, 5, 1)],
      /^set: dog\/a\.png: expected a decoder that gives 1 to 4 channels/,
    ],
  ]
  for (const [files, message] of cases) {
    await t.rejects(picturesByClass(files, 'set', { decode }), { name: 'DataError', message })
  }
  const refuse = () => {
    throw new Error('no such format')
  }
  const files = [cat, file('dog/a.png', 2, 1, 1, 1, 2)]
  await t.rejects(picturesByClass(files, 'set', { decode: refuse }), {
    message: 'set: cat/a.png: no such format',
  })
})

t.test('pictures keep their mean in another size, and themselves in their own', async (t) => {
  const data = Uint8Array.from({ length: 12 * 9 * 2 }, (_, i) => (i * 37) % 251)
  const raster = { width: 12, height: 9, channels: 2, data }
  t.same(resample(raster, 12, 9), raster)
  const flat = { ...raster, data: data.map(() => 77) }
  for (const [width, height] of [
    [1, 1],
    [5, 4],
    [30, 20],
    [12, 3],
  ] as const) {
    t.ok(
      resample(flat, width, height).data.every((value) => value === 77),
      `${width} x ${height}`,
    )
  }
  const half = resample({ width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 0, 100, 100) }, 2, 1)
  t.same([...half.data], [14, 86], 'a triangle of two pixels to either side: 100 times 0.25 and 1.5 of 1.75')
})

t.test('pictures are a data set, and what is asked about is prepared like them', async (t) => {
  const files = [file('b/1.png', 2, 1, 1, 10, 20), file('a/1.png', 2, 1, 1, 30, 50)]
  const pictures = await picturesByClass(files, 'set', { decode, size: [1, 2] })
  const set = picturesDataset(pictures, 'set')
  t.equal(set.inputs, pictures.inputs)
  t.same([set.sampleShape, [...set.targets], set.classes], [[1, 2], [0, 1], 2])
  t.same(await preparePictures(files, '', { decode, size: [1, 2] }), Uint8Array.of(10, 20, 30, 50))
  await t.rejects(preparePictures([file('x.png', 2, 1, 5)], '', { decode, size: [1, 2] }), {
    name: 'DataError',
    message: /^x\.png: expected a decoder that gives 1 to 4 channels/,
  })
})
