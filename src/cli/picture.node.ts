/** Picture files: as luminance and opacity, or in their colours. */
import { DataError } from '../errors.js'
import type { Raster as Colours } from '../index.js'
import { ColourBuilder, type PixelSink, type Raster, RasterBuilder, type SinkMaker } from './raster.js'

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const JPEG = [0xff, 0xd8, 0xff]

/**
 * Decodes a PNG or JPEG file, in memory that is bounded by its pixels.
 *
 * @param file its name, for messages
 * @throws DataError naming the file: not PNG or JPEG, damaged, or too large
 */
export async function readPicture(bytes: Uint8Array, file: string): Promise<Raster> {
  return (await pixelsOf(bytes, file, (width, height) => new RasterBuilder(width, height))).build()
}

/** Decodes a PNG or JPEG file in its colours: [height, width, 4]. See `readPicture`. */
export async function readColours(bytes: Uint8Array, file: string): Promise<Colours> {
  return (await pixelsOf(bytes, file, (width, height) => new ColourBuilder(width, height))).build()
}

async function pixelsOf<T extends PixelSink>(
  bytes: Uint8Array,
  file: string,
  sinkOf: SinkMaker<T>,
): Promise<T> {
  const startsWith = (magic: readonly number[]) => magic.every((byte, i) => bytes[i] === byte)
  // The decoders are not loaded before they are needed.
  if (startsWith(PNG)) return (await import('./png.node.js')).readPng(bytes, file, sinkOf)
  if (startsWith(JPEG)) return (await import('./jpeg.node.js')).readJpeg(bytes, file, sinkOf)
  const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  throw new DataError(
    `${file}: expected a PNG or JPEG picture, found a file that begins with ${found === '' ? 'nothing: it is empty' : `the bytes ${found}`}.`,
  )
}
