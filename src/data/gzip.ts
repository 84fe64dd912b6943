import { DataError } from '../errors.js'

/** deflate packs at most 258 bytes into 2 bits: no stream grows by more (zlib, "Technical Details", about 1032:1). */
const MAX_EXPANSION = 1032
/** Content up to this size is unpacked however small the file is: MNIST's takes a third of it. */
const MODEST = 2 ** 27
/** Of larger content, images and labels pack by no more than this; a file that promises more is made to fill memory. */
const PLAUSIBLE_EXPANSION = 64
/** Around the deflate data: a header of 10 bytes, then CRC-32 and size (RFC 1952, section 2.3). */
const TRAILER_SIZE = 8

/**
 * Decompresses gzip data of one member whose content says itself how long it is.
 *
 * `sizeOf` is given the content's first bytes as they arrive: it returns the size of the whole content in bytes,
 * or undefined while it needs more of them, and throws what it refuses. Nothing beyond that size is kept, and
 * decompression ends at the first byte beyond it, so that a small file cannot fill the memory (a gzip bomb).
 *
 * @param name file or URL, for messages
 * @throws DataError for damaged or truncated gzip data, a size of more than 128 MiB and 64 times the gzip data, bytes after its end, or content longer than `sizeOf` says.
 *   Content shorter than that is returned as it is, as is content that ends before `sizeOf` could tell.
 */
export async function gunzip(
  bytes: Uint8Array,
  name: string,
  sizeOf: (head: Uint8Array) => number | undefined,
): Promise<Uint8Array> {
  let fed = 0
  let received = 0
  let size: number | undefined
  let content = new Uint8Array(0)

  const stream = new DecompressionStream('gzip')
  const reader = stream.readable.getReader()
  const writer = stream.writable.getWriter()
  // Each slice waits until the one before is worked off; a pipe would not, since Node counts its queue in chunks.
  // Slices are small, because browsers decompress a whole one before anyone can stop them: at most as much as is
  // wanted, or 1 MiB, whichever is more. Measured: slices over 32 KiB are no faster.
  const feed = async () => {
    while (fed < bytes.length) {
      const length = Math.min(1 << 16, Math.max(1 << 10, Math.trunc((size ?? 0) / MAX_EXPANSION)))
      const slice = bytes.subarray(fed, fed + length)
      fed += slice.length
      await writer.write(slice as Uint8Array<ArrayBuffer>)
    }
    await writer.close()
  }
  // What goes wrong with a slice is thrown by the reader too, where it is handled.
  feed().catch(() => undefined)
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw damage(bytes, name, fed, cause)
      })
      if (done) break
      if (size === undefined) {
        const head = new Uint8Array(received + value.length)
        head.set(content)
        head.set(value, received)
        size = sizeOf(head)
        if (size === undefined) {
          content = head
          received = head.length
          continue
        }
        if (size > bytes.length * MAX_EXPANSION) {
          throw new DataError(
            `${name}: its header promises ${size} bytes, more than its ${bytes.length} bytes of gzip data can hold`,
          )
        }
        if (size > MODEST && size > bytes.length * PLAUSIBLE_EXPANSION) {
          throw new DataError(
            `${name}: its header promises ${size} bytes, more than ${PLAUSIBLE_EXPANSION} times its ${bytes.length} bytes ` +
              'of gzip data: nothing is unpacked; gunzip the file first if it is what it says',
          )
        }
        content = copyInto(new Uint8Array(size), content)
      }
      if (received + value.length > size) {
        throw new DataError(
          `${name}: the gzip data decompresses to more than the ${size} bytes that its header promises: trailing ` +
            `bytes follow at byte ${size} of the content; decompression was stopped there`,
        )
      }
      content.set(value, received)
      received += value.length
    }
  } catch (error) {
    fed = bytes.length // ends feed
    await reader.cancel().catch(() => undefined)
    throw error
  }

  // Some runtimes ignore bytes that follow the gzip data: then its last four bytes are not the content's size.
  const storedSize = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true)
  if (storedSize !== received % 2 ** 32) throw trailing(name, received, storedSize, bytes.length)
  return content.subarray(0, received)
}

/** Compresses bytes into one gzip member. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function copyInto(target: Uint8Array<ArrayBuffer>, start: Uint8Array): Uint8Array<ArrayBuffer> {
  target.set(start.subarray(0, target.length))
  return target
}

function trailing(name: string, content: number, stored: number, length: number): DataError {
  return new DataError(
    `${name}: other bytes follow the gzip data: its last four bytes, at byte ${length - 4}, must be the size of its ` +
      `content, ${content}, but are ${stored}`,
  )
}

/** Runtimes report every damage by an error of their own, with nothing in common but a few words. */
function damage(bytes: Uint8Array, name: string, fed: number, cause: unknown): DataError {
  const words = cause instanceof Error ? cause.message : String(cause)
  const options = { cause }
  if (/unexpected end|truncated|incomplete|ended/i.test(words)) {
    return new DataError(
      `${name}: the gzip data is cut short: expected more than its ${bytes.length} bytes, found the end of the file ` +
        `at byte ${bytes.length}`,
      options,
    )
  }
  if (/(data|length) check|checksum|crc/i.test(words)) {
    return new DataError(
      `${name}: the content does not match the gzip checksum at byte ${bytes.length - TRAILER_SIZE}: the file is ` +
        `damaged (${words})`,
      options,
    )
  }
  return new DataError(`${name}: the gzip data is damaged at or before byte ${fed} (${words})`, options)
}
