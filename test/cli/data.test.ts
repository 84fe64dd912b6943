import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decode } from 'fast-png'
import t from 'tap'
import { drawText } from '../../src/cli/contact-sheet.js'
import { digits } from '../../src/data/digits.js'
import { writeIdx } from '../../src/data/idx.js'
import { deadAddress, serve } from '../support/data.js'
import { checkError, controlCharacters, emptyEnvironment, runCli, startCli } from './run-cli.js'

/** The four files of a family, of 4x3 bytes or of bytes alone. */
async function writeFamily(folder: string, shape: number[], data: Uint8Array): Promise<void> {
  const labels = writeIdx({
    shape: [shape[0]!],
    data: Uint8Array.from({ length: shape[0]! }, (_, i) => i % 10),
  })
  for (const part of ['train', 't10k']) {
    await writeFile(join(folder, `${part}-images-idx3-ubyte`), writeIdx({ shape, data }))
    await writeFile(join(folder, `${part}-labels-idx1-ubyte`), labels)
  }
}

t.test('data info counts', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  await writeFamily(
    folder,
    [20, 2, 2],
    Uint8Array.from({ length: 80 }, (_, i) => (i % 4 === 0 ? 0 : 255)),
  )
  const { code, stdout, stderr } = await runCli(['data', 'info', 'mnist', '--data-dir', folder], env)
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, controlCharacters)
  t.ok(stdout.startsWith(`from  ${folder}\n`))
  t.match(stdout, `\ntraining part, your files in ${folder}, train: 20 samples of shape [2, 2], uint8\n`)
  t.match(stdout, `\ntest part, your files in ${folder}, test: 20 samples`)
  t.match(stdout, /^mean pixel 0\.7500, 25\.00% of the pixels are zero$/m)
  t.match(stdout, /^3 +2 +10\.00%$/m)

  const json = await runCli(['data', 'info', 'mnist', '--data-dir', folder, '--limit', '10', '--json'], env)
  const part = { samples: 10, shape: [2, 2], elements: 'uint8', classes: new Array(10).fill(1) }
  t.same(JSON.parse(json.stdout), {
    ...{ name: `your files in ${folder}, train`, synthetic: false, folder },
    train: { ...part, mean: 0.75, zeros: 0.25 },
    test: { ...part, mean: 0.75, zeros: 0.25 },
  })
})

t.test('LANEGRAD_DATA is looked at', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  await writeFamily(folder, [10, 2, 2], new Uint8Array(40))
  const { stdout } = await runCli(['data', 'info'], { ...env, LANEGRAD_DATA: folder })
  t.ok(stdout.startsWith(`from  ${folder}\n`))
})

t.test('data show draws plain text into a pipe', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await runCli(['data', 'show', 'digits', '--count', '3'], env)
  t.equal(code, 0)
  t.notMatch(stdout, controlCharacters)
  const lines = stdout.trimEnd().split('\n')
  t.equal(lines[0], 'built-in digits (synthetic): 3 samples from 0 on')
  t.equal(lines[1]!.replace(/ +/g, ' '), [...digits({ count: 2, seed: 0 }).labels].join(' '), 'labels')
  t.ok(lines.every((line) => line.length <= 80))
  t.match(stdout, '@')
})

t.test('data show pictures what the pixels are', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const image = [255, 255, 0, 255, 255, 0, 0, 0, 255, 0, 0, 0]
  await writeFamily(folder, [1, 4, 3], Uint8Array.from(image))
  const { stdout } = await runCli(['data', 'show', 'mnist', '--data-dir', folder, '--count', '5'], env)
  t.equal(stdout, `your files in ${folder}, train: 1 sample from 0 on\n0\n@@\n  =\n`)
})

t.test('data show --png writes the same pixels', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'sheet.png')
  const options = ['data', 'show', 'digits', '--part', 'test', '--start', '2', '--count', '5', '--png', file]
  const { code, stdout, stderr } = await runCli(options, env)
  t.equal(code, 0)
  t.equal(stdout, '')
  t.match(stderr, /5 samples from 2 on, written to .*sheet\.png/)
  const { width, height, channels, data } = decode(await readFile(file))
  t.same([width, height, channels], [3 * 30 + 2, 2 * 30 + 2, 1])
  const { images } = digits({ count: 7, seed: 0, stream: 1 })
  for (let i = 0; i < 5; i++) {
    const [left, top] = [2 + (i % 3) * 30, 2 + Math.floor(i / 3) * 30]
    const rows = Array.from({ length: 28 }, (_, y) => [
      ...data.subarray((top + y) * width + left, (top + y) * width + left + 28),
    ])
    t.same(rows.flat(), [...images.subarray((i + 2) * 784, (i + 3) * 784)], `picture ${i}`)
  }
})

t.test('what cannot be shown is said', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  checkError(t, await runCli(['data', 'show', 'digits', '--png', folder], env), 1, /found a folder/)
  const none = await runCli(['data', 'show', 'digits', '--limit', '5', '--start', '5'], env)
  checkError(t, none, 2, /built-in digits \(synthetic\): expected --start below its 5 samples, found 5/)
  await writeFamily(folder, [2, 2, 2, 2], new Uint8Array(16))
  const coloured = await runCli(['data', 'show', 'mnist', '--data-dir', folder], env)
  checkError(t, coloured, 1, /expected images of shape \[height, width\] or .* to show, found \[2, 2, 2\]/)
})

/** The four files of MNIST in the folder that LANEGRAD_DATA names. */
async function realFiles(): Promise<Map<string, Buffer> | null> {
  const root = process.env.LANEGRAD_DATA
  if (!root) return null
  const found = new Map<string, Buffer>()
  for (const folder of [root, join(root, 'mnist')]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const plain = name.replace('.idx', '-idx').replace(/\.gz$/, '')
      if (/^(train|t10k)-(images-idx3|labels-idx1)-ubyte$/.test(plain))
        found.set(plain, await readFile(join(folder, name)))
    }
  }
  return found.size === 4 ? found : null
}

const real = await realFiles()

t.test(
  'data fetch downloads into the cache',
  { skip: real ? false : 'LANEGRAD_DATA has no MNIST' },
  async (t) => {
    const { env, folder } = await emptyEnvironment(t)
    const mirror = await serve(t, (request, response) => {
      const bytes = real!.get(request.url!.slice(1).replace(/\.gz$/, ''))!
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    })
    const cache = join(folder, 'cache', 'lanegrad', 'mnist')
    const { code, stdout, stderr } = await runCli(
      ['data', 'fetch', '--mirror', await deadAddress(), mirror],
      env,
    )
    t.equal(code, 0)
    t.equal(stdout, `MNIST is in ${cache}\n`)
    t.notMatch(stderr, controlCharacters)
    t.match(stderr, /^MNIST: downloading .*train-images-idx3-ubyte\.gz, [\d.]+ [KM]iB$/m)
    t.same((await readdir(cache)).sort(), [...real!.keys()].sort())
    const again = await runCli(['data', 'fetch', '--mirror', await deadAddress()], env)
    t.equal(again.code, 0, 'nothing is downloaded twice')
    const info = await runCli(['data', 'info', '--no-download', '--json'], env)
    t.equal(JSON.parse(info.stdout).train.samples, 60000)
  },
)

t.test('data fetch keeps nothing of what is not MNIST', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const wrong = await serve(t, (_, response) => response.end('not an IDX file'))
  const fetched = await runCli(['data', 'fetch', '--cache-dir', join(folder, 'data'), '--mirror', wrong], env)
  t.equal(fetched.code, 1)
  t.match(
    fetched.stderr,
    /^error: MNIST: train-images-idx3-ubyte could not be downloaded; nothing was kept\./m,
  )
  t.same(await readdir(join(folder, 'data', 'mnist')), [])
  const dead = await runCli(['data', 'fetch', '--mirror', await deadAddress()], env)
  checkError(t, dead, 1, /the connection was refused/)
})

t.test('Ctrl-C ends a download that stalls, and leaves nothing', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const stalling = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': 1000000 })
    response.write('0123456789')
  })
  const running = startCli(['data', 'fetch', '--mirror', stalling], env)
  await running.saw('downloading')
  running.process.kill('SIGINT')
  const finished = await running.finished
  t.equal(finished.code, 130)
  t.match(finished.stderr, /^error: Stopped by Ctrl-C\.$/m)
  t.same(await readdir(join(folder, 'cache', 'lanegrad', 'mnist')), [])
})

t.test('a picture that is wider than the terminal is drawn smaller', (t) => {
  const picture = { width: 28, height: 28, pixels: new Uint8Array(784).fill(255), label: 7 }
  for (const columns of [80, 28, 20, 10, 1]) {
    const lines = drawText([picture, picture], columns, 'ascii').split('\n')
    t.ok(
      lines.every(({ length }) => length <= columns),
      `${columns} columns`,
    )
    t.match(lines[1], /^\S+/)
  }
  t.end()
})
