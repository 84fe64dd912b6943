import { browser } from './browser/run.mjs'
import { findExecutable, pause, start, temporaryFolder, versionOf } from './processes.mjs'

/** Debian's package, and WebKitGTK's small browser in it. */
const PACKAGE = 'libwebkit2gtk-4.1-0'
const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'

export default browser({
  name: 'webkitgtk',
  title: 'WebKitGTK',
  find() {
    const executable = findExecutable(BROWSER)
    const display = findExecutable('Xvfb')
    if (!executable || !display) return null
    return {
      executable,
      display,
      version: versionOf('dpkg-query', ['-W', PACKAGE]).split(/[\t-]/).at(-2) ?? '',
    }
  },
  missing: `apt-get install ${PACKAGE} xvfb`,
  // Unlike Safari it isolates no page, and so gives none shared memory; its engine, JavaScriptCore, can be told to.
  others: [
    {
      ...{ note: ', shared memory switched on', engines: ['threads'] },
      env: { JSC_useSharedArrayBuffer: 'true' },
    },
  ],
  async command({ executable, display }, address) {
    const home = temporaryFolder()
    let number
    // It takes the first free display and prints its number.
    const before = start(display, ['-displayfd', '1', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
      onLine: (line) => {
        number = Number(line)
        return true
      },
    })
    for (let waited = 0; number === undefined && waited < 10_000; waited += 50) await pause(50)
    if (number === undefined) throw new Error(['Xvfb gives no display', ...before.log].join('\n'))
    return {
      ...{ executable, before, args: ['--private', address] },
      env: {
        DISPLAY: `:${number}`,
        HOME: home,
        XDG_RUNTIME_DIR: home,
        GDK_BACKEND: 'x11',
        NO_AT_BRIDGE: '1',
      },
    }
  },
})
