// Builds everything into build/: the wasm core, its bytes inlined for the host, the TypeScript, the command line.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
process.chdir(root)

function run(packageName, bin, ...args) {
  const script = join(dirname(require.resolve(`${packageName}/package.json`)), bin)
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

// What an older build left of sources that are gone must not be tested or published.
for (const part of ['src', 'test', 'bench', 'assembly', 'cli'])
  rmSync(`build/${part}`, { recursive: true, force: true })
mkdirSync('build/core', { recursive: true })
run('assemblyscript', 'bin/asc.js', '--config', 'asconfig.json', '--target', 'simd')
const bytes = readFileSync('build/core/simd.wasm')
writeFileSync(
  'src/engine/core.generated.ts',
  `// Written by scripts/build.mjs from build/core/simd.wasm.\nexport const simdCoreBase64 =\n  '${bytes.toString('base64')}'\n`,
)
run('typescript', 'bin/tsc', '-p', 'tsconfig.json')

await bundle({
  entryPoints: ['src/cli/main.node.ts'],
  outfile: 'build/cli/lanegrad.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The package import points to what tsc wrote, which would come along as a second copy of every class.
  alias: { '#files': './src/data/files.node.ts' },
  legalComments: 'inline',
  logLevel: 'warning',
  banner: {
    // The dependencies in CommonJS ask for Node's modules by require.
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
})
chmodSync('build/cli/lanegrad.js', 0o755)
