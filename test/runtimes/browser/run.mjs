import { start } from '../processes.mjs'
import { serve } from './serve.mjs'

/**
 * The rows of a browser: with the headers that shared memory needs, in a worker; and in a page without them, where the
 * library has to say why it goes on with one thread.
 *
 * @param browser name, title, find, missing, and `command`: what starts it at an address, and cleans up after it
 */
export function browser({ name, title, find, missing, command }) {
  const row = (isolated) => ({
    ...{
      name,
      find,
      missing,
      title: (version = '') => `${title} ${version}`.trim() + (isolated ? '' : ', page without isolation'),
    },
    // Only what may differ there.
    ...(!isolated && { engines: ['threads', 'simd'] }),
    run: (found, options, onLine) => run(isolated, options, onLine, (address) => command(found, address)),
  })
  return [row(true), row(false)]
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
