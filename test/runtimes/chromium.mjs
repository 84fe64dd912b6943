import { browser } from './browser/run.mjs'
import { findExecutable, temporaryFolder, versionOf } from './processes.mjs'

const flags = [
  ...[
    '--headless',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-quic',
    '--disable-sync',
  ],
  ...['--disable-background-networking', '--disable-component-update', '--disable-breakpad'],
]
/** Chromium refuses its sandbox to root. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []

export default browser({
  name: 'chromium',
  title: 'Chromium',
  find() {
    const executable = findExecutable('chromium', 'chromium-browser', 'google-chrome')
    return executable && { executable, version: versionOf(executable).match(/\d+(\.\d+)+/)?.[0] ?? '' }
  },
  missing: 'apt-get install chromium',
  command: ({ executable }, address) => ({
    executable,
    args: [...flags, ...sandbox, `--user-data-dir=${temporaryFolder()}`, address],
  }),
})
