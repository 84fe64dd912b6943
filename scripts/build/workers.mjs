/** Writes the scripts of workers as texts: created from one, a worker needs no second file that bundlers and servers know of. */
import { build } from 'esbuild'
import { root, write } from './paths.mjs'

const scripts = [
  { entry: 'web', text: 'web', format: 'iife', platform: 'browser' },
  { entry: 'worker.node', text: 'worker', format: 'cjs', platform: 'node' },
]

export async function inlineWorkers() {
  for (const { entry, text, format, platform } of scripts) {
    const { outputFiles } = await build({
      entryPoints: [`src/engine/worker/${entry}.ts`],
      absWorkingDir: root,
      bundle: true,
      minify: true,
      write: false,
      format,
      platform,
      target: 'es2022',
      logLevel: 'warning',
    })
    write(
      `src/engine/worker/${text}.generated.ts`,
      `// Written by scripts/build/workers.mjs from ${entry}.ts.\nexport const source =\n  ${JSON.stringify(outputFiles[0].text)}\n`,
    )
  }
}
