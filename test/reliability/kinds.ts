/** The kinds of files that are read, a few good ones of each, and what opens them as the library and its commands do. */
import { deflateSync, inflateSync } from 'node:zlib'
import { encode as encodeJpeg } from 'jpeg-js'
import { readCheckpoint, resume, writeCheckpoint } from '../../src/cli/checkpoint-file.node.js'
import { readPicture } from '../../src/cli/picture.node.js'
import { luminanceOf } from '../../src/cli/predict-image.js'
import { gzip } from '../../src/data/gzip.js'
import { readIdxOrGzip, writeIdx } from '../../src/data/idx.js'
import { parseJson } from '../../src/formats/json.js'
import { readSafetensors, type Safetensors } from '../../src/formats/safetensors.js'
import { readModel, writeModel } from '../../src/formats/saved-model.js'
import { writeSealed } from '../../src/formats/seal.js'
import {
  createEngine,
  createTrainer,
  DataError,
  dataset,
  dense,
  type Model,
  modelFromConfig,
  preparePhoto,
  sequential,
  sgd,
} from '../../src/index.js'
import { object } from '../../src/schema/schema.js'
import { encodePng, pngChunk, pngOf, pngSignature } from '../support/png.js'
import { randomIntegers } from '../support/random.js'
import { mutateBytes, mutateJson, type Random } from './mutations.js'

export interface Kind {
  readonly good: readonly Uint8Array[]
  /** Damage; by default of the file's bytes. */
  mutate?(bytes: Uint8Array, random: Random): Uint8Array | Promise<Uint8Array>
  /** Reads it, and returns how much memory what it holds needs: its bytes or pixels. */
  open(bytes: Uint8Array): Promise<number>
}

const utf8 = new TextEncoder()
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const integers = randomIntegers(77)
const bytesOf = (count: number) => Uint8Array.from({ length: count }, () => integers(0, 255))

/** Damages the header's texts, as JSON where they are, and signs the file again. */
async function resign(bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const { tensors, metadata } = readSafetensors(bytes, 'good')
  const names = Object.keys(metadata)
  const name = names[random(0, names.length - 1)]!
  const changed = (value: string) => {
    try {
      return JSON.stringify(mutateJson(JSON.parse(value), random))
    } catch {
      return text(mutateBytes(utf8.encode(value), random))
    }
  }
  const content: Safetensors = {
    tensors: new Map(
      [...tensors].map(([key, { shape, data }]) => {
        if (random(0, 7) > 0 || data.length === 0) return [key, { shape, data }]
        const odd = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 3e38][random(0, 4)]!
        return [key, { shape, data: data.with(random(0, data.length - 1), odd) }]
      }),
    ),
    metadata: random(0, 7) === 0 ? metadata : { ...metadata, [name]: changed(metadata[name]!) },
  }
  return writeSealed(content)
}

/** Damages a PNG's chunks, or the lines in them, and gives them right checksums. */
function remake(bytes: Uint8Array, random: Random): Uint8Array {
  if (random(0, 3) === 0) return mutateBytes(bytes, random)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const chunks: Uint8Array[] = []
  for (let at = pngSignature.length; at < bytes.length; at += 12 + view.getUint32(at)) {
    const type = text(bytes.subarray(at + 4, at + 8))
    let content: Uint8Array = bytes.slice(at + 8, at + 8 + view.getUint32(at))
    if (type === 'IDAT' && random(0, 1) === 0) {
      content = deflateSync(mutateBytes(inflateSync(content), random))
    } else if (random(0, 2) === 0) content = mutateBytes(content, random)
    if (random(0, 20) > 0) chunks.push(pngChunk(type, content))
    if (random(0, 20) === 0) chunks.push(pngChunk(type, content))
  }
  return pngOf(...chunks)
}

async function openPicture(bytes: Uint8Array): Promise<number> {
  const raster = await readPicture(bytes, 'file')
  try {
    preparePhoto(luminanceOf(raster), raster.width, raster.height)
  } catch (error) {
    // A readable picture of noise shows no digit.
    if (!(error instanceof DataError)) throw error
  }
  return 4 * raster.width * raster.height
}

function pngs(): Uint8Array[] {
  const size = { width: 24, height: 19 }
  const samples = (most: number, channels: number) =>
    Array.from({ length: 24 * 19 * channels }, () => integers(0, most))
  const palette = [...bytesOf(48)]
  return [
    encodePng({ ...size, depth: 8, colours: 2, samples: samples(255, 3) }),
    encodePng({ ...size, depth: 4, colours: 3, palette, transparency: [0, 9], samples: samples(15, 1) }),
    encodePng({ ...size, depth: 16, colours: 6, interlaced: true, samples: samples(65_535, 4) }),
    encodePng({ ...size, depth: 1, colours: 0, interlaced: true, samples: samples(1, 1) }),
  ]
}

/** A progressive picture of 24 x 20 pixels, a ring on paper, as MozJPEG writes it. */
const progressive = [
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wEEEAANAA0ADQANAA4ADQAOABAAEAAOABQAFgATABYAFAAeABsAGQAZABsAHg',
  'AtACAAIgAgACIAIAAtAEQAKgAyACoAKgAyACoARAA8AEkAOwA3ADsASQA8AGwAVQBLAEsAVQBsAH0AaQBjAGkAfQCX',
  'AIcAhwCXAL4AtQC+APkA+QFOEQANAA0ADQANAA4ADQAOABAAEAAOABQAFgATABYAFAAeABsAGQAZABsAHgAtACAAIg',
  'AgACIAIAAtAEQAKgAyACoAKgAyACoARAA8AEkAOwA3ADsASQA8AGwAVQBLAEsAVQBsAH0AaQBjAGkAfQCXAIcAhwCX',
  'AL4AtQC+APkA+QFO/8IAEQgAFAAYAwEiAAIRAQMRAf/EACsAAQEBAQEAAAAAAAAAAAAAAAAFBAIGAQEBAAAAAAAAAA',
  'AAAAAAAAAAA//aAAwDAQACEAMQAAAAsQNnE6X08ejxhsB//8QAIxAAAgEEAQMFAAAAAAAAAAAAAQIDAAQFEQYQEyES',
  'IjJBYv/aAAgBAQABPwDO5Y4uCMxqrTSNpQ29aFPc8sggF3J5jHuZCibC/oCsRkRkrJJ9AOCVcD6YVy2GUxWdygBWFy',
  'G8b+VXXKrSWwkCQv33Qr6GAKiuL28sGLBca7spkXouOx6MrpZW6spBBEaggjp//8QAFBEBAAAAAAAAAAAAAAAAAAAA',
  'IP/aAAgBAgEBPwAf/8QAFBEBAAAAAAAAAAAAAAAAAAAAIP/aAAgBAwEBPwAf/9k=',
].join('')

const jpegs = () => [
  encodeJpeg({ width: 40, height: 33, data: bytesOf(40 * 33 * 4) }, 80).data,
  new Uint8Array(Buffer.from(progressive, 'base64')),
]

/** A kind's files and readers, by its name. */
export async function kindsOfFiles(): Promise<Readonly<Record<string, Kind>>> {
  const idx = [
    writeIdx({ shape: [3, 4, 5], data: bytesOf(60) }),
    writeIdx({ shape: [7], data: Float32Array.from(bytesOf(7)) }),
  ]
  const openIdx = async (bytes: Uint8Array) => (await readIdxOrGzip(bytes, 'file')).data.byteLength
  const layers = [dense(5, { activation: 'relu' }), dense(3)]
  const create = (): Model => sequential(layers, { input: [4], seed: 2 })
  const standardisation = { mean: new Float32Array(4), scale: Float32Array.of(1, 2, 3, 4) }
  const model = await writeModel(create(), { data: 'digits', standardisation, loss: 'softmaxCrossEntropy' })
  const engine = await createEngine({ engine: 'js' })
  const trainer = createTrainer(engine, create(), { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) })
  const labels = bytesOf(30).map((byte) => byte % 3)
  const data = dataset({ name: 'a', inputs: bytesOf(120), targets: labels, sampleShape: [4], classes: 3 })
  const checkpoints: Uint8Array[] = []
  const recipe = { data: 'a', batch: 32 }
  const fit = trainer.fit(data, { epochs: 3, validationData: data, earlyStopping: { patience: 2 } })
  for await (const _ of fit) {
    const checkpoint = trainer.checkpoint()
    checkpoints.push(await writeCheckpoint({ recipe, checkpoint, extra: {} }))
  }
  const openModel = async (bytes: Uint8Array) => {
    await readModel(bytes, 'file')
    return bytes.length
  }
  const openCheckpoint = async (bytes: Uint8Array) => {
    resume(trainer, recipe, await readCheckpoint(bytes, 'file', object<object>({})), 'file')
    return bytes.length
  }
  const configs = [
    { input: [4], layers },
    {
      input: [28, 28],
      seed: 7,
      layers: [
        { type: 'rows' },
        { type: 'bidirectional', layer: { type: 'lstm', units: 8 } },
        { type: 'reshape', shape: [4, 4] },
        { type: 'gru', units: 8 },
        { type: 'dropout', rate: 0.5 },
        { type: 'dense', units: 10, kernel: { type: 'normal', deviation: 0.1 } },
      ],
    },
  ].map((config) => utf8.encode(JSON.stringify(config)))
  return {
    IDX: { good: idx, open: openIdx },
    gzip: { good: await Promise.all(idx.map(gzip)), open: openIdx },
    'gzip, content': {
      good: idx,
      mutate: (bytes, random) => gzip(mutateBytes(bytes, random)),
      open: openIdx,
    },
    safetensors: {
      good: [model, checkpoints[0]!],
      async open(bytes) {
        readSafetensors(bytes, 'file')
        return bytes.length
      },
    },
    model: { good: [model], open: openModel },
    'model, signed': { good: [model], mutate: resign, open: openModel },
    checkpoint: { good: checkpoints, open: openCheckpoint },
    'checkpoint, signed': { good: checkpoints, mutate: resign, open: openCheckpoint },
    'JSON model': {
      good: configs,
      mutate: (bytes, random) =>
        random(0, 2) === 0
          ? mutateBytes(bytes, random)
          : utf8.encode(JSON.stringify(mutateJson(JSON.parse(text(bytes)), random)) ?? ''),
      async open(bytes) {
        let config: unknown
        try {
          config = parseJson(text(bytes))
        } catch (error) {
          throw new DataError(String(error))
        }
        modelFromConfig(config).summary()
        return bytes.length
      },
    },
    PNG: { good: pngs(), mutate: remake, open: openPicture },
    JPEG: { good: jpegs(), open: openPicture },
  }
}
