import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decode, encode } from 'fast-png'
import { encode as encodeJpeg } from 'jpeg-js'
import t, { type Test } from 'tap'
import { drawnDigits, drawStrokes } from '../../src/experiments/own-digits.js'
import { checkError, controlCharacters, emptyEnvironment, runCli } from './run-cli.js'

/** Pictures of our own digits on any paper: ink 0 (none) to 255 becomes a pixel's channels. */
function pixelsOf(label: number, size: number, pixel: (ink: number) => readonly number[]): Uint8Array {
  return Uint8Array.from([...drawStrokes(drawnDigits[label]!, size)].flatMap(pixel))
}

const png = (label: number, size: number, pixel: (ink: number) => readonly number[]) => {
  const data = pixelsOf(label, size, pixel)
  return encode({ width: size, height: size, channels: data.length / size ** 2, data })
}

/** A tag "orientation" as cameras write it: an APP1 segment after the first two bytes. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]
  const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff]
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2, ...exif, ...jpeg.subarray(2)])
}

const jpeg = (width: number, height: number, data: Uint8Array) => encodeJpeg({ width, height, data }, 70).data

/** The bytes of one trained model: all tests predict with it. */
let trained: Uint8Array | undefined

async function modelIn(t: Test): Promise<{ env: NodeJS.ProcessEnv; folder: string; model: string }> {
  const { env, folder } = await emptyEnvironment(t)
  const model = join(folder, 'model.safetensors')
  if (trained === undefined) {
    const training = '--data digits --limit 4000 --hidden 64 --epochs 6 --batch 32 --engine simd'
    t.equal((await runCli(['train', ...training.split(' '), '--save', model], env)).code, 0)
    trained = await readFile(model)
  } else {
    await writeFile(model, trained)
  }
  return { env, folder, model }
}

interface Json {
  predictions: { file: string; predicted: number; probabilities: number[] }[]
}

t.test('ten drawn digits are recognised, whatever the paper, the ink, the size and the format', async (t) => {
  const { env, folder, model } = await modelIn(t)
  const papers: ((label: number) => [extension: string, bytes: Uint8Array])[] = [
    (label) => ['png', png(label, 60, (ink) => [ink])],
    (label) => ['png', png(label, 230, (ink) => [255 - ink])],
    (label) => ['png', png(label, 90, (ink) => [20, 30, 160, ink])],
    (label) => ['png', png(label, 90, (ink) => [255, 250, 230, ink])],
    (label) => ['png', png(label, 77, (ink) => [240 - 0.8 * ink, 235 - 0.8 * ink, 220 - 0.6 * ink])],
    (label) => {
      const data = pixelsOf(label, 140, (ink) => [235 - 0.8 * ink, 230 - 0.8 * ink, 200 - 0.4 * ink, 255])
      return ['jpg', jpeg(140, 140, data)]
    },
  ]
  const labels: number[] = []
  const files: string[] = []
  for (const { label } of drawnDigits) {
    for (const [i, paper] of papers.entries()) {
      const [extension, bytes] = paper(label)
      const file = join(folder, `${label}-${i}.${extension}`)
      await writeFile(file, bytes)
      files.push(file)
      labels.push(label)
    }
  }
  const { code, stdout } = await runCli(['predict', model, ...files, '--json'], env)
  t.equal(code, 0)
  const { predictions } = JSON.parse(stdout) as Json
  t.same(
    predictions.map(({ file }) => file),
    files,
  )
  for (let start = 0; start < predictions.length; start += papers.length) {
    const same = predictions.slice(start, start + papers.length)
    t.equal(
      new Set(same.map(({ predicted }) => predicted)).size,
      1,
      `${labels[start]}: one answer on any paper`,
    )
    for (const { probabilities } of same) {
      const sum = probabilities.reduce((sum, value) => sum + value, 0)
      t.ok(probabilities.length === 10 && Math.abs(sum - 1) < 1e-5)
    }
  }
  const right = predictions.filter(({ predicted }, i) => predicted === labels[i]).length
  t.ok(right >= 0.8 * predictions.length, `${right} of ${predictions.length}`)
})

t.test('pictures are shown as the network sees them, in the terminal and as PNG', async (t) => {
  const { env, folder, model } = await modelIn(t)
  const [seven, zero, seen] = ['7.png', '0.png', 'seen.png'].map((name) => join(folder, name)) as string[]
  await writeFile(
    seven!,
    png(7, 100, (ink) => [255 - ink]),
  )
  await writeFile(
    zero!,
    png(0, 100, (ink) => [255 - ink]),
  )
  const { code, stdout, stderr } = await runCli(['predict', model, seven!, zero!, '--png', seen!], env)
  t.equal(code, 0)
  t.match(stderr, `what the network sees is in ${seen}`)
  t.notMatch(stdout, controlCharacters)
  t.match(stdout, /7\.png: \d, \d+\.\d\d%\n/)
  t.match(stdout, /^ +0 +\d+\.\d\d%( +#*)?$/m)
  t.equal(stdout.match(/^ {3}\d {1,4}\d+\.\d\d%/gm)!.length, 20)
  t.match(stdout, /@/, 'the picture')
  const { width, height, channels } = decode(await readFile(seen!))
  t.same([width, height, channels], [62, 32, 1])
})

t.test('other kinds of PNG: few bits, a palette, 16 bits, a transparent colour', async (t) => {
  const { env, folder, model } = await modelIn(t)
  const size = 80
  const ink = drawStrokes(drawnDigits[3]!, size)
  const palette: [number, number, number][] = [
    [250, 250, 250],
    [30, 30, 90],
  ]
  const images = {
    plain: encode({
      width: size,
      height: size,
      channels: 1,
      data: ink.map((value) => (value > 127 ? 255 : 0)),
    }),
    deep: encode({
      ...{ width: size, height: size, channels: 1, depth: 16 },
      data: Uint16Array.from(ink, (value) => (value > 127 ? 65535 : 0)),
    }),
    indexed: encode({
      ...{ width: size, height: size, channels: 1, depth: 8, palette },
      data: ink.map((value) => (value > 127 ? 1 : 0)),
    }),
  }
  const files: string[] = []
  for (const [name, bytes] of Object.entries(images)) {
    files.push(join(folder, `${name}.png`))
    await writeFile(files.at(-1)!, bytes)
  }
  const { predictions } = JSON.parse(
    (await runCli(['predict', model, ...files, '--json'], env)).stdout,
  ) as Json
  const [plain, ...others] = predictions.map(({ probabilities }) => probabilities)
  for (const [i, probabilities] of others.entries()) t.same(probabilities, plain, files[i + 1])
})

t.test('a photograph that was taken sideways is turned', async (t) => {
  const { env, folder, model } = await modelIn(t)
  const size = 96
  const upright = pixelsOf(7, size, (ink) => [255 - ink, 255 - ink, 255 - ink, 255])
  /** Pixel (x, y) of a turned file comes from here in the upright one. */
  const sources: Record<number, (x: number, y: number) => [number, number]> = {
    1: (x, y) => [x, y],
    3: (x, y) => [size - 1 - x, size - 1 - y],
    6: (x, y) => [size - 1 - y, x],
    8: (x, y) => [y, size - 1 - x],
  }
  const files: string[] = []
  for (const [orientation, source] of Object.entries(sources)) {
    const data = new Uint8Array(size * size * 4)
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const [column, row] = source(x, y)
        const at = 4 * (row * size + column)
        data.set(upright.subarray(at, at + 4), 4 * (y * size + x))
      }
    }
    files.push(join(folder, `${orientation}.jpg`))
    await writeFile(files.at(-1)!, withOrientation(jpeg(size, size, data), Number(orientation)))
  }
  const { predictions } = JSON.parse(
    (await runCli(['predict', model, ...files, '--json'], env)).stdout,
  ) as Json
  const [first, ...others] = predictions
  for (const { file, probabilities } of others) {
    const off = Math.max(...probabilities.map((value, i) => Math.abs(value - first!.probabilities[i]!)))
    t.ok(off < 0.05, `${file}: ${off}`)
  }
})

t.test('files that are no pictures of digits end with a clear word', async (t) => {
  const { env, folder, model } = await modelIn(t)
  const whole = png(4, 100, (ink) => [ink])
  const large = Uint8Array.from(whole)
  new DataView(large.buffer).setUint32(16, 60_000)
  new DataView(large.buffer).setUint32(20, 60_000)
  const grey = new Uint8Array(64 * 64 * 4).fill(200)
  const framed = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 === 0 || i < 64 ? 0 : 240))
  const one = pixelsOf(3, 64, (ink) => [255 - ink])
  const two = Uint8Array.from({ length: 128 * 64 }, (_, i) => one[(i >> 7) * 64 + (i % 64)]!)
  const cases: [name: string, bytes: Uint8Array | null, message: RegExp][] = [
    [
      'frame.png',
      encode({ width: 64, height: 64, channels: 1, data: framed }),
      /frame\.png: no digit was found in the picture: expected one/,
    ],
    [
      'two.png',
      encode({ width: 128, height: 64, channels: 1, data: two }),
      /two\.png: 2 digits were found in the picture: expected one/,
    ],
    ['gone.png', null, /gone\.png: there is no such file\./],
    [
      'text.png',
      new TextEncoder().encode('no picture'),
      /text\.png: expected a PNG or JPEG picture, found a file that begins with the bytes 6e 6f 20 70/,
    ],
    ['empty.png', new Uint8Array(0), /empty\.png: expected a PNG or JPEG picture, .* it is empty/],
    ['cut.png', whole.subarray(0, 90), /cut\.png: a damaged PNG picture: /],
    ['header.png', whole.subarray(0, 12), /header\.png: a damaged PNG picture: /],
    ['large.png', large, /large\.png: a damaged PNG picture: byte 29: expected the CRC/],
    ['cut.jpg', jpeg(64, 64, grey).subarray(0, 30), /cut\.jpg: a damaged JPEG picture: /],
    ['blank.png', png(0, 40, () => [255]), /blank\.png: the picture is blank: expected a digit/],
    ['clear.png', png(0, 40, () => [0, 0, 0, 0]), /clear\.png: the picture is blank/],
    ['blank.jpg', jpeg(64, 64, grey), /blank\.jpg: the picture is blank/],
  ]
  for (const [name, bytes, message] of cases) {
    const file = join(folder, name)
    if (bytes) await writeFile(file, bytes)
    checkError(t, await runCli(['predict', model, file], env), 1, message)
  }
  const digit = join(folder, 'digit.png')
  await writeFile(digit, whole)
  checkError(t, await runCli(['predict', digit, digit], env), 1, /digit\.png: /)
  checkError(
    t,
    await runCli(['predict', model, digit, '--png', join(folder, 'no/x.png')], env),
    1,
    /no folder/,
  )
  t.equal((await runCli(['predict', model], env)).code, 2, 'no picture at all')
})

t.test('a model of other inputs is refused', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const { writeModel, sequential, dense } = await import('../../src/index.js')
  const model = sequential([dense(10)], { input: [12] })
  const file = join(folder, 'other.safetensors')
  const settings = { data: 'digits', standardisation: null, loss: 'softmaxCrossEntropy' } as const
  await writeFile(file, await writeModel(model, settings))
  const picture = join(folder, 'digit.png')
  await writeFile(
    picture,
    png(4, 50, (ink) => [ink]),
  )
  checkError(
    t,
    await runCli(['predict', file, picture], env),
    1,
    /expected a model of images of shape \[28, 28\], found one that takes \[12\]/,
  )
})
