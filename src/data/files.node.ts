/** Data files in the file system: for Node, Deno and Bun. The same functions as files.ts. */
import { mkdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import * as path from 'node:path'
import { DataError } from '../errors.js'
import type { FoundFile } from './files.js'
import { replaceFile } from './replace-file.node.js'

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'no space: the disk quota is used up',
  EEXIST: 'expected a folder, found a file',
  EISDIR: 'expected a file, found a folder',
  ENOENT: 'not found',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'expected a folder, found a file on the way to it',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** The folder that the environment names: LANEGRAD_DATA. */
export function environmentFolder(): string | undefined {
  return process.env.LANEGRAD_DATA || undefined
}

/** `$XDG_CACHE_HOME/lanegrad`, or `~/.cache/lanegrad` (XDG Base Directory Specification: relative paths are ignored). */
export function defaultCacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME
  return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'), 'lanegrad')
}

export function join(folder: string, name: string): string {
  return path.join(folder, name)
}

/**
 * Makes sure that a folder is there.
 *
 * @throws DataError when it is not, or is a file
 */
export async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((cause) => {
    throw failure(folder, 'cannot be opened as a folder', cause)
  })
  if (!found.isDirectory()) throw new DataError(`${folder}: expected a folder, found a file`)
}

/**
 * The first of the named files that exists.
 *
 * @throws DataError when it exists and cannot be read, or is a folder; the signal's reason when it is aborted
 */
export async function readFirst(
  folder: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<FoundFile | undefined> {
  signal?.throwIfAborted()
  for (const name of names) {
    const file = path.join(folder, name)
    try {
      const bytes = await readFile(file)
      return { path: file, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) }
    } catch (cause) {
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) throw failure(file, 'cannot be read', cause)
    }
  }
  return undefined
}

/** The first of the named files that the cache holds. Errors as readFirst. */
export function readCached(folder: string, names: readonly string[]): Promise<FoundFile | undefined> {
  return readFirst(folder, names)
}

/**
 * Makes the cache's folder if it is not there.
 *
 * @throws DataError when it cannot be made
 */
export async function prepareCache(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw failure(folder, 'the cache folder cannot be made', cause)
  })
}

/**
 * Keeps a file in the cache, whole or not at all.
 *
 * @throws DataError when it cannot be written; nothing of it is left then
 */
export async function saveCached(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = path.join(folder, name)
  await replaceFile(file, bytes).catch((cause) => {
    throw failure(file, `cannot be written (${bytes.length} bytes)`, cause)
  })
}

function codeOf(cause: unknown): string {
  return String((cause as { code?: unknown } | undefined)?.code)
}

function failure(file: string, what: string, cause: unknown): DataError {
  const reason = REASONS[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause))
  return new DataError(`${file}: ${what}: ${reason}`, { cause })
}
