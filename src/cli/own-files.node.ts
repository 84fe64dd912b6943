/** Files of the user's own, read by their kind. */
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'
import {
  DataError,
  type NpyArray,
  type PictureFile,
  picturesInZip,
  readCsv,
  readJsonLines,
  readNpy,
  readNpz,
  type Table,
} from '../index.js'
import { type DataName, dataNames } from './data-options.js'
import { UsageError } from './errors.js'
import { readInput } from './files.node.js'
import { checkOwnOptions, type OwnChoice, type OwnKind } from './own-options.js'

/** What was found in them. */
export type OwnFiles =
  | { readonly kind: 'table'; readonly path: string; readonly table: Table }
  | { readonly kind: 'pictures'; readonly path: string; readonly files: readonly PictureFile[] }
  | {
      readonly kind: 'arrays'
      readonly path: string
      readonly inputs: NpyArray
      /** Null where none were asked for. */
      readonly targets: NpyArray | null
    }

/** A data set that has a name, or the path of files. */
export type DataSource = { readonly name: DataName | undefined } | { readonly path: string }

/** The choice of a data set by its name. */
export const named = (name: DataName | undefined): { data?: DataName } =>
  name === undefined ? {} : { data: name }

/**
 * What `--data` means: a name before a path.
 *
 * @param option that it was given by; '' for an argument
 * @throws UsageError where there is neither
 */
export async function sourceOf(given: string | undefined, option: string): Promise<DataSource> {
  const name = dataNames.find((name) => name === given)
  if (given === undefined || name !== undefined) return { name }
  if (await stat(given).catch(() => null)) return { path: given }
  throw new UsageError(
    `${option}${option === '' ? '' : ': '}there is no file or folder '${given}'. Allowed choices are ${dataNames.join(', ')}, and the path of a file or folder of your own.`,
  )
}

const kinds: Readonly<Record<string, OwnKind>> = {
  ...{ '.csv': 'table', '.tsv': 'table', '.txt': 'table', '.jsonl': 'table', '.ndjson': 'table' },
  ...{ '.npy': 'arrays', '.npz': 'arrays', '.zip': 'pictures' },
}

async function kindOf(path: string): Promise<OwnKind> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return 'pictures'
  const kind = kinds[extname(path).toLowerCase()]
  if (kind !== undefined) return kind
  throw new DataError(
    `${path}: expected a folder or a file whose name ends in ${Object.keys(kinds).join(', ')}, found another.`,
  )
}

/**
 * Reads files of the user's own.
 *
 * @throws DataError naming the file, as their readers; UsageError for options that do not go with them
 */
export async function readOwn(path: string, choice: OwnChoice): Promise<OwnFiles> {
  const kind = await kindOf(path)
  checkOwnOptions(choice, kind)
  if (kind === 'pictures') return { kind, path, files: await readPictures(path) }
  if (kind === 'table') return { kind, path, table: await readTable(path, choice.delimiter) }
  return { kind, path, ...(await readArrays(path, choice.target)) }
}

async function readTable(path: string, delimiter: string | undefined): Promise<Table> {
  const bytes = await readInput(path)
  if (/\.(jsonl|ndjson)$/i.test(path)) return readJsonLines(bytes, path)
  return readCsv(bytes, path, delimiter === undefined ? {} : { delimiter })
}

async function readArrays(
  path: string,
  target: readonly string[] | undefined,
): Promise<{ inputs: NpyArray; targets: NpyArray | null }> {
  if (target !== undefined && target.length > 1) {
    throw new UsageError(`--target: expected one array for ${path}, found ${target.join(', ')}.`)
  }
  const [name] = target ?? []
  if (/\.npy$/i.test(path)) {
    const inputs = readNpy(await readInput(path), path)
    return { inputs, targets: name === undefined ? null : readNpy(await readInput(name), name) }
  }
  const arrays = readNpz(await readInput(path), path)
  const found = [...arrays.keys()]
  if (name !== undefined && !arrays.has(name)) {
    throw new UsageError(
      `--target: expected an array of ${path}, one of ${found.join(', ')}, found '${name}'.`,
    )
  }
  const others = found.filter((other) => other !== name)
  if (others.length !== 1) {
    throw new UsageError(
      `--target: expected the array of ${path} that is to be predicted beside one of inputs; it has ${found.join(', ')}.`,
    )
  }
  return { inputs: arrays.get(others[0]!)!, targets: name === undefined ? null : arrays.get(name)! }
}

const PICTURE = /\.(png|jpe?g)$/i

async function readPictures(path: string): Promise<PictureFile[]> {
  if (/\.zip$/i.test(path)) return picturesInZip(await readInput(path), path)
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && PICTURE.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
  const found: PictureFile[] = []
  for (const file of files) {
    // Named as in a zip, whatever the system has between folders.
    const inside = relative(path, file).split(sep).join('/')
    found.push({ path: inside, bytes: await readInput(file) })
  }
  return found
}

/** One picture's file, or all in a folder or zip. */
export async function picturesAt(path: string): Promise<PictureFile[]> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory() || /\.zip$/i.test(path)) return readPictures(path)
  return [{ path, bytes: await readInput(path) }]
}

/** A file or folder as reports call it. */
export function shortName(path: string): string {
  return basename(path) || path
}
