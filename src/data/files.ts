/**
 * Where data files come from in runtimes without a file system: a folder is a base URL and is fetched from; the cache is
 * the Cache API, where the runtime has one. Package imports give `files.node.ts` in its place to Node, Deno and Bun;
 * both export the same functions.
 */
import { DataError } from '../errors.js'

/** A file that was found. */
export interface FoundFile {
  /** Path or URL, for messages. */
  readonly path: string
  readonly bytes: Uint8Array
}

const CACHE_NAME = 'lanegrad'

/** The folder that the environment names: none here. */
export function environmentFolder(): string | undefined {
  return undefined
}

/** The cache: its keys are URLs under this one, which is never fetched. */
export function defaultCacheFolder(): string {
  return 'https://lanegrad.invalid/cache'
}

export function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`
}

/** A base URL cannot be asked whether it exists: its files tell. */
export async function checkFolder(_folder: string): Promise<void> {}

/**
 * The first of the named files that exists; compressed ones are asked for first, because they travel faster.
 *
 * @throws DataError when the server cannot be reached or answers with an error other than 404; the signal's reason
 *   when it is aborted
 */
export async function readFirst(
  folder: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<FoundFile | undefined> {
  const compressed = names.filter((name) => name.endsWith('.gz'))
  for (const name of new Set([...compressed, ...names])) {
    const path = join(folder, name)
    try {
      const response = await fetch(path, { signal: signal ?? null })
      // A server of a single-page application answers every unknown address with its page.
      const page = response.headers.get('content-type')?.startsWith('text/html') === true
      if (response.ok && !page) return { path, bytes: new Uint8Array(await response.arrayBuffer()) }
      await response.body?.cancel()
      if (!response.ok && response.status !== 404) {
        throw new DataError(`${path}: expected a file or HTTP 404, found HTTP ${response.status}`)
      }
    } catch (cause) {
      if (cause instanceof DataError || signal?.aborted) throw cause
      throw new DataError(`${path}: cannot be fetched: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      })
    }
  }
  return undefined
}

/** The first of the named files that the cache holds. */
export async function readCached(folder: string, names: readonly string[]): Promise<FoundFile | undefined> {
  if (globalThis.caches === undefined) return undefined
  for (const name of names) {
    const path = join(folder, name)
    const response = await withCache(path, 'read', (cache) => cache.match(path))
    if (response !== undefined) return { path, bytes: new Uint8Array(await response.arrayBuffer()) }
  }
  return undefined
}

/** Makes sure that the cache can be written: nothing to do here. */
export async function prepareCache(_folder: string): Promise<void> {}

/**
 * Keeps a file in the cache, whole or not at all. Without a Cache API nothing is kept.
 *
 * @throws DataError when there is no space for it
 */
export async function saveCached(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  if (globalThis.caches === undefined) return
  const path = join(folder, name)
  await withCache(path, 'kept', (cache) => cache.put(path, new Response(bytes as Uint8Array<ArrayBuffer>)))
}

async function withCache<T>(path: string, what: string, use: (cache: Cache) => Promise<T>): Promise<T> {
  try {
    return await use(await caches.open(CACHE_NAME))
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : cause
    const space = cause instanceof Error && cause.name === 'QuotaExceededError' ? 'no space left: ' : ''
    throw new DataError(`${path}: cannot be ${what} in the browser's cache: ${space}${reason}`, { cause })
  }
}
