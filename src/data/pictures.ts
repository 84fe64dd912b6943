import { DataError } from '../errors.js'
import { type Raster, resample } from './resample.js'
import { unzip } from './zip.js'

/** A picture's file: its path within the collection, and its bytes. */
export interface PictureFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export interface PictureOptions {
  /**
   * Reads a file's bytes as pixels, 1 to 4 channels: grey, grey and alpha, RGB, RGBA. The library has no decoder of its
   * own: a page has `createImageBitmap`, Node any package.
   */
  readonly decode: (bytes: Uint8Array, path: string) => Raster | Promise<Raster>
  /** [height, width] that every picture is brought to; without it all must have one size. */
  readonly size?: readonly [height: number, width: number]
  /** 1 for grey, the default, or 3 for RGB. What is transparent becomes white. */
  readonly channels?: 1 | 3
}

/** Pictures as samples, their classes by the names of their folders in alphabetical order. */
export interface Pictures {
  /** [pictures, height, width], or with three channels [pictures, height, width, 3] */
  readonly inputs: Uint8Array
  readonly sampleShape: readonly number[]
  /** [pictures] */
  readonly targets: Int32Array
  readonly classNames: readonly string[]
  /** [pictures] */
  readonly paths: readonly string[]
}

/** Whether a name is that of a picture: .png, .jpg, .jpeg. */
export function isPicture(path: string): boolean {
  return /\.(png|jpe?g)$/i.test(path)
}

/** Pictures whose parts of the path, such as `__MACOSX` or `.cache`, say that they are none of the collection. */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')
}

/**
 * The pictures of a zip.
 *
 * @param name file or URL, for messages
 * @throws DataError as unzip
 */
export function picturesInZip(bytes: Uint8Array, name: string): PictureFile[] {
  const files = unzip(bytes, name, (file) => isPicture(file) && !isHidden(file))
  return [...files].map(([path, bytes]) => ({ path, bytes }))
}

/**
 * Samples of pictures that lie in one folder a class, such as `cat/1.png` and `dog/7.jpg`, wherever these folders lie.
 *
 * @param name of the collection, for messages
 * @throws DataError naming the file, what was expected and what was found: no pictures, one outside of every folder, one
 *   class alone, sizes that differ, what the decoder says of a file
 */
export async function picturesByClass(
  files: readonly PictureFile[],
  name: string,
  { decode, size, channels = 1 }: PictureOptions,
): Promise<Pictures> {
  const shown = files.filter(({ path }) => !isHidden(path)).sort((a, b) => (a.path < b.path ? -1 : 1))
  if (shown.length === 0) throw new DataError(`${name}: expected pictures, .png or .jpg, found none`)
  const classes = shown.map(({ path }) => classOf(path, name))
  const classNames = [...new Set(classes)].sort()
  if (classNames.length === 1) {
    throw new DataError(`${name}: expected folders of two or more classes, found '${classNames[0]}' alone`)
  }
  let inputs = new Uint8Array(0)
  let [height, width] = size ?? [0, 0]
  for (const [i, { path, bytes }] of shown.entries()) {
    const raster = await decoded(decode, bytes, path, name)
    if (i === 0) {
      if (!size) [height, width] = [raster.height, raster.width]
      inputs = new Uint8Array(shown.length * height * width * channels)
    }
    if (!size && (raster.width !== width || raster.height !== height)) {
      throw new DataError(
        `${name}: ${path}: expected ${width} x ${height} pixels as in ${shown[0]!.path}, found ${raster.width} x ` +
          `${raster.height}; with a size all are brought to it`,
      )
    }
    const { data } = resample(withChannels(raster, channels), width, height)
    inputs.set(data, i * data.length)
  }
  return {
    inputs,
    sampleShape: channels === 1 ? [height, width] : [height, width, channels],
    targets: Int32Array.from(classes, (name) => classNames.indexOf(name)),
    classNames,
    paths: shown.map(({ path }) => path),
  }
}

function classOf(path: string, name: string): string {
  const folder = path.split('/').at(-2)
  if (folder !== undefined) return folder
  throw new DataError(
    `${name}: ${path}: expected a picture in a folder named after its class, found it in none`,
  )
}

async function decoded(
  decode: PictureOptions['decode'],
  bytes: Uint8Array,
  path: string,
  name: string,
): Promise<Raster> {
  let raster: Raster
  try {
    raster = await decode(bytes, path)
  } catch (cause) {
    throw new DataError(`${name}: ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
  const { width, height, channels, data } = raster
  if (channels >= 1 && channels <= 4 && data.length === width * height * channels && data.length > 0)
    return raster
  throw new DataError(
    `${name}: ${path}: expected a decoder that gives 1 to 4 channels of ${width} x ${height} pixels, found ` +
      `${data.length} values of ${channels}`,
  )
}

/** Grey by the weights of ITU-R BT.601, as PNG and JPEG libraries have it. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114]

function withChannels({ width, height, channels: given, data }: Raster, channels: 1 | 3): Raster {
  const pixels = width * height
  const converted = new Uint8Array(pixels * channels)
  const alphaAt = given === 2 || given === 4 ? given - 1 : -1
  const isGrey = given < 3
  for (let i = 0; i < pixels; i++) {
    const at = i * given
    const alpha = alphaAt < 0 ? 1 : data[at + alphaAt]! / 255
    const onWhite = (channel: number) => 255 + (data[at + (isGrey ? 0 : channel)]! - 255) * alpha
    if (channels === 3) for (let c = 0; c < 3; c++) converted[i * 3 + c] = Math.floor(onWhite(c) + 0.5)
    else {
      const grey = isGrey ? onWhite(0) : RED! * onWhite(0) + GREEN! * onWhite(1) + BLUE! * onWhite(2)
      converted[i] = Math.floor(grey + 0.5)
    }
  }
  return { width, height, channels, data: converted }
}
