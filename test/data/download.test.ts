import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { download } from '../../src/data/download.js'
import { deadAddress, serve } from '../support/data.js'

const body = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7)

t.test('a file comes whole, with progress', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/sized') response.setHeader('content-length', body.length)
    response.write(body)
    response.end()
  })
  for (const [name, size] of [
    ['sized', body.length],
    ['unsized', undefined],
  ] as const) {
    const steps: [number, number | undefined][] = []
    const bytes = await download(url + name, {
      limit: body.length,
      onProgress: (received, total) => steps.push([received, total]),
    })
    t.ok(Buffer.from(bytes).equals(body))
    t.same(steps.at(-1), [body.length, size])
    t.ok(steps.every(([received], i) => i === 0 || received > steps[i - 1]![0]))
  }
})

t.test('every failure names the URL', async (t) => {
  const url = await serve(t, (request, response) => {
    switch (request.url) {
      case '/missing':
        response.writeHead(404).end('no such file')
        break
      case '/part':
        response.writeHead(206).end('part')
        break
      case '/empty':
        response.end()
        break
      case '/cut':
        response.setHeader('content-length', body.length)
        response.write(body.subarray(0, 1000), () => response.destroy())
        break
      case '/cut-unsized':
        response.write(body.subarray(0, 1000), () => response.destroy())
        break
      case '/broken':
        response.destroy()
        break
      case '/stalled':
        response.write(body.subarray(0, 1000))
        break
      case '/large':
        response.end(body)
    }
  })
  const cases: [string, RegExp, { connectTimeout?: number; stallTimeout?: number }?][] = [
    [`${url}missing`, /expected HTTP 200, found HTTP 404 Not Found$/],
    [`${url}part`, /expected HTTP 200, found HTTP 206/],
    [`${url}empty`, /expected a file, found an empty body/],
    [`${url}cut`, /cut short: the connection ended after 1000 of 200000 bytes/],
    [`${url}cut-unsized`, /cut short: the connection ended after 1000 bytes/],
    [`${url}broken`, /the connection broke/],
    [`${url}silent`, /no answer within 300 ms/, { connectTimeout: 300 }],
    [`${url}stalled`, /stalled at byte 1000: nothing came for 200 ms/, { stallTimeout: 200 }],
    [`${url}large`, /at most 100000 bytes, found more/],
    [`${await deadAddress()}x`, /the connection was refused/],
    ['http://no-such-host.invalid/x', /the name of the server cannot be looked up/],
    ['nonsense', /Failed to parse URL/],
  ]
  for (const [address, message, timeouts] of cases) {
    const result = download(address, { limit: 100_000, ...timeouts })
    const error: Error = await result.then(
      () => new Error('downloaded'),
      (reason) => reason,
    )
    t.equal(error.name, 'DataError', address)
    t.match(error.message, message)
    t.ok(error.message.startsWith(`${address}: `), error.message)
  }
})

t.test('the stall timeout is for silence, not for the whole download', async (t) => {
  const url = await serve(t, (_, response) => {
    let sent = 0
    const timer = setInterval(() => {
      response.write('x')
      if (++sent === 15) {
        clearInterval(timer)
        response.end()
      }
    }, 100)
  })
  const bytes = await download(url, { limit: 100, stallTimeout: 1000 })
  t.equal(bytes.length, 15)
})

t.test('the abort signal ends a download with its reason', async (t) => {
  const url = await serve(t, (_, response) => {
    response.write('x')
  })
  const reason = new Error('enough')
  await t.rejects(download(url, { limit: 100, signal: AbortSignal.abort(reason) }), reason)
  const controller = new AbortController()
  const onProgress = () => controller.abort(reason)
  await t.rejects(download(url, { limit: 100, signal: controller.signal, onProgress }), reason)
})

t.test('an error of the progress callback is not taken for one of the network', async (t) => {
  const url = await serve(t, (_, response) => {
    response.end('xyz')
  })
  const onProgress = () => {
    throw new RangeError('my own')
  }
  await t.rejects(download(url, { limit: 100, onProgress }), { name: 'RangeError', message: 'my own' })
})

t.test('a process ends when its downloads do, whatever became of them', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/missing') response.writeHead(404)
    response.write(body)
    if (request.url !== '/endless') response.end()
  })
  const source = new URL('../../src/data/download.js', import.meta.url).href
  const script = `
    const { download } = await import(${JSON.stringify(source)})
    const results = []
    for (const name of ['whole', 'missing', 'endless']) {
      const limit = name === 'endless' ? 10 : 1e6
      results.push(await download(${JSON.stringify(url)} + name, { limit }).then((b) => b.length, (e) => e.name))
    }
    process.stdout.write(results.join())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // The server keeps idle connections for ten minutes: a client that waited for them would be killed here.
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  t.equal(output, '200000,DataError,DataError')
  t.equal(code, 0)
})
