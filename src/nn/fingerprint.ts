import { LanegradError } from '../errors.js'

/** The one NaN that is hashed: engines differ in the sign and payload of the NaNs that they compute. */
const CANONICAL_NAN = 0x7fc00000

/** SHA-256 of arrays of float32, one after the other, little-endian, as 64 lower-case hexadecimal digits. */
export async function fingerprintOf(arrays: readonly Float32Array[]): Promise<string> {
  const subtle = globalThis.crypto?.subtle
  if (!subtle) {
    throw new LanegradError(
      'A fingerprint needs crypto.subtle, which browsers offer only to pages loaded by https.',
    )
  }
  const count = arrays.reduce((sum, array) => sum + array.length, 0)
  const bytes = new DataView(new ArrayBuffer(count * 4))
  let at = 0
  for (const array of arrays) {
    for (const value of array) {
      if (Number.isNaN(value)) bytes.setUint32(at, CANONICAL_NAN, true)
      else bytes.setFloat32(at, value, true)
      at += 4
    }
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
