import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import * as web from '../../src/data/files.js'
import * as node from '../../src/data/files.node.js'
import type { loadFamily } from '../../src/data/mnist.js'
import { deadAddress, serve, temporaryFolder, tinyFamily } from '../support/data.js'

t.test('both runtimes offer the same functions', async (t) => {
  const same: typeof web = node
  t.same(Object.keys(same).sort(), Object.keys(web).sort())
})

t.test('Node: errors of the file system name the file and the reason', async (t) => {
  const fs = await import('node:fs/promises')
  const fail = (code: string) => async () => {
    throw Object.assign(new Error(`${code}: the system's words`), { code })
  }
  for (const [code, reason] of [
    ['EACCES', 'permission denied'],
    ['EIO', "EIO: the system's words"],
  ] as const) {
    const broken: typeof node = await t.mockImport('../../src/data/files.node.js', {
      'node:fs/promises': {
        ...fs,
        readFile: fail(code),
        open: fail(code),
        stat: fail(code),
        mkdir: fail(code),
      },
    })
    const error = (what: string) => ({ name: 'DataError', message: `${what}: ${reason}` })
    const file = join('d', 'a')
    await t.rejects(broken.readFirst('d', ['a']), error(`${file}: cannot be read`))
    await t.rejects(broken.readCached('d', ['a']), error(`${file}: cannot be read`))
    await t.rejects(broken.checkFolder('d'), error('d: cannot be opened as a folder'))
    await t.rejects(broken.prepareCache('d'), error('d: the cache folder cannot be made'))
    await t.rejects(
      broken.saveCached('d', 'a', new Uint8Array(3)),
      error(`${file}: cannot be written (3 bytes)`),
    )
  }
})

t.test('Node: a file is replaced whole', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'a'), 'old')
  await node.saveCached(folder, 'a', new TextEncoder().encode('new'))
  t.equal(await readFile(join(folder, 'a'), 'utf8'), 'new')
  const found = await node.readFirst(folder, ['b', 'a'])
  t.equal(found?.path, join(folder, 'a'))
  t.equal(found?.bytes.constructor, Uint8Array)
  t.equal(await node.readFirst(folder, ['b', 'c']), undefined)
})

t.test('web: files come from a base URL, compressed ones first', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/data/a.gz' || request.url === '/data/b') response.end(request.url)
    else if (request.url === '/data/page.gz') response.setHeader('content-type', 'text/html').end('<html>')
    else if (request.url === '/data/fault') response.writeHead(500).end()
    else response.writeHead(404).end('no')
  })
  const text = async (names: string[]) => {
    const found = await web.readFirst(`${url}data`, names)
    return found && [found.path, new TextDecoder().decode(found.bytes)]
  }
  t.same(await text(['a', 'a.gz']), [`${url}data/a.gz`, '/data/a.gz'])
  t.same(await text(['b', 'b.gz']), [`${url}data/b`, '/data/b'])
  t.equal(await text(['c', 'c.gz']), undefined)
  t.equal(await text(['page', 'page.gz']), undefined)
  await t.rejects(text(['fault']), {
    name: 'DataError',
    message: `${url}data/fault: expected a file or HTTP 404, found HTTP 500`,
  })
  const dead = await deadAddress()
  await t.rejects(web.readFirst(dead, ['a']), {
    name: 'DataError',
    message: /^http:.*\/a: cannot be fetched: /,
  })
  const reason = new Error('enough')
  await t.rejects(web.readFirst(url, ['a'], AbortSignal.abort(reason)), reason)
})

t.test('web: the family loader, with the Cache API, without it, and when it is full', async (t) => {
  const { family, files } = await tinyFamily('content')
  const loader: { loadFamily: typeof loadFamily } = await t.mockImport('../../src/data/mnist.js', {
    '#files': web,
  })
  const mirror = await serve(t, ({ url }, response) => {
    response.writeHead(files.has(url!.slice(1)) ? 200 : 404).end(files.get(url!.slice(1)))
  })
  t.equal(globalThis.caches, undefined)
  const dir = mirror
  t.equal((await loader.loadFamily(family, { dir })).train.count, 6)
  await t.rejects(loader.loadFamily(family, { dir: `${mirror}else` }), { message: /found none of them/ })
  t.equal((await loader.loadFamily(family, { mirrors: [mirror] })).train.count, 6)

  const kept = new Map<string, Response>()
  let quota = 4
  const cache = {
    match: async (key: string) => kept.get(key)?.clone(),
    put: async (key: string, response: Response) => {
      if (kept.size === quota) throw new DOMException('The quota is used up', 'QuotaExceededError')
      kept.set(key, response)
    },
  }
  Object.defineProperty(globalThis, 'caches', { value: { open: async () => cache }, configurable: true })
  t.teardown(() => Reflect.deleteProperty(globalThis, 'caches'))
  t.equal((await loader.loadFamily(family, { mirrors: [mirror] })).test.count, 3)
  t.same(
    [...kept.keys()],
    [...files.keys()]
      .filter((name) => !name.endsWith('.gz'))
      .map((name) => `https://lanegrad.invalid/cache/tiny/${name}`),
  )
  t.equal((await loader.loadFamily(family, { download: false })).test.count, 3)
  kept.clear()
  quota = 1
  await t.rejects(loader.loadFamily(family, { mirrors: [mirror] }), {
    name: 'DataError',
    message:
      /train-labels-idx1-ubyte: cannot be kept in the browser's cache: no space left: QuotaExceededError/,
  })
})
