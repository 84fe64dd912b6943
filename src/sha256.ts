/** The one SHA-256: WebCrypto's where the runtime has it, else a package's, since browsers keep it from plain http. */

/** SHA-256 as 64 lower-case hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle
  // WebCrypto takes no views of shared memory.
  const digest = subtle
    ? new Uint8Array(await subtle.digest('SHA-256', unshared(bytes)))
    : (await import('@noble/hashes/sha2.js')).sha256(bytes)
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}
