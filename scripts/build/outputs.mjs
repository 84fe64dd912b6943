/** What is made of the TypeScript: modules, bundles and types. */
import { spawn } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { compiledVariants, variants } from './cores.mjs'
import { root, sourcesIn } from './paths.mjs'

const settings = { absWorkingDir: root, format: 'esm', logLevel: 'warning' }

/** What an older build left of sources that are gone must not be tested or published. */
function clear(folder) {
  rmSync(join(root, 'build', folder), { recursive: true, force: true })
}

/** Each source of some folders by itself, under the same name in build/. */
async function modules(folders, extra = []) {
  for (const folder of folders) clear(folder)
  await build({
    ...settings,
    entryPoints: [...folders.flatMap(sourcesIn), ...extra],
    outdir: 'build',
    outbase: '.',
    bundle: false,
    target: 'es2022',
    // The script of Node's workers asks whether there is one.
    logOverride: { 'unsupported-require-call': 'silent' },
  })
}

/** What other packages import, a file each: bundlers of web pages want them apart. */
export function libraryModules() {
  return modules(['src'], ['assembly/codes.ts'])
}

export function testModules() {
  return modules(['test', 'bench'])
}

const forNode = {
  ...settings,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  // The package imports point to single modules, which would come along as a second copy of every class.
  alias: { '#files': './src/data/files.node.ts', '#runtime': './src/engine/runtime.node.ts' },
  legalComments: 'inline',
}

/** The library for Node, which opens a hundred files in five times the time that it takes for one. */
export async function nodeBundle() {
  clear('node')
  await build({ ...forNode, entryPoints: ['src/index.ts'], outdir: 'build/node', packages: 'external' })
}

/** Cores that were not compiled yet: `npm start` does without them. */
const withoutMissingCores = {
  name: 'missing cores',
  setup: ({ onLoad, onResolve }) => {
    const missing = variants.filter((variant) => !compiledVariants().includes(variant))
    const filter = new RegExp(`/(${missing.join('|')})\\.generated\\.js$`)
    if (missing.length === 0) return
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'missing' }))
    onLoad({ filter: /.*/, namespace: 'missing' }, () => ({
      contents: "throw new Error('this core is not built yet: run `npm run build`')",
    }))
  },
}

export async function commandLine() {
  clear('cli')
  await build({
    ...forNode,
    entryPoints: { lanegrad: 'src/cli/main.node.ts' },
    outdir: 'build/cli',
    plugins: [withoutMissingCores],
    banner: {
      // The dependencies in CommonJS ask for Node's modules by require.
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  })
  chmodSync(join(root, 'build/cli/lanegrad.js'), 0o755)
}

export async function playground() {
  clear('playground')
  const page = 'src/playground/bench'
  await build({
    ...settings,
    entryPoints: [`${page}.ts`, `${page}-worker.ts`, `${page}.css`, `${page}.html`],
    outdir: 'build/playground',
    bundle: true,
    minify: true,
    splitting: true,
    target: 'es2022',
    alias: { '#files': './src/data/files.ts', '#runtime': './src/engine/runtime.ts' },
    loader: { '.html': 'copy' },
    legalComments: 'linked',
  })
}

/** The declarations that the published package carries, beside its modules. */
export async function declarations() {
  const require = createRequire(import.meta.url)
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const args = [tsc, '-p', 'tsconfig.json', '--noEmit', 'false', '--declaration', '--emitDeclarationOnly']
  const child = spawn(process.execPath, [...args, '--outDir', 'build'], { cwd: root, stdio: 'inherit' })
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) throw new Error('tsc found errors in the types.')
}
