import t from 'tap'
import { sha256 } from '../src/sha256.js'

t.test('sha256, with WebCrypto and where the runtime has none', async (t) => {
  // FIPS 180-4, examples of one block and of two.
  const examples = {
    abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  }
  const shared = new Uint8Array(new SharedArrayBuffer(3))
  shared.set(new TextEncoder().encode('abc'))
  const check = async () => {
    for (const [text, digest] of Object.entries(examples)) {
      t.equal(await sha256(new TextEncoder().encode(text)), digest)
    }
    t.equal(await sha256(shared), examples.abc, 'shared memory')
  }
  await check()
  const original = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
  t.teardown(() => Object.defineProperty(globalThis, 'crypto', original))
  await check()
})
