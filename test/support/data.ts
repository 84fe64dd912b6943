import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type IdxArray, writeIdx, writeIdxGzip } from '../../src/data/idx.js'
import type { Family, FamilyFile } from '../../src/data/mnist.js'
import { philox4x32 } from '../../src/engine/js/philox.js'
import { sha256 } from '../../src/sha256.js'

/** An endless supply of uint32, the same for the same seed. */
export function randomWords(seed: number): () => number {
  const block = new Uint32Array(4)
  let drawn = 0
  return () => {
    if (drawn % 4 === 0) philox4x32(drawn / 4, 0, 0, 0, seed, 0, block)
    return block[drawn++ % 4]!
  }
}

/** A folder that is removed at the end of the test. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lanegrad-data-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A server on this machine that ends with the test, whatever is still connected; returns its base URL. */
export async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A base URL at which nothing listens. */
export async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/`
}

/** A family of 6 and 3 samples of 4x4 bytes, and its files by name, plain and gzip-compressed. */
export async function tinyFamily(
  of: 'content' | 'gzip',
): Promise<{ family: Family; files: Map<string, Uint8Array> }> {
  const files = new Map<string, Uint8Array>()
  const word = randomWords(7)
  const file = async (name: string, shape: number[], values: number): Promise<FamilyFile> => {
    const count = shape.reduce((product, size) => product * size, 1)
    const array: IdxArray = { shape, data: Uint8Array.from({ length: count }, () => word() % values) }
    const [content, gzip] = [writeIdx(array), await writeIdxGzip(array)]
    files.set(name, content)
    files.set(`${name}.gz`, gzip)
    return { name, shape, sha256: { of, value: await sha256(of === 'gzip' ? gzip : content) } }
  }
  const family = {
    name: 'Tiny',
    folder: 'tiny',
    classes: 10,
    mirrors: [],
    trainImages: await file('train-images-idx3-ubyte', [6, 4, 4], 256),
    trainLabels: await file('train-labels-idx1-ubyte', [6], 10),
    testImages: await file('t10k-images-idx3-ubyte', [3, 4, 4], 256),
    testLabels: await file('t10k-labels-idx1-ubyte', [3], 10),
  }
  return { family, files }
}
