/**
 * Safetensors files that carry the SHA-256 of all their bytes. It stands in the header, among the metadata, and is that of
 * the file with 64 zeros in its place.
 */
import { DataError } from '../errors.js'
import { sha256 } from '../sha256.js'
import { type Safetensors, writeSafetensors } from './safetensors.js'

export const SEAL = 'lanegrad.file.sha256'
const ZEROS = '0'.repeat(64)

/** The bytes of a sealed file. */
export async function writeSealed({ tensors, metadata }: Safetensors): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = writeSafetensors({ tensors, metadata: { ...metadata, [SEAL]: ZEROS } })
  bytes.set(new TextEncoder().encode(await sha256(bytes)), placeOf(bytes, ZEROS))
  return bytes
}

/**
 * Holds a file's bytes against its seal, `metadata[SEAL]`.
 *
 * @param file its name, for messages
 * @throws DataError naming the file when a bit of it has changed
 */
export async function checkSeal(bytes: Uint8Array, seal: string, file: string): Promise<void> {
  const at = placeOf(bytes, seal)
  const zeroed = Uint8Array.from(bytes)
  if (at >= 0) zeroed.set(new TextEncoder().encode(ZEROS), at)
  const found = await sha256(zeroed)
  if (at >= 0 && found === seal) return
  throw new DataError(
    `${file}: the file is damaged: expected the SHA-256 ${seal}, which was saved with it, found ${found}.`,
  )
}

/** Where the header has the seal's value, or -1. */
function placeOf(bytes: Uint8Array, seal: string): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  // One character a byte, so that places are the bytes'.
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, 8 + length))
  const key = `"${SEAL}":"`
  const at = seal.length === ZEROS.length ? header.indexOf(`${key}${seal}"`) : -1
  return at < 0 ? -1 : at + key.length
}
