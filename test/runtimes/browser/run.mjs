import { start } from '../processes.mjs'
import { serve } from './serve.mjs'

/** Without the headers that shared memory needs, in the page itself: only what may differ there is run. */
const bare = { note: ', page without isolation', isolated: false, engines: ['threads', 'simd'] }

/**
 * The rows of a browser: with those headers, in a worker; and without them, where the library has to say why it goes on
 * with one thread.
 *
 * @param browser name, title, find, missing; `command`, which gives what starts the browser at an address; and `others`,
 *   further rows: a note for the title, the engines, and environment variables
 */
export function browser({ name, title, find, missing, command, others = [] }) {
  const rows = [{ note: '' }, ...others, bare]
  return rows.map(({ note, isolated = true, engines, env }) => ({
    ...{ name, find, missing, engines },
    title: (version = '') => `${title} ${version}`.trim() + note,
    run: (found, options, onLine) =>
      run(isolated, options, onLine, async (address) => {
        const started = await command(found, address)
        return { ...started, env: { ...started.env, ...env } }
      }),
  }))
}

async function run(isolated, options, onLine, command) {
  let ended
  const reported = new Promise((resolve, reject) => {
    ended = { resolve, reject }
  })
  const server = await serve(options, isolated, (line) => {
    if (line.type === 'crashed') return ended.reject(new Error(line.error))
    onLine(line)
    if (line.type === 'end') ended.resolve()
  })
  const opened = []
  try {
    const { executable, args, env, before } = await command(server.address)
    if (before) opened.push(before)
    const child = start(executable, args, { env })
    opened.push(child)
    const died = child.ended.then((how) => {
      throw new Error([`the browser ${how}`, ...child.log].join('\n'))
    })
    await Promise.race([reported, died])
  } finally {
    server.close()
    for (const process of opened.reverse()) await process.stop()
  }
}
