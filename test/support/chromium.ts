import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../../test/runtimes/report-page.mjs', import.meta.url))
/** Exit code of the script where there is no Chromium. */
const MISSING = 77

/** Why pages cannot be opened here, or false where they can: for a test's `skip`. */
export const withoutChromium =
  spawnSync(process.execPath, [script]).status === MISSING && 'there is no Chromium here'

/** What headless Chromium says of HTML files: `ok FILE`, or `not ok FILE` and a line for each fault. */
export function openInChromium(files: readonly string[]): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' })
  return { status, lines: stdout.split('\n') }
}
