import { DataError } from '../errors.js'

/** How a download is bounded and watched. */
export interface DownloadOptions {
  /** Largest body accepted, in bytes. */
  limit: number
  /** Milliseconds until the server must have answered; 5,000 when left out. */
  connectTimeout?: number | undefined
  /** Milliseconds without a single byte after which the download is given up; 10,000 when left out. */
  stallTimeout?: number | undefined
  signal?: AbortSignal | undefined
  /** Called with the bytes received so far, and with the size of all where the server tells it. */
  onProgress?: ((received: number, total: number | undefined) => void) | undefined
}

/** What the most common failures of a connection mean; runtimes other than Node tell only that there was one. */
const REASONS: Record<string, string> = {
  EAI_AGAIN: 'the name of the server cannot be looked up: no network?',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  EHOSTUNREACH: 'the server cannot be reached: no network?',
  ENETUNREACH: 'the server cannot be reached: no network?',
  ENOTFOUND: 'the name of the server cannot be looked up: no network?',
  UND_ERR_SOCKET: 'the connection broke',
}

/**
 * Fetches a file, whole.
 *
 * @throws DataError that names the URL: no answer in time, no connection, an HTTP status other than 200, a connection
 *   that stalls or breaks, a body that is empty, cut short or larger than the limit; the signal's reason when it is
 *   aborted
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { limit, connectTimeout = 5000, stallTimeout = 10000, signal, onProgress } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const stop = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', stop)
  let timer = setTimeout(() => {
    controller.abort(new DataError(`${url}: no answer within ${connectTimeout} ms: no network?`))
  }, connectTimeout)

  let received = 0
  let total: number | undefined
  /** Whatever the runtime throws for an abort, the reason is ours or the caller's. */
  const failed = (cause: unknown): never => {
    if (controller.signal.aborted) throw controller.signal.reason
    throw received > 0 ? cutShort(url, received, total, cause) : unreachable(url, cause)
  }
  try {
    const response = await fetch(url, { signal: controller.signal }).catch(failed)
    if (response.status !== 200 || response.body === null) {
      const status = `${response.status} ${response.statusText}`.trimEnd()
      throw new DataError(`${url}: expected HTTP 200, found HTTP ${status}`)
    }
    const length = response.headers.get('content-length')
    if (length !== null && response.headers.get('content-encoding') === null) total = Number(length)

    const chunks: Uint8Array[] = []
    const reader = response.body.getReader()
    for (;;) {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const where = `the download stalled at byte ${received}`
        controller.abort(new DataError(`${url}: ${where}: nothing came for ${stallTimeout} ms`))
      }, stallTimeout)
      const { done, value } = await reader.read().catch(failed)
      if (done) break
      received += value.length
      if (received > limit) {
        throw new DataError(`${url}: expected at most ${limit} bytes, found more: this is another file`)
      }
      chunks.push(value)
      onProgress?.(received, total)
    }
    if (received === 0) throw new DataError(`${url}: expected a file, found an empty body`)
    if (total !== undefined && received !== total) throw cutShort(url, received, total)
    return concatenate(chunks, received)
  } catch (error) {
    // A body that is not read to its end would keep its connection open, and with it the process.
    controller.abort(error)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function cutShort(url: string, received: number, total: number | undefined, cause?: unknown): DataError {
  const expected = total === undefined ? '' : ` of ${total}`
  return new DataError(
    `${url}: the body is cut short: the connection ended after ${received}${expected} bytes`,
    {
      cause,
    },
  )
}

function unreachable(url: string, error: unknown): DataError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  const words = error instanceof Error ? error.message : String(error)
  const reason = REASONS[cause?.code ?? ''] ?? (cause?.message ? `${words}: ${cause.message}` : words)
  return new DataError(`${url}: ${reason}`, { cause: error })
}

function concatenate(chunks: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}
