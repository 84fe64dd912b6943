import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { readIdx, writeIdx } from '../../src/data/idx.js'
import { type DataProgress, families, fetchFamily, loadFamily } from '../../src/data/mnist.js'
import { fashionMnist, kmnist, mnist } from '../../src/data/published.js'
import { deadAddress, serve, temporaryFolder, tinyFamily } from '../support/data.js'

const realData = process.env.LANEGRAD_DATA
const tiny = { content: await tinyFamily('content'), gzip: await tinyFamily('gzip') }
const { family, files } = tiny.content
const names = [family.trainImages, family.trainLabels, family.testImages, family.testLabels].map(
  ({ name }) => name,
)

t.beforeEach((t) => {
  const before = process.env.LANEGRAD_DATA
  delete process.env.LANEGRAD_DATA
  t.teardown(() => {
    if (before !== undefined) process.env.LANEGRAD_DATA = before
  })
})

function fileServer(contents: Map<string, Uint8Array>) {
  return ({ url }: IncomingMessage, response: ServerResponse) => {
    const body = contents.get(url!.slice(1))
    if (body === undefined) response.writeHead(404).end('not here')
    else response.setHeader('content-length', body.length).end(body)
  }
}

async function fill(folder: string, spelling: (name: string) => string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of names) {
    const spelt = spelling(name)
    await writeFile(join(folder, spelt), files.get(spelt.endsWith('.gz') ? `${name}.gz` : name)!)
  }
}

function sameAsTiny(t: Tap, { train, test }: Awaited<ReturnType<typeof loadFamily>>): void {
  t.match(train, { name: 'Tiny train', count: 6, sampleShape: [4, 4], classes: 10, synthetic: false })
  t.match(test, { name: 'Tiny test', count: 3, sampleShape: [4, 4], classes: 10 })
  const arrays = [train.inputs, train.targets, test.inputs, test.targets]
  for (const [i, name] of names.entries()) t.same(arrays[i], readIdx(files.get(name)!, name).data)
}
type Tap = Pick<typeof t, 'match' | 'same'>

t.test('a folder: every spelling, directly or in a sub-folder of the family', async (t) => {
  const root = await temporaryFolder(t)
  const dots = (name: string) => name.replace('-idx', '.idx')
  const spellings: [string, (name: string) => string][] = [
    ['plain', (name) => name],
    ['dots', dots],
    ['gz', (name) => `${name}.gz`],
    ['dots-gz', (name) => `${dots(name)}.gz`],
  ]
  for (const [what, spelling] of spellings) {
    const direct = join(root, what)
    await fill(direct, spelling)
    const found = await loadFamily(family, { dir: direct, download: false })
    sameAsTiny(t, found)
    t.equal(found.folder, direct)

    const below = join(root, `below-${what}`)
    await fill(join(below, 'tiny'), spelling)
    const nested = await loadFamily(family, { dir: below })
    sameAsTiny(t, nested)
    t.equal(nested.folder, join(below, 'tiny'))
  }
})

t.test('LANEGRAD_DATA is looked at after dir and before the cache', async (t) => {
  const root = await temporaryFolder(t)
  for (const folder of ['dir', 'env', 'cache/tiny', 'empty'])
    await mkdir(join(root, folder), { recursive: true })
  for (const folder of ['dir', 'env', 'cache/tiny']) await fill(join(root, folder), (name) => name)
  const cacheDir = join(root, 'cache')
  process.env.LANEGRAD_DATA = join(root, 'env')
  t.equal((await loadFamily(family, { dir: join(root, 'dir'), cacheDir })).folder, join(root, 'dir'))
  t.equal((await loadFamily(family, { cacheDir })).folder, join(root, 'env'))
  process.env.LANEGRAD_DATA = join(root, 'empty')
  t.equal((await loadFamily(family, { cacheDir })).folder, join(root, 'cache', 'tiny'))
  process.env.LANEGRAD_DATA = join(root, 'mistyped')
  await t.rejects(loadFamily(family, { cacheDir }), { name: 'DataError', message: /mistyped: .*not found/ })
})

t.test('the cache follows XDG_CACHE_HOME', async (t) => {
  const root = await temporaryFolder(t)
  const before = process.env.XDG_CACHE_HOME
  process.env.XDG_CACHE_HOME = root
  t.teardown(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = before
  })
  await fill(join(root, 'lanegrad', 'tiny'), (name) => name)
  t.equal((await loadFamily(family, { download: false })).folder, join(root, 'lanegrad', 'tiny'))
})

t.test('folders that will not do', async (t) => {
  const root = await temporaryFolder(t)
  const at = (name: string) => join(root, name)
  for (const name of ['part', 'folders', 'damaged', 'labels', 'counts', 'type'])
    await fill(at(name), (file) => file)
  await mkdir(at('empty'))
  await writeFile(at('file'), 'x')
  await rm(join(at('part'), names[1]!))
  await rm(join(at('folders'), names[2]!))
  await mkdir(join(at('folders'), names[2]!))
  await writeFile(join(at('damaged'), names[0]!), files.get(names[0]!)!.subarray(0, 50))
  await writeFile(join(at('labels'), names[3]!), writeIdx({ shape: [3], data: Uint8Array.of(1, 10, 2) }))
  await writeFile(join(at('counts'), names[3]!), writeIdx({ shape: [2], data: Uint8Array.of(1, 2) }))
  await writeFile(join(at('type'), names[1]!), Uint8Array.of(0, 0, 3, 1, 0, 0, 0, 0))
  const cases: [string, RegExp][] = [
    ['nowhere', /nowhere: cannot be opened as a folder: not found/],
    ['file', /file: expected a folder, found a file/],
    ['empty', /empty: expected the four files of Tiny \(train-images.*\), plain or \.gz, found none/],
    ['part', /part: expected the four files of Tiny, found .* without train-labels-idx1-ubyte$/],
    ['folders', /t10k-images-idx3-ubyte: cannot be read: expected a file, found a folder/],
    ['damaged', /train-images-idx3-ubyte: the data ends at byte 50: .* 62 bytes are missing/],
    ['labels', /t10k-labels-idx1-ubyte: .* found 10 at label 1 \(byte 9 of the file\)/],
    ['counts', /t10k-labels-idx1-ubyte: .* 3 images of .*t10k-images-idx3-ubyte, found 2/],
    ['type', /train-labels-idx1-ubyte: unknown element type at byte 2/],
  ]
  for (const [name, message] of cases) {
    await t.rejects(loadFamily(family, { dir: at(name) }), { name: 'DataError', message }, name)
  }
})

t.test('downloads are verified, kept, and not made twice', async (t) => {
  for (const { family, files } of [tiny.content, tiny.gzip]) {
    const cacheDir = join(await temporaryFolder(t), 'new', 'cache')
    let requests = 0
    const serveFile = fileServer(files)
    const mirror = await serve(t, (request, response) => {
      requests++
      serveFile(request, response)
    })
    const progress: DataProgress[] = []
    const onProgress = (step: DataProgress) => progress.push(step)
    const folder = await fetchFamily(family, { cacheDir, mirrors: [mirror], onProgress })
    t.equal(folder, join(cacheDir, 'tiny'))
    const kept = family.testLabels.sha256.of === 'gzip' ? names.map((name) => `${name}.gz`) : names
    t.same((await readdir(folder)).sort(), [...kept].sort())
    for (const name of kept) t.same(new Uint8Array(await readFile(join(folder, name))), files.get(name))
    const sizes = names.map((name) => files.get(`${name}.gz`)!.length)
    t.same(
      progress.filter(({ received, total }) => received === total),
      names.map((name, i) => ({
        dataset: 'Tiny',
        url: `${mirror}${name}.gz`,
        received: sizes[i],
        total: sizes[i],
      })),
    )
    sameAsTiny(t, await loadFamily(family, { cacheDir, mirrors: [mirror] }))
    t.equal(requests, 4)
  }
})

t.test('data are called by what they are, not by the names of their files', async (t) => {
  for (const { family, files } of Object.values(tiny)) {
    const dir = await temporaryFolder(t)
    for (const name of names) await writeFile(join(dir, `${name}.gz`), files.get(`${name}.gz`)!)
    t.equal((await loadFamily(family, { dir })).name, 'Tiny')
    const pixels = readIdx(files.get(names[0]!)!, '').data as Uint8Array
    const changed = writeIdx({ shape: [6, 4, 4], data: pixels.with(0, pixels[0]! ^ 1) })
    for (const other of [changed, writeIdx({ shape: [6, 4, 4], data: new Uint8Array(96) })]) {
      await writeFile(join(dir, names[0]!), other)
      const { name, train, test } = await loadFamily(family, { dir })
      t.equal(name, `your files in ${dir}`)
      t.same([train.name, test.name], [`${name}, train`, `${name}, test`])
    }
    const cacheDir = await temporaryFolder(t)
    const options = { cacheDir, mirrors: [await serve(t, fileServer(files))] }
    t.equal((await loadFamily(family, options)).name, 'Tiny', 'as it is downloaded')
    t.equal((await loadFamily(family, options)).name, 'Tiny', 'as it is kept')
    await writeFile(join(cacheDir, 'tiny', names[0]!), changed)
    t.equal((await loadFamily(family, options)).name, `your files in ${join(cacheDir, 'tiny')}`)
  }
})

t.test('a server that unpacks what it sends', async (t) => {
  const cacheDir = await temporaryFolder(t)
  const mirror = await serve(t, ({ url }, response) => {
    response.setHeader('content-encoding', 'gzip').end(files.get(url!.slice(1)))
  })
  sameAsTiny(t, await loadFamily(family, { cacheDir, mirrors: [mirror] }))
})

t.test('a mirror that fails is replaced by the next, and asked last from then on', async (t) => {
  const wrong = new Map([...files].map(([name, bytes]) => [name, bytes.slice().fill(9, 30, 31)]))
  let asked = 0
  const count =
    (listener: ReturnType<typeof fileServer>) => (request: IncomingMessage, response: ServerResponse) => {
      asked++
      listener(request, response)
    }
  const bad: [string, string, number][] = [
    ['refused', await deadAddress(), 0],
    ['404', await serve(t, count(fileServer(new Map()))), 1],
    ['damaged', await serve(t, count(fileServer(wrong))), 1],
    [
      'silent',
      await serve(
        t,
        count(() => undefined),
      ),
      1,
    ],
    [
      'stalled',
      await serve(
        t,
        count(({ url }, response) => void response.write(files.get(url!.slice(1))!.subarray(0, 20))),
      ),
      1,
    ],
    [
      'cut',
      await serve(
        t,
        count(({ url }, response) => {
          const bytes = files.get(url!.slice(1))!
          response.setHeader('content-length', bytes.length)
          response.write(bytes.subarray(0, 20), () => response.destroy())
        }),
      ),
      1,
    ],
  ]
  const good = await serve(t, fileServer(files))
  for (const [what, mirror, times] of bad) {
    asked = 0
    const cacheDir = await temporaryFolder(t)
    const options = {
      cacheDir,
      mirrors: [mirror, good.slice(0, -1)],
      ...(what === 'silent' && { connectTimeout: 1000 }),
      ...(what === 'stalled' && { stallTimeout: 300 }),
    }
    sameAsTiny(t, await loadFamily(family, options))
    t.equal(asked, times, what)
  }
})

t.test('no mirror delivers: the error lists each, and nothing is kept', async (t) => {
  const cacheDir = await temporaryFolder(t)
  const dead = await deadAddress()
  const missing = await serve(t, fileServer(new Map()))
  const offline = loadFamily(family, { cacheDir, mirrors: [dead, missing] })
  await t.rejects(offline, { name: 'DataUnavailableError' })
  const message = await offline.catch(({ message }) => message)
  t.match(message, /^Tiny: train-images-idx3-ubyte could not be downloaded; nothing was kept/)
  t.match(message, `Tried: ${dead}train-images-idx3-ubyte.gz: the connection was refused`)
  t.match(message, `; ${missing}train-images-idx3-ubyte.gz: expected HTTP 200, found HTTP 404`)
  t.match(message, /LANEGRAD_DATA/)
  t.same(await readdir(join(cacheDir, 'tiny')), [])
  await t.rejects(loadFamily(family, { cacheDir, mirrors: [] }), { message: /there are no mirrors/ })
  await t.rejects(loadFamily(family, { cacheDir, download: false }), {
    name: 'DataUnavailableError',
    message: /^Tiny: .*train-images-idx3-ubyte not found, and downloads are not allowed/,
  })
})

t.test('downloads of something else are refused, and nothing is kept', async (t) => {
  const pixels = readIdx(files.get(names[0]!)!, '').data as Uint8Array
  const changed = writeIdx({ shape: [6, 4, 4], data: pixels.with(0, pixels[0]! ^ 1) })
  const cases: [keyof typeof tiny, Uint8Array, RegExp][] = [
    [
      'content',
      changed,
      /\.gz: checksum mismatch over all 112 bytes of the uncompressed file: expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/,
    ],
    ['gzip', changed, /\.gz: checksum mismatch over all 112 bytes received/],
    ['content', files.get(`${names[0]}.gz`)!.subarray(0, 60), /\.gz: the gzip data is cut short/],
    ['content', new TextEncoder().encode('<!DOCTYPE html>'), /\.gz: checksum mismatch over all 15 bytes/],
    ['content', new Uint8Array(5000), /\.gz: expected at most 1216 bytes, found more/],
  ]
  for (const [of, body, message] of cases) {
    const cacheDir = await temporaryFolder(t)
    const mirror = await serve(t, (_, response) => void response.end(body))
    await t.rejects(loadFamily(tiny[of].family, { cacheDir, mirrors: [mirror] }), { message })
    t.same(await readdir(join(cacheDir, 'tiny')), [])
  }
  const mirror = await serve(t, (_, response) => void response.end(changed))
  const cacheDir = await temporaryFolder(t)
  await t.rejects(loadFamily(family, { cacheDir, mirrors: [await deadAddress(), mirror] }), {
    name: 'DataError',
  })
})

t.test('what was downloaded before a failure is kept, and the rest comes later', async (t) => {
  const cacheDir = await temporaryFolder(t)
  const half = await serve(t, fileServer(new Map([...files].filter(([name]) => name.startsWith('train')))))
  await t.rejects(loadFamily(family, { cacheDir, mirrors: [half] }), { name: 'DataUnavailableError' })
  t.same((await readdir(join(cacheDir, 'tiny'))).sort(), [names[0], names[1]].sort())
  const rest = await serve(t, fileServer(new Map([...files].filter(([name]) => name.startsWith('t10k')))))
  sameAsTiny(t, await loadFamily(family, { cacheDir, mirrors: [rest] }))
})

t.test('an abort ends it at once, with its reason, and nothing is kept', async (t) => {
  const cacheDir = await temporaryFolder(t)
  const reason = new Error('enough')
  const controller = new AbortController()
  const mirrors = [
    await serve(t, (_, response) => {
      response.write('x')
    }),
    await serve(t, () => t.fail('no other mirror may be asked')),
  ]
  const onProgress = () => controller.abort(reason)
  await t.rejects(loadFamily(family, { cacheDir, mirrors, signal: controller.signal, onProgress }), reason)
  t.same(await readdir(join(cacheDir, 'tiny')), [])
  await fill(join(cacheDir, 'dir'), (name) => name)
  await t.rejects(loadFamily(family, { dir: join(cacheDir, 'dir'), signal: controller.signal }), reason)
})

t.test('a cache that will not do', async (t) => {
  const mirrors = [await serve(t, fileServer(files))]
  const root = await temporaryFolder(t)
  await writeFile(join(root, 'file'), 'x')
  const asFile = loadFamily(family, { cacheDir: join(root, 'file'), mirrors })
  await t.rejects(asFile, {
    name: 'DataError',
    message: /file.tiny: the cache folder cannot be made: expected a folder/,
  })

  const cached = join(root, 'tiny', names[0]!)
  await mkdir(cached, { recursive: true })
  await t.rejects(loadFamily(family, { cacheDir: root, mirrors }), { message: /found a folder$/ })

  const short = join(root, 'short', 'tiny')
  await fill(short, (name) => name)
  await writeFile(join(short, names[1]!), writeIdx({ shape: [5], data: new Uint8Array(5) }))
  await t.rejects(loadFamily(family, { cacheDir: join(root, 'short'), mirrors }), {
    name: 'DataError',
    message: /train-labels-idx1-ubyte: expected the shape \[6\] at byte 4, found \[5\]: delete it/,
  })
})

t.test('no space left: said so, and nothing half written stays', async (t) => {
  const fs = await import('node:fs/promises')
  const mocked: typeof import('../../src/data/mnist.js') = await t.mockImport('../../src/data/mnist.js', {
    '#files': await t.mockImport('../../src/data/files.node.js', {
      'node:fs/promises': {
        ...fs,
        open: async (...args: Parameters<typeof fs.open>) => {
          const handle = await fs.open(...args)
          handle.writeFile = async () => {
            await handle.write('half')
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
          }
          return handle
        },
      },
    }),
  })
  const cacheDir = await temporaryFolder(t)
  const mirrors = [await serve(t, fileServer(files))]
  await t.rejects(mocked.loadFamily(family, { cacheDir, mirrors }), {
    name: 'DataError',
    message: /train-images-idx3-ubyte: cannot be written \(112 bytes\): no space left on the device/,
  })
  t.same(await readdir(join(cacheDir, 'tiny')), [])
})

t.test('a family is four files of 60,000 and 10,000 samples', async (t) => {
  const shapes = [[60000, 28, 28], [60000], [10000, 28, 28], [10000]]
  for (const { trainImages, trainLabels, testImages, testLabels, mirrors } of Object.values(families)) {
    const all = [trainImages, trainLabels, testImages, testLabels]
    t.same(
      all.map(({ shape }) => shape),
      shapes,
    )
    t.same(
      all.map(({ name }) => name),
      names,
    )
    t.ok(all.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256.value)))
    t.ok(mirrors.length >= 2 && mirrors.every((mirror) => mirror.endsWith('/')))
  }
})

t.test('the real MNIST', { skip: realData === undefined && 'LANEGRAD_DATA is not set' }, async (t) => {
  process.env.LANEGRAD_DATA = realData!
  const { train, test } = await mnist({ download: false })
  t.match(train, { name: 'MNIST train', count: 60000, sampleShape: [28, 28], sampleSize: 784, classes: 10 })
  t.match(test, { name: 'MNIST test', count: 10000, sampleShape: [28, 28], sampleSize: 784, classes: 10 })
  t.same([...train.targets.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
  t.same([...test.targets.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  // The well-known mean of the training pixels, 0.1307.
  const sum = (train.inputs as Uint8Array).reduce((total, pixel) => total + pixel, 0)
  t.equal((sum / train.inputs.length / 255).toFixed(4), '0.1307')

  const nothing = await temporaryFolder(t)
  for (const other of [fashionMnist, kmnist]) {
    await t.rejects(other({ dir: realData! }), { name: 'DataError', message: /found those of MNIST/ })
    const elsewhere = other({ cacheDir: nothing, download: false })
    await t.rejects(
      elsewhere,
      { name: 'DataUnavailableError' },
      'LANEGRAD_DATA names a folder for all families',
    )
  }
})
