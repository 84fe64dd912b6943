/** Files that the user names. */
import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { readFirst, saveCached } from '../data/files.node.js'
import { followLinks } from '../data/replace-file.node.js'
import { DataError } from '../errors.js'
import { parseJson } from '../formats/json.js'
import { UsageError } from './errors.js'

/** @throws DataError when there is no such file, it is a folder, or it cannot be read */
export async function readInput(path: string): Promise<Uint8Array> {
  const found = await readFirst(dirname(path), [basename(path)])
  if (!found) throw new DataError(`${path}: there is no such file.`)
  return found.bytes
}

/** @throws DataError when it is not a readable file of JSON */
export async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readInput(path))
  try {
    return parseJson(text)
  } catch (error) {
    throw new DataError(`${path}: expected JSON, found text that is not: ${(error as Error).message}.`)
  }
}

/**
 * Writes a file whole or not at all.
 *
 * @throws DataError when it cannot be written
 */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  await saveCached(dirname(path), basename(path), bytes)
}

/**
 * Writes the result of long work: where that is not possible to the folder at hand, to the one for temporary files or to
 * the user's own, under a name with `mark` in it.
 *
 * @returns where it is, and what was wrong with the place that was asked for
 * @throws DataError when it cannot be written anywhere
 */
export async function rescueOutput(
  path: string,
  bytes: Uint8Array,
  mark: string,
): Promise<{ file: string; problem: string | null }> {
  try {
    await writeOutput(path, bytes)
    return { file: path, problem: null }
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    const extension = extname(path)
    const name = `${basename(path, extension)}.${mark}${extension}`
    for (const folder of new Set([process.cwd(), tmpdir(), homedir()])) {
      const file = join(folder, name)
      const isKept = await writeOutput(file, bytes).then(
        () => true,
        () => false,
      )
      if (isKept) return { file, problem: error.message }
    }
    throw error
  }
}

/** A file that an option or argument names. */
export interface NamedFile {
  /** Such as `--save`. */
  readonly option: string
  readonly path: string | undefined
}

/** How the files of a data set are called, which nothing that is written should replace. */
const DATA_FILE = /^(train|t10k)-(images|labels)[-.]idx\d-ubyte(\.gz)?$/

/**
 * Makes sure, before long work, that no output goes where another one or an input is, by whatever spelling of the path,
 * links and case included.
 *
 * @throws UsageError that names both
 */
export async function checkDistinct(
  outputs: readonly NamedFile[],
  inputs: readonly NamedFile[],
): Promise<void> {
  const seen = new Map<string, string>()
  for (const { option, path } of inputs) if (path !== undefined) seen.set(await identityOf(path), option)
  for (const { option, path } of outputs) {
    if (path === undefined) continue
    const identity = await identityOf(path)
    const other = seen.get(identity)
    if (other !== undefined) {
      throw new UsageError(`${option} and ${other} are one file, ${path}: expected a path of its own.`)
    }
    if (DATA_FILE.test(basename(await followLinks(path))) && (await isFile(path))) {
      throw new UsageError(`${option}: ${path} is a file of a data set, which should not be written over.`)
    }
    if (!(await isStream(path))) seen.set(identity, option)
  }
}

/** The same for all paths of a file, whether it is there or not. */
async function identityOf(path: string): Promise<string> {
  const target = await followLinks(resolve(path))
  const found = await stat(target, { bigint: true }).catch(() => null)
  if (found) return `${found.dev}:${found.ino}`
  const folder = await realpath(dirname(target)).catch(() => dirname(target))
  const name = basename(target).normalize()
  return join(folder, (await ignoresCase(folder)) ? name.toLowerCase() : name)
}

/** Whether a folder is found by its name in other letters. */
async function ignoresCase(folder: string): Promise<boolean> {
  const name = basename(folder)
  const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()
  if (other === name) return false
  const [a, b] = await Promise.all(
    [folder, join(dirname(folder), other)].map((path) => stat(path, { bigint: true }).catch(() => null)),
  )
  return a !== null && b !== null && a?.ino === b?.ino && a?.dev === b?.dev
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false
}

/** A device or a pipe, which two outputs may share. */
async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && !found.isFile() && !found.isDirectory()
}

/**
 * Finds out before long work whether its result could be written.
 *
 * @throws DataError when `path` is a folder or read-only, or its own folder is missing or read-only
 */
export async function checkOutput(named: string): Promise<void> {
  const path = await followLinks(named)
  const folder = dirname(path)
  const parent = await stat(folder).catch(() => null)
  if (!parent?.isDirectory()) {
    throw new DataError(`${path}: cannot be written: there is no folder ${folder}.`)
  }
  const present = await stat(path).catch(() => null)
  if (present?.isDirectory()) throw new DataError(`${path}: expected a file to write to, found a folder.`)
  if (present) {
    await access(path, constants.W_OK).catch(() => {
      throw new DataError(`${path}: cannot be written: the file is read-only.`)
    })
    if (!present.isFile()) return
  }
  await access(folder, constants.W_OK).catch(() => {
    throw new DataError(`${path}: cannot be written: the folder ${folder} is read-only.`)
  })
}
