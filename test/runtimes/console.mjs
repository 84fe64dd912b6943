/** Runs the conformance set in a runtime with a console. */
import { join } from 'node:path'
import { here } from './paths.mjs'
import { pause, start } from './processes.mjs'

/** Milliseconds in which a runtime has to end once the report has: a worker left alive would keep it running. */
const END = 10_000

export async function runInConsole([command, ...args], options, onLine, env) {
  let over
  const reported = new Promise((resolve) => {
    over = resolve
  })
  const child = start(command, [...args, join(here, 'console-report.mjs'), JSON.stringify(options)], {
    env,
    onLine(text) {
      if (!text.startsWith('{')) return false
      const line = JSON.parse(text)
      onLine(line)
      if (line.type === 'end') over('end')
      return true
    },
  })
  try {
    let end = await Promise.race([child.ended, reported])
    if (end === 'end')
      end = await Promise.race([child.ended, pause(END).then(() => 'does not end after its report')])
    if (child.code !== 0) throw new Error([`the runtime ${end}`, ...child.log].join('\n'))
  } finally {
    await child.stop()
  }
}
