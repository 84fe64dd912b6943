// Opens HTML files in headless Chromium, and fails where one says anything on its console or asks for anything else:
//   node test/runtimes/report-page.mjs studies/*.html
import { readFileSync, writeFileSync } from 'node:fs'
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
  '--allow-file-access-from-files',
  ...['--enable-logging=stderr', '--net-log-capture-mode=IncludeSensitive', '--virtual-time-budget=2000'],
  // Chromium refuses its sandbox to root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** CSS pixels of a phone. */
const PHONE = 390

/** A page that shows all of these on a phone, says of each that it has come, and complains of one that is wider. */
function pageOf(pages) {
  const frames = pages.map(
    (page) =>
      `<iframe src="${pathToFileURL(page).href}" style="width:${PHONE}px;border:0" onload="came(this)"></iframe>`,
  )
  const file = join(temporaryFolder(), 'all.html')
  writeFileSync(
    file,
    `<!doctype html>\n<html><script>${came}</script><body>${frames.join('\n')}</body></html>\n`,
  )
  return file
}

const came = `function came(frame) {
  frame.id = 'came'
  const width = frame.contentDocument.documentElement.scrollWidth
  if (width > ${PHONE}) console.error('it is ' + width + ' pixels wide on a phone of ${PHONE}')
}`

/** What is wrong with a page, a line for each thing. */
async function faultsOf(executable, page, frames) {
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
  const dom = lines.join('\n')
  if (!dom.includes('</html>') || dom.split('id="came"').length !== frames + 1)
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
const files = process.argv.slice(2)
const pages = files.map((file) => resolve(file))
// A browser takes a second to start: they are opened one by one only to tell which of them is at fault.
const allAreGood = files.length > 1 && (await faultsOf(executable, pageOf(pages), pages.length)).length === 0
for (const [i, file] of files.entries()) {
  const faults = allAreGood ? [] : await faultsOf(executable, pageOf([pages[i]]), 1)
  if (faults.length > 0) process.exitCode = 1
  process.stdout.write(`${faults.length > 0 ? 'not ok' : 'ok'} ${file}\n`)
  for (const fault of faults) process.stdout.write(`  ${fault}\n`)
}
await cleanUp()
