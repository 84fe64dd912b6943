import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import t from 'tap'

const root = new URL('../../', import.meta.url)
const gzipped = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length

t.test('what a page loads to train is small', async (t) => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export { createEngine, createTrainer, dense, dropout, flatten, mnist, sequential, sgd } from './build/src/index.js'`,
      resolveDir: root.pathname,
    },
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser' },
    ...{ outdir: 'bundle', write: false, metafile: true },
  })
  const outputs = Object.entries(metafile.outputs)
  const entry = outputs.find(([, { entryPoint }]) => entryPoint === '<stdin>')![0]
  // What the entry imports before anything runs; engines and cores come when one is created.
  const loaded = [
    entry,
    ...metafile.outputs[entry]!.imports.filter((i) => i.kind === 'import-statement').map((i) => i.path),
  ]
  const bytes = loaded.reduce(
    (sum, path) => sum + gzipped(outputFiles.find((file) => file.path.endsWith(path))!.contents),
    0,
  )
  t.ok(bytes <= 40 * 1024, `the host library: ${bytes} bytes gzipped`)
  const inputs = loaded.flatMap((path) => Object.keys(metafile.outputs[path]!.inputs))
  t.same(
    inputs.filter((input) => /cores\/|double|js\/interpreter|digits/.test(input)),
    [],
    'no core, no twins but those of initial weights, no digits',
  )
})

t.test('the cores are small', async (t) => {
  const limits = { simd: 28, threads: 28, relaxed: 28, 'relaxed-threads': 28, scalar: 48 }
  for (const [name, limit] of Object.entries(limits)) {
    const bytes = gzipped(readFileSync(new URL(`build/core/${name}.wasm`, root)))
    t.ok(bytes <= limit * 1024, `${name}: ${bytes} bytes gzipped`)
  }
})
