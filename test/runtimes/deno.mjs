import { runInConsole } from './console.mjs'
import { packaged } from './paths.mjs'
import { findExecutable, temporaryFolder, versionOf } from './processes.mjs'

export default {
  name: 'deno',
  title: (version = '') => `Deno ${version}`.trim(),
  find() {
    const command = findExecutable(packaged('@deno/linux-x64-glibc/deno'), 'deno')
    return (
      command && {
        command,
        version: versionOf(command)
          .replace(/^deno /, '')
          .split(' ')[0],
      }
    )
  },
  missing: 'npm ci --prefix test/runtimes',
  run({ command }, options, onLine) {
    const env = { DENO_DIR: temporaryFolder(), DENO_NO_UPDATE_CHECK: '1' }
    return runInConsole([command, 'run', '--allow-all', '--no-lock'], options, onLine, env)
  },
}
