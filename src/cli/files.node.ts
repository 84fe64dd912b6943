/** Files that the user names. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { readFirst, saveCached } from '../data/files.node.js'
import { DataError } from '../errors.js'

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
    return JSON.parse(text)
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
 * Finds out before long work whether its result could be written.
 *
 * @throws DataError when `path` is a folder, or its own folder is missing or read-only
 */
export async function checkOutput(path: string): Promise<void> {
  const folder = dirname(path)
  const parent = await stat(folder).catch(() => null)
  if (!parent?.isDirectory()) {
    throw new DataError(`${path}: cannot be written: there is no folder ${folder}.`)
  }
  const present = await stat(path).catch(() => null)
  if (present?.isDirectory()) throw new DataError(`${path}: expected a file to write to, found a folder.`)
  await access(folder, constants.W_OK).catch(() => {
    throw new DataError(`${path}: cannot be written: the folder ${folder} is read-only.`)
  })
}
