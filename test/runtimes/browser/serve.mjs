import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { here } from '../paths.mjs'

const page =
  '<!doctype html><meta charset="utf-8"><title>lanegrad</title><script type="module" src="/page.js"></script>'

/** What gives a page shared memory. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** The page's and the worker's script by address, bundled as an application would do it. */
async function bundle() {
  const { outputFiles } = await build({
    ...{ entryPoints: ['page', 'worker'].map((name) => join(here, `browser/${name}.mjs`)), outdir: '/' },
    ...{ bundle: true, splitting: true, format: 'esm', target: 'es2022', write: false, logLevel: 'warning' },
  })
  return new Map(outputFiles.map(({ path, text }) => [path, text]))
}

/** Serves the report's page to one browser, with or without the headers that shared memory needs. */
export async function serve(options, isolated, onLine) {
  const scripts = await bundle()
  const server = createServer(async (request, response) => {
    const { method, url } = request
    const answer = (type, body, status = 200) => {
      response.writeHead(status, {
        'Content-Type': type,
        'Cache-Control': 'no-store',
        ...(isolated && isolation),
      })
      response.end(body)
    }
    if (method === 'POST' && url === '/line') {
      onLine(JSON.parse(await text(request)))
      answer('text/plain', '')
    } else if (url === '/options') answer('application/json', JSON.stringify(options))
    else if (scripts.has(url)) answer('text/javascript', scripts.get(url))
    else if (url === '/in-worker' || url === '/in-page') answer('text/html', page)
    else answer('text/plain', 'There is no such file.', 404)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://localhost:${server.address().port}/${isolated ? 'in-worker' : 'in-page'}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
