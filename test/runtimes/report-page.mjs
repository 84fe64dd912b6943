// Opens HTML files in headless Chromium, and fails where one says anything on its console or asks for anything else:
//   node test/runtimes/report-page.mjs studies/*.html
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cleanUp, endOnSignals, findExecutable, start, temporaryFolder } from './processes.mjs'

/** Exit code where there is no Chromium. */
const MISSING = 77

const flags = [
  ...['--headless', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions'],
  ...[
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-breakpad',
  ],
  ...['--enable-logging=stderr', '--net-log-capture-mode=IncludeSensitive', '--virtual-time-budget=2000'],
  // Chromium refuses its sandbox to root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** What is wrong with a page, a line for each thing. */
async function faultsOf(executable, page) {
  const folder = temporaryFolder()
  const log = join(folder, 'net.json')
  const lines = []
  const onLine = (line) => {
    lines.push(line)
    return true
  }
  const options = [`--user-data-dir=${join(folder, 'profile')}`, `--log-net-log=${log}`, '--dump-dom']
  const chromium = start(executable, [...flags, ...options, pathToFileURL(page).href], { onLine })
  await chromium.ended
  if (!lines.join('\n').includes('</html>'))
    return [`Chromium gave no page: ${chromium.log.slice(-3).join(' ')}`]
  const console = chromium.log.filter((line) => line.includes('CONSOLE'))
  const { events } = JSON.parse(readFileSync(log, 'utf8'))
  const asked = events.flatMap(({ params }) => {
    // What the browser asks for by itself has no page as its initiator.
    const byPage = params?.initiator !== undefined && params.initiator !== 'not an origin'
    return byPage && /^(https?|wss?|ftp):/.test(params.url ?? '') ? [`asks for ${params.url}`] : []
  })
  return [...console, ...new Set(asked)]
}

endOnSignals()
const executable = findExecutable('chromium', 'chromium-browser', 'google-chrome')
if (!executable) {
  process.stderr.write('There is no Chromium here; apt-get install chromium.\n')
  process.exit(MISSING)
}
for (const file of process.argv.slice(2)) {
  const faults = await faultsOf(executable, resolve(file))
  if (faults.length > 0) process.exitCode = 1
  process.stdout.write(`${faults.length > 0 ? 'not ok' : 'ok'} ${file}\n`)
  for (const fault of faults) process.stdout.write(`  ${fault}\n`)
}
await cleanUp()
