import { sha256 } from '../sha256.js'

/** The one NaN that is hashed: engines differ in the sign and payload of the NaNs that they compute. */
const CANONICAL_NAN = 0x7fc00000

/** SHA-256 of arrays of float32, one after the other, little-endian, as 64 lower-case hexadecimal digits. */
export async function fingerprintOf(arrays: readonly Float32Array[]): Promise<string> {
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
  return sha256(new Uint8Array(bytes.buffer))
}
