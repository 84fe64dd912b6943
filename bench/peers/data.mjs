/** MNIST for the peers: reading it, made-up images in its place, initial weights, batches. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

const PIXELS = 784
const files = { images: 'train-images-idx3-ubyte.gz', labels: 'train-labels-idx1-ubyte.gz' }
const magic = { images: 0x803, labels: 0x801 }

/** Numbers in [0, 1) by xorshift32: enough for initial weights and for the order of samples. */
export function randomNumbers(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/**
 * The training images of a folder, [count x 784], as `bytes` and as `pixels` in [0, 1], and their labels [count].
 * @throws Error that names a file which is missing or not an IDX file
 */
export function readImages(folder) {
  const read = (part, headerBytes) => {
    const file = join(folder, files[part])
    const bytes = gunzipSync(readFileSync(file))
    const found = bytes.readUInt32BE(0)
    if (found !== magic[part])
      throw new Error(`${file}: expected an IDX file that begins with ${magic[part]}, found ${found}.`)
    return new Uint8Array(bytes.subarray(headerBytes))
  }
  const bytes = read('images', 16)
  const pixels = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) pixels[i] = bytes[i] / 255
  return { bytes, pixels, labels: read('labels', 8) }
}

/**
 * A temporary folder with made-up images in MNIST's files: 81% of their bytes are zeros, as in MNIST; each class has its
 * own three tenths of the pixels, so that there is something to learn.
 */
export function makeImages(count) {
  const folder = mkdtempSync(join(tmpdir(), 'lanegrad-peers-'))
  const random = randomNumbers(1)
  const ofClass = Array.from({ length: 10 }, () => Array.from({ length: PIXELS }, () => random() < 0.3))
  const images = Buffer.alloc(16 + count * PIXELS)
  const labels = Buffer.alloc(8 + count)
  for (const [i, word] of [magic.images, count, 28, 28].entries()) images.writeUInt32BE(word, 4 * i)
  for (const [i, word] of [magic.labels, count].entries()) labels.writeUInt32BE(word, 4 * i)
  for (let i = 0; i < count; i++) {
    const label = Math.floor(random() * 10)
    labels[8 + i] = label
    for (let p = 0; p < PIXELS; p++) {
      if (ofClass[label][p] && random() < 0.19 / 0.3) images[16 + i * PIXELS + p] = 1 + random() * 255
    }
  }
  writeFileSync(join(folder, files.images), gzipSync(images, { level: 1 }))
  writeFileSync(join(folder, files.labels), gzipSync(labels, { level: 1 }))
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/**
 * Batches of `size` samples in a new random order each epoch; the arrays are the same ones at every call of `next`. While
 * `repeating`, every batch is the same.
 */
export class Batches {
  constructor({ pixels, labels }, size) {
    this.pixels = pixels
    this.labels = labels
    this.size = size
    this.order = Uint32Array.from(labels, (_, i) => i)
    this.at = this.order.length
    this.random = randomNumbers(1)
    this.repeating = false
    /** [size x 784] */
    this.x = new Float32Array(size * PIXELS)
    /** Labels [size] and as rows [size x 10] with a one at the label. */
    this.y = new Int32Array(size)
    this.oneHot = new Float32Array(size * 10)
  }

  next() {
    if (this.repeating) return this
    if (this.at + this.size > this.order.length) this.shuffle()
    this.oneHot.fill(0)
    for (let i = 0; i < this.size; i++) {
      const sample = this.order[this.at++]
      this.x.set(this.pixels.subarray(sample * PIXELS, (sample + 1) * PIXELS), i * PIXELS)
      this.y[i] = this.labels[sample]
      this.oneHot[10 * i + this.y[i]] = 1
    }
    return this
  }

  shuffle() {
    this.at = 0
    for (let i = this.order.length - 1; i > 0; i--) {
      const j = Math.floor(this.random() * (i + 1))
      const moved = this.order[i]
      this.order[i] = this.order[j]
      this.order[j] = moved
    }
  }
}

/** Weights for `inputs` and `outputs` units, uniform as by Glorot or, for a layer before a relu, by He. */
export function initialWeights(count, { inputs, outputs, relu = false }, random) {
  const limit = relu ? Math.sqrt(6 / inputs) : Math.sqrt(6 / (inputs + outputs))
  return Float32Array.from({ length: count }, () => (2 * random() - 1) * limit)
}
