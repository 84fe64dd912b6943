// Serves build/playground. Browsers give shared memory, and with it threads, only to pages with these headers.
import { createServer } from 'node:http'
import { fileURLToPath, pathToFileURL } from 'node:url'
import send from 'send'

const folder = fileURLToPath(new URL('../build/playground', import.meta.url))

/**
 * Starts the server on this machine alone.
 *
 * @param {{ port?: number, isolated?: boolean }} options port 0 takes a free one; pages that are not `isolated` get no
 *   shared memory
 * @returns {Promise<{ address: string, close(): void }>}
 */
export async function servePlayground({ port = 0, isolated = true } = {}) {
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  }
  const server = createServer((request, response) => {
    const refuse = (status) => response.writeHead(status).end()
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return refuse(405)
    }
    send(request, request.url.replace(/[?#].*$/s, ''), { root: folder, cacheControl: false })
      .on('headers', () => {
        response.setHeader('Cache-Control', 'no-store')
        if (!isolated) return
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      })
      .on('directory', () => refuse(404))
      .on('error', ({ status, headers }) => {
        response.writeHead(status ?? 500, headers).end()
      })
      .pipe(response)
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { address } = await servePlayground({ port: Number(process.env.PORT ?? 8080) })
  console.log(`wasm against JavaScript: ${address}/bench.html (Ctrl-C ends)`)
}
