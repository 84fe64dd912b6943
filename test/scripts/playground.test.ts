import { connect } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

interface Server {
  readonly address: string
  close(): void
}

const script = fileURLToPath(new URL('../../../scripts/playground.mjs', import.meta.url))
const { servePlayground } = (await import(pathToFileURL(script).href)) as {
  servePlayground(options?: { port?: number; isolated?: boolean }): Promise<Server>
}

/** The status and the headers, in lower case, that a request is answered with as it stands. */
function ask(server: Server, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1', () => {
      socket.write(`${lines.join('\r\n')}\r\nHost: here\r\nConnection: close\r\n\r\n`)
    })
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
    })
    socket.on('close', () => resolve(answer.toLowerCase()))
    socket.on('error', reject)
  })
}

t.test('the playground is served, and what cannot be served is refused', async (t) => {
  const server = await servePlayground()
  t.teardown(() => server.close())
  const get = (path: string, ...headers: string[]) => ask(server, [`GET ${path} HTTP/1.1`, ...headers])
  const page = await get('/bench.html')
  t.match(page, /^http\/1\.1 200 /)
  t.match(page, '\r\ncontent-type: text/html; charset=utf-8\r\n')
  t.match(page, '\r\ncross-origin-opener-policy: same-origin\r\n')
  t.match(page, '<!doctype html>')
  const cases: [string, readonly string[], number][] = [
    ['GET /bench.html', ['Range: bytes=5-2'], 416],
    ['GET /bench.html', ['Range: bytes=9999999-'], 416],
    ['GET /bench.html', ['Range: bytes=0-4'], 206],
    ['GET /bench.html', ['Range: nonsense'], 200],
    ['GET /bench.html', [`X: ${'x'.repeat(100_000)}`], 431],
    ['GET /bench.html?a=%', [], 200],
    ['GET /%', [], 400],
    ['GET /%00', [], 400],
    ['GET /../../package.json', [], 403],
    ['GET /%2e%2e/%2e%2e/package.json', [], 403],
    ['GET /', [], 404],
    ['GET /nothing', [], 404],
    ['HEAD /bench.html', [], 200],
    ['POST /bench.html', [], 405],
    ['DELETE /bench.html', [], 405],
    ['OPTIONS *', [], 405],
    ['NONSENSE /bench.html', [], 400],
  ]
  for (const [line, headers, status] of cases) {
    const answer = await ask(server, [`${line} HTTP/1.1`, ...headers])
    t.ok(answer.startsWith(`http/1.1 ${status} `), `${line} ${status}: ${answer.slice(0, 40)}`)
    if (line.startsWith('HEAD')) t.ok(answer.endsWith('\r\n\r\n'), 'without a body')
  }
  t.equal((await get('/bench.html')).length, page.length, 'it still serves')
})
