import { runInConsole } from './console.mjs'
import { packaged } from './paths.mjs'
import { findExecutable, versionOf } from './processes.mjs'

/** A release of Node: from this folder's packages, or the one that is running. */
function node(major) {
  return {
    name: `node${major}`,
    title: (version = major) => `Node ${version}`,
    find() {
      const running = process.versions.node.startsWith(`${major}.`) ? [process.execPath] : []
      const command = findExecutable(
        packaged(`node-${major}-${process.platform}-${process.arch}/bin/node`),
        ...running,
      )
      return command && { command, version: versionOf(command).slice(1) }
    },
    missing: 'npm ci --prefix test/runtimes',
    run: ({ command }, options, onLine) => runInConsole([command], options, onLine),
  }
}

export default [node(20), node(22), node(24)]
