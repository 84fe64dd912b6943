import { runInConsole } from './console.mjs'
import { packaged } from './paths.mjs'
import { findExecutable, versionOf } from './processes.mjs'

export default {
  name: 'bun',
  title: (version = '') => `Bun ${version}`.trim(),
  find() {
    const command = findExecutable(packaged(`@oven/bun-${process.platform}-${process.arch}/bin/bun`), 'bun')
    return command && { command, version: versionOf(command) }
  },
  missing: 'npm ci --prefix test/runtimes',
  run: ({ command }, options, onLine) => runInConsole([command, 'run', '--no-install'], options, onLine),
}
