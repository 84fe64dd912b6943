import {
  checkFolder,
  defaultCacheFolder,
  environmentFolder,
  join,
  prepareCache,
  readCached,
  readFirst,
  saveCached,
} from '#files'
import { DataError, DataUnavailableError } from '../errors.js'
import { sha256 } from '../sha256.js'
import type { Dataset } from './dataset.js'
import type { FoundFile } from './files.js'
import { datasetFromIdx, type NamedIdx } from './idx-dataset.js'
import { gunzipIdx, isGzip, parseIdx } from './idx-format.js'

/** One of the four files of a family. */
export interface FamilyFile {
  /** Name without `.gz`. */
  readonly name: string
  readonly shape: readonly number[]
  /** SHA-256 of the uncompressed file, or of the one gzip file that is published. */
  readonly sha256: { readonly of: 'content' | 'gzip'; readonly value: string }
}

/** A data set of the shape of MNIST, and where it is published. */
export interface Family {
  /** As shown beside results. */
  readonly name: string
  /** Sub-folder that holds its files. */
  readonly folder: string
  readonly classes: number
  /** Base URLs, tried in turn. */
  readonly mirrors: readonly string[]
  readonly trainImages: FamilyFile
  readonly trainLabels: FamilyFile
  readonly testImages: FamilyFile
  readonly testLabels: FamilyFile
}

/** How far a download has come. */
export interface DataProgress {
  /** The data set's name. */
  readonly dataset: string
  readonly url: string
  /** Bytes. */
  readonly received: number
  /** Bytes; absent when the server does not tell. */
  readonly total?: number
}

/** Where the files of a family are looked for. */
export interface DataOptions {
  /** Folder with the four files, or with a sub-folder of the family's name that holds them; in browsers a base URL. */
  dir?: string
  /** Folder under which each family has a folder of downloaded files. */
  cacheDir?: string
  /** False forbids the network; true when left out. */
  download?: boolean
  /** Base URLs in place of the family's own. */
  mirrors?: readonly string[]
  /** Milliseconds until a mirror must have answered; 5,000 when left out. */
  connectTimeout?: number
  /** Milliseconds without a byte after which a mirror is given up; 10,000 when left out. */
  stallTimeout?: number
  signal?: AbortSignal
  onProgress?: (progress: DataProgress) => void
}

/** A family in memory. */
export interface FamilyData {
  /** The family's, where all four files are those that were published; else "your files in" their folder. */
  readonly name: string
  readonly train: Dataset
  readonly test: Dataset
  /** The folder that holds the files. */
  readonly folder: string
}

type Checksums = Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', string>

const ROLES = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const

function family(
  name: string,
  folder: string,
  mirrors: readonly string[],
  of: 'content' | 'gzip',
  checksums: Checksums,
): Family {
  const file = (role: keyof Checksums, stem: string, shape: number[]): FamilyFile => ({
    name: stem,
    shape,
    sha256: { of, value: checksums[role] },
  })
  return {
    name,
    folder,
    classes: 10,
    mirrors,
    trainImages: file('trainImages', 'train-images-idx3-ubyte', [60000, 28, 28]),
    trainLabels: file('trainLabels', 'train-labels-idx1-ubyte', [60000]),
    testImages: file('testImages', 't10k-images-idx3-ubyte', [10000, 28, 28]),
    testLabels: file('testLabels', 't10k-labels-idx1-ubyte', [10000]),
  }
}

/**
 * The families that are known by name. They are told by their uncompressed files, since mirrors and distributions pack
 * them anew; KMNIST, of which those checksums are not known, by the gzip files of its authors (checksums as in TensorFlow
 * Datasets, url_checksums).
 */
export const families = {
  /** LeCun, Cortes, Burges: the MNIST database of handwritten digits. */
  mnist: family(
    'MNIST',
    'mnist',
    ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
    'content',
    {
      trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  ),
  /** Xiao, Rasul, Vollgraf: Fashion-MNIST, github.com/zalandoresearch/fashion-mnist. */
  fashionMnist: family(
    'Fashion-MNIST',
    'fashion-mnist',
    [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    'content',
    {
      trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    },
  ),
  /** Clanuwat and others: Kuzushiji-MNIST, github.com/rois-codh/kmnist. Published by one server, by two protocols. */
  kmnist: family(
    'KMNIST',
    'kmnist',
    ['https://codh.rois.ac.jp/kmnist/dataset/kmnist/', 'http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    'gzip',
    {
      trainImages: '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4',
      trainLabels: 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17',
      testImages: 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5',
      testLabels: '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c',
    },
  ),
} satisfies Record<string, Family>

/**
 * Loads a family from the first of these that has it: `dir`, the folder in the environment variable LANEGRAD_DATA, the
 * cache folder, the mirrors. Files may be plain or gzip-compressed and spelt `train-images-idx3-ubyte` or
 * `train-images.idx3-ubyte`. Downloads are checked by SHA-256 before they are kept.
 *
 * A folder of the caller's own may hold more or fewer samples than the family has, or others: data are called by the
 * family's name only where all four files have its checksums. The cache must hold all samples.
 *
 * @throws DataError when a file is missing from `dir`, damaged, unreadable or of another family, when a download is not
 *   what is published, or when it cannot be kept; DataUnavailableError when there is no such data; the signal's reason
 *   when it is aborted
 */
export async function loadFamily(wanted: Family, options: DataOptions = {}): Promise<FamilyData> {
  const named = options.dir ?? environmentFolder()
  if (named !== undefined) {
    const found = await readFolder(wanted, named, options.dir !== undefined, options.signal)
    if (found !== undefined) return found
  }
  const folder = cacheFolder(wanted, options)
  return await assemble(wanted, folder, await readCache(wanted, folder, options))
}

/**
 * Makes sure that the cache folder holds a family, and downloads what is missing.
 *
 * @returns the folder
 * @throws as loadFamily; `dir` and LANEGRAD_DATA are not looked at
 */
export async function fetchFamily(wanted: Family, options: Omit<DataOptions, 'dir'> = {}): Promise<string> {
  const folder = cacheFolder(wanted, options)
  await assemble(wanted, folder, await readCache(wanted, folder, options))
  return folder
}

function cacheFolder(wanted: Family, options: DataOptions): string {
  return join(options.cacheDir ?? defaultCacheFolder(), wanted.folder)
}

/** The spellings of a file's name, the quickest to read first. */
function spellings({ name }: FamilyFile): string[] {
  const dotted = name.replace('-idx', '.idx')
  return [name, dotted, `${name}.gz`, `${dotted}.gz`]
}

/** Undefined when the folder holds nothing of the family; for a folder that was asked for that is an error. */
async function readFolder(
  wanted: Family,
  dir: string,
  asked: boolean,
  signal: AbortSignal | undefined,
): Promise<FamilyData | undefined> {
  await checkFolder(dir)
  for (const folder of [join(dir, wanted.folder), dir]) {
    const files = await Promise.all(ROLES.map((role) => readFirst(folder, spellings(wanted[role]), signal)))
    const present = files.filter((file) => file !== undefined)
    if (present.length === 0) continue
    const missing = ROLES.filter((_, i) => files[i] === undefined).map((role) => wanted[role].name)
    if (missing.length > 0) {
      const names = present.map(({ path }) => path).join(', ')
      throw new DataError(
        `${folder}: expected the four files of ${wanted.name}, found ${names} without ${missing.join(', ')}`,
      )
    }
    const other = await otherFamily(wanted, present[3]!)
    if (other === undefined) return await assemble(wanted, folder, await Promise.all(present.map(readSource)))
    if (asked) {
      throw new DataError(
        `${folder}: expected the files of ${wanted.name}, found those of ${other.name}: put them into a sub-folder ` +
          `named ${wanted.folder}`,
      )
    }
  }
  if (!asked) return undefined
  const names = ROLES.map((role) => wanted[role].name).join(', ')
  throw new DataError(
    `${dir}: expected the four files of ${wanted.name} (${names}), plain or .gz, found none of them`,
  )
}

/** All families have the same file names: the labels' checksum tells which one a folder holds. */
async function otherFamily(wanted: Family, labels: FoundFile): Promise<Family | undefined> {
  const source = await readSource(labels)
  for (const other of Object.values<Family>(families)) {
    if (other.name !== wanted.name && (await isPublished(other.testLabels, source))) return other
  }
  return undefined
}

/** A file with what is in it. */
interface Source extends NamedIdx {
  /** Of the file as it was found. */
  readonly bytes: Uint8Array
  /** Uncompressed. */
  readonly content: Uint8Array
}

async function readSource({ path, bytes }: FoundFile): Promise<Source> {
  const content = isGzip(bytes) ? await gunzipIdx(bytes, path) : bytes
  return { name: path, bytes, content, array: parseIdx(content, path) }
}

/** Whether it is the very file that was published: files of another shape need no checksum for that. */
async function isPublished(file: FamilyFile, { array, bytes, content }: Source): Promise<boolean> {
  if (file.shape.join() !== array.shape.join()) return false
  return (await sha256(file.sha256.of === 'gzip' ? bytes : content)) === file.sha256.value
}

async function readCache(wanted: Family, folder: string, options: DataOptions): Promise<Source[]> {
  const sources: Source[] = []
  let mirrors = options.mirrors ?? wanted.mirrors
  for (const role of ROLES) {
    const file = wanted[role]
    const cached = await readCached(folder, spellings(file))
    if (cached !== undefined) {
      const source = await readSource(cached)
      checkShape(file, cached.path, source.array.shape, ': delete it to download it again')
      sources.push(source)
      continue
    }
    if (options.download === false) {
      throw new DataUnavailableError(
        `${wanted.name}: ${join(folder, file.name)} not found, and downloads are not allowed.`,
      )
    }
    await prepareCache(folder)
    const { mirror, bytes, content } = await fromMirrors(wanted, file, mirrors, options)
    // The mirror that worked is asked first for the next file: a dead one costs its timeout once.
    mirrors = [mirror, ...mirrors.filter((other) => other !== mirror)]
    // In the form that its checksum is of, so that it can be told again.
    const [name, kept] = file.sha256.of === 'gzip' ? [`${file.name}.gz`, bytes] : [file.name, content]
    await saveCached(folder, name, kept)
    const path = join(folder, name)
    sources.push({ name: path, bytes: kept, content, array: parseIdx(content, path) })
  }
  return sources
}

async function fromMirrors(
  wanted: Family,
  file: FamilyFile,
  mirrors: readonly string[],
  options: DataOptions,
): Promise<{ mirror: string; bytes: Uint8Array; content: Uint8Array }> {
  const failures: string[] = []
  let wrong = false
  for (const mirror of mirrors) {
    const url = `${mirror.endsWith('/') ? mirror : `${mirror}/`}${file.name}.gz`
    try {
      const { download } = await import('./download.js')
      const bytes = await download(url, {
        limit: 2 * file.shape.reduce((product, size) => product * size, 1) + 1024,
        connectTimeout: options.connectTimeout,
        stallTimeout: options.stallTimeout,
        signal: options.signal,
        onProgress: (received, total) =>
          options.onProgress?.({
            dataset: wanted.name,
            url,
            received,
            ...(total === undefined ? {} : { total }),
          }),
      })
      wrong = true
      const content = await verified(file, url, bytes)
      return { mirror, bytes, content }
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      failures.push(error.message)
    }
  }
  const Failure = wrong ? DataError : DataUnavailableError
  throw new Failure(
    `${wanted.name}: ${file.name} could not be downloaded; nothing was kept. Tried: ${failures.join('; ') || 'there are no mirrors'}.`,
  )
}

/** The uncompressed file, when the download is what was published. */
async function verified(file: FamilyFile, url: string, bytes: Uint8Array): Promise<Uint8Array> {
  const check = async (what: string, found: Uint8Array) => {
    const digest = await sha256(found)
    if (digest !== file.sha256.value) {
      throw new DataError(
        `${url}: checksum mismatch over all ${found.length} bytes ${what}: expected SHA-256 ${file.sha256.value}, ` +
          `found ${digest}`,
      )
    }
  }
  if (file.sha256.of === 'gzip') await check('received', bytes)
  const content = isGzip(bytes) ? await gunzipIdx(bytes, url) : bytes
  if (file.sha256.of === 'content') await check('of the uncompressed file', content)
  checkShape(file, url, parseIdx(content, url).shape, '')
  return content
}

function checkShape(file: FamilyFile, name: string, found: readonly number[], advice: string): void {
  if (file.shape.join() !== found.join()) {
    throw new DataError(
      `${name}: expected the shape [${file.shape.join(', ')}] at byte 4, found [${found.join(', ')}]${advice}`,
    )
  }
}

async function assemble(wanted: Family, folder: string, sources: readonly Source[]): Promise<FamilyData> {
  const [trainImages, trainLabels, testImages, testLabels] = sources as [Source, Source, Source, Source]
  const published = await Promise.all(ROLES.map((role, i) => isPublished(wanted[role], sources[i]!)))
  const isWanted = published.every((is) => is)
  const name = isWanted ? wanted.name : `your files in ${folder}`
  const part = isWanted ? name : `${name},`
  return {
    name,
    train: datasetFromIdx(`${part} train`, trainImages, trainLabels, wanted.classes),
    test: datasetFromIdx(`${part} test`, testImages, testLabels, wanted.classes),
    folder,
  }
}
