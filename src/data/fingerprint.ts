import { sha256 } from '../sha256.js'
import { type Dataset, rowOf } from './dataset.js'

/** Bytes that are hashed at a time: a fingerprint needs no copy of the data set. */
const PART = 1 << 22

/**
 * SHA-256 of all that a data set trains with: its shape, and the images and labels of its samples in their order, whatever
 * array they lie in. Two data sets have the same one when they give the same bits. Images are hashed in parts of about
 * 4 MB, and the parts' digests, with the labels, once more.
 */
export async function datasetFingerprint(set: Dataset): Promise<string> {
  const { inputs: images, targets: labels, sampleShape, sampleSize, classes, count } = set
  const kind = images instanceof Uint8Array ? 'u8' : 'f32'
  const all = new Uint8Array(images.buffer, images.byteOffset, images.byteLength)
  const rowBytes = sampleSize * images.BYTES_PER_ELEMENT
  const perPart = Math.max(1, Math.floor(PART / rowBytes))
  const digests: string[] = []
  for (let start = 0; start < count; start += perPart) {
    const rows = Math.min(perPart, count - start)
    const part = new Uint8Array(rows * rowBytes)
    for (let i = 0; i < rows; i++) {
      const from = rowOf(set, start + i) * rowBytes
      part.set(all.subarray(from, from + rowBytes), i * rowBytes)
    }
    digests.push(await sha256(part))
  }
  const classesOf = await sha256(Uint8Array.from({ length: count }, (_, i) => labels[rowOf(set, i)]!))
  const parts = { kind, sampleShape, classes, count, images: digests, labels: classesOf }
  return sha256(new TextEncoder().encode(JSON.stringify(parts)))
}
