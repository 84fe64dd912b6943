import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { build } from 'esbuild'
import { here, packaged, root } from './paths.mjs'
import { findExecutable, start, temporaryFolder, versionOf } from './processes.mjs'

/** The engines of one thread that have a core. */
const coresOf = ({ engines }) =>
  engines.filter(
    (engine) => !engine.endsWith('threads') && existsSync(join(root, `build/core/${engine}.wasm`)),
  )

/** One service, whose worker has the cores as compiled modules, as edge runtimes want it. */
const configWith = (cores) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "report", worker = .report) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "report") ],
);
const report :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "compiled-cores.js", esModule = embed "compiled-cores.js"),
${cores.map((core) => `    (name = "${core}.wasm", wasm = embed "${core}.wasm"),`).join('\n')}
  ],
  compatibilityDate = "2025-11-01",
);
`

export default {
  name: 'workerd',
  title: (version = '') => `workerd ${version}`.trim(),
  find() {
    const command = findExecutable(packaged('@cloudflare/workerd-linux-64/bin/workerd'), 'workerd')
    return command && { command, version: versionOf(command).replace(/^workerd /, '') }
  },
  missing: 'npm ci --prefix test/runtimes',
  async run({ command }, options, onLine) {
    const folder = temporaryFolder()
    const { outputFiles } = await build({
      ...{ entryPoints: [join(here, 'workerd-report.mjs')], write: false },
      ...{
        bundle: true,
        format: 'esm',
        conditions: ['workerd', 'worker'],
        external: ['./compiled-cores.js'],
      },
      logLevel: 'warning',
    })
    writeFileSync(join(folder, 'worker.js'), outputFiles[0].contents)
    const cores = coresOf(options)
    for (const core of cores)
      copyFileSync(join(root, `build/core/${core}.wasm`), join(folder, `${core}.wasm`))
    const imports = cores.map((core) => `import ${core} from './${core}.wasm'\n`)
    writeFileSync(
      join(folder, 'compiled-cores.js'),
      `${imports.join('')}export default { ${cores.join(', ')} }\n`,
    )
    writeFileSync(join(folder, 'config.capnp'), configWith(cores))
    let listening
    const port = new Promise((resolve) => {
      listening = resolve
    })
    const child = start(command, ['serve', '--control-fd=1', join(folder, 'config.capnp')], {
      onLine(text) {
        if (!text.startsWith('{"event":"listen"')) return false
        listening(JSON.parse(text).port)
        return true
      },
    })
    const died = child.ended.then((how) => {
      throw new Error([`workerd ${how}`, ...child.log].join('\n'))
    })
    died.catch(() => {})
    try {
      const url = `http://127.0.0.1:${await Promise.race([port, died])}/`
      const body = JSON.stringify(options)
      const response = await Promise.race([fetch(url, { method: 'POST', body }), died])
      for await (const text of createInterface(Readable.fromWeb(response.body))) onLine(JSON.parse(text))
    } finally {
      await child.stop()
    }
  },
}
