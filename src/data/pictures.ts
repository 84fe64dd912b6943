import { DataError } from '../errors.js'
import { leaf, list, object, optional, read } from '../schema/schema.js'
import { aFunction, arrayOf, bytes, isSize, shape, text, wholeNumber } from '../schema/values.js'
import { assemble } from './assemble.js'
import type { Dataset } from './dataset.js'
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

const pictureFiles = list('files, { path, bytes }', object<PictureFile>({ path: text, bytes }))

const pictureOptions = object<PictureOptions>({
  decode: aFunction<PictureOptions['decode']>(),
  size: optional(
    leaf<readonly [number, number]>(
      'a list of height and width, such as [28, 28]',
      (value) => Array.isArray(value) && value.length === 2 && value.every(isSize),
    ),
  ),
  channels: optional(leaf<1 | 3>('1 or 3', (value) => value === 1 || value === 3)),
})

const aRaster = object<Raster>({
  ...{ width: wholeNumber(1), height: wholeNumber(1), channels: wholeNumber(1) },
  data: arrayOf(Uint8Array),
})

const somePictures = object<Pictures>({
  inputs: arrayOf(Uint8Array),
  sampleShape: shape,
  targets: arrayOf(Int32Array),
  classNames: list('names', text, 1),
  paths: list('paths', text),
})

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
export function picturesInZip(zip: Uint8Array, name: string): PictureFile[] {
  read(DataError, 'picturesInZip', 'zip', bytes, zip)
  read(DataError, 'picturesInZip', 'name', text, name)
  const files = unzip(zip, name, (file) => isPicture(file) && !isHidden(file))
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
  options: PictureOptions,
): Promise<Pictures> {
  read(DataError, 'picturesByClass', 'files', pictureFiles, files)
  read(DataError, 'picturesByClass', 'name', text, name)
  const {
    decode,
    size,
    channels = 1,
  } = read(DataError, 'picturesByClass', 'options', pictureOptions, options)
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
    inputs.set(fitted(raster, [height, width], channels), i * height * width * channels)
  }
  return {
    inputs,
    sampleShape: channels === 1 ? [height, width] : [height, width, channels],
    targets: Int32Array.from(classes, (name) => classNames.indexOf(name)),
    classNames,
    paths: shown.map(({ path }) => path),
  }
}

/** A picture's pixels in a size and with as many channels as a network takes: [height, width] or [height, width, 3]. */
function fitted(raster: Raster, [height, width]: readonly [number, number], channels: 1 | 3): Uint8Array {
  return resample(withChannels(raster, channels), width, height).data
}

/**
 * Pictures without a class, such as a network is asked about, prepared like those that it was trained on.
 *
 * @param name of the collection, for messages; may be empty
 * @returns [pictures, height, width] or [pictures, height, width, 3]
 * @throws DataError naming the file, for what the decoder says of it
 */
export async function preparePictures(
  files: readonly PictureFile[],
  name: string,
  options: PictureOptions & Required<Pick<PictureOptions, 'size'>>,
): Promise<Uint8Array> {
  read(DataError, 'preparePictures', 'files', pictureFiles, files)
  read(DataError, 'preparePictures', 'name', text, name)
  const {
    decode,
    size,
    channels = 1,
  } = read(DataError, 'preparePictures', 'options', pictureOptions, options)
  if (!size) throw new DataError('preparePictures: size should be a list of height and width, found none.')
  const length = size[0] * size[1] * channels
  const inputs = new Uint8Array(files.length * length)
  for (const [i, { path, bytes }] of files.entries()) {
    inputs.set(fitted(await decoded(decode, bytes, path, name), size, channels), i * length)
  }
  return inputs
}

/**
 * A data set of pictures, which are used in place.
 *
 * @param name shown beside results
 * @throws DataError naming the first field that is not right, and as `dataset`
 */
export function picturesDataset(pictures: Pictures, name: string): Dataset {
  read(DataError, 'picturesDataset', 'name', text, name)
  const checked = read(DataError, 'picturesDataset', 'pictures', somePictures, pictures)
  const { inputs, sampleShape, targets, classNames } = checked
  return assemble({ name, inputs, sampleShape, targets, classes: classNames.length })
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
  const where = name === '' ? path : `${name}: ${path}`
  let raster: Raster
  try {
    raster = await decode(bytes, path)
  } catch (cause) {
    if (cause instanceof DataError) throw cause
    throw new DataError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const { width, height, channels, data } = read(DataError, where, 'decoded', aRaster, raster)
  if (channels >= 1 && channels <= 4 && data.length === width * height * channels) return raster
  throw new DataError(
    `${where}: expected a decoder that gives 1 to 4 channels of ${width} x ${height} pixels, found ` +
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
