// Builds everything into build/: the wasm core, its bytes inlined for the host, the TypeScript, the command line.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import ts from 'typescript'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
process.chdir(root)

function run(packageName, bin, ...args) {
  return runScript(join(dirname(require.resolve(`${packageName}/package.json`)), bin), ...args)
}

async function runScript(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' })
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) process.exit(status ?? 1)
}

/** Compiles the variants of the core that asconfig.json names, at the same time, or leaves them if nothing changed. */
async function buildCores() {
  const sources = readdirSync('assembly').map((name) => join('assembly', name))
  const hash = createHash('sha256')
  for (const file of ['asconfig.json', 'package-lock.json', 'scripts/lower-simd.mjs', ...sources])
    hash.update(readFileSync(file))
  const digest = hash.digest('hex')
  const variants = Object.keys(JSON.parse(readFileSync('asconfig.json', 'utf8')).targets)
  mkdirSync('build/core', { recursive: true })
  mkdirSync('src/engine/cores', { recursive: true })
  await Promise.all(variants.map((variant) => buildCore(variant, digest)))
}

/** One variant, and its bytes inlined for the host. */
async function buildCore(variant, digest) {
  const file = `build/core/${variant}.wasm`
  const stamp = `build/core/${variant}.sha256`
  if (!existsSync(file) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
    await run('assemblyscript', 'bin/asc.js', '--config', 'asconfig.json', '--target', variant)
    if (variant === 'scalar') await runScript('scripts/lower-simd.mjs', file, file)
    writeFileSync(stamp, digest)
  }
  writeFileSync(
    `src/engine/cores/${variant}.generated.ts`,
    `// Written by scripts/build.mjs from ${file}.\nexport const base64 =\n  '${readFileSync(file, 'base64')}'\n`,
  )
}

/** What the twins call to round to float32. */
const roundings = ['f', 'fround', 'Math.fround']

/** JavaScript of a twin in which every rounding to float32 is only its argument. */
function withoutRounding(source) {
  const visit = (node, context) =>
    ts.isCallExpression(node) && roundings.includes(node.expression.getText())
      ? ts.factory.createParenthesizedExpression(visit(node.arguments[0], context))
      : ts.visitEachChild(node, (child) => visit(child, context), context)
  const compilerOptions = { target: 'es2022', module: 'esnext', verbatimModuleSyntax: true }
  const before = [(context) => (file) => visit(file, context)]
  return ts.transpileModule(source, { compilerOptions, transformers: { before } }).outputText
}

/**
 * The js engine's interpreter with all its kernels in one file, without rounding to float32: its calls are left out, and
 * two globals and the elementary functions are replaced by those of src/engine/js/double/.
 */
async function generateDoubleInterpreter() {
  const inDouble = {
    name: 'double precision',
    setup: ({ onLoad, onResolve }) => {
      onLoad({ filter: /engine[\\/]js[\\/][\w-]+\.ts$/ }, ({ path }) => ({
        contents: withoutRounding(readFileSync(path, 'utf8')),
      }))
      onResolve({ filter: /^\.\/math\.js$/ }, () => ({ path: './js/double/math.js', external: true }))
      onResolve({ filter: /(opcodes|errors)\.js$/ }, ({ path }) => ({
        path: path.replace(/^(\.\.\/)/, ''),
        external: true,
      }))
    },
  }
  const { outputFiles } = await bundle({
    stdin: {
      contents: "export { run } from './interpreter.js'",
      resolveDir: join(root, 'src/engine/js'),
      loader: 'ts',
    },
    inject: [join(root, 'src/engine/js/double/globals.ts')],
    plugins: [inDouble],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  })
  const [{ text }] = outputFiles
  writeFileSync(
    'src/engine/double.generated.ts',
    `// @ts-nocheck Written by scripts/build.mjs from the kernels' twins in src/engine/js.\n${text}`,
  )
}

/** The scripts of workers as texts: created from one, a worker needs no second file that bundlers and servers know of. */
async function inlineWorkers() {
  for (const [entry, text] of [
    ['web', 'web'],
    ['worker.node', 'worker'],
  ]) {
    const { outputFiles } = await bundle({
      entryPoints: [`src/engine/worker/${entry}.ts`],
      bundle: true,
      minify: true,
      write: false,
      format: entry === 'web' ? 'iife' : 'cjs',
      platform: entry === 'web' ? 'browser' : 'node',
      target: 'es2022',
      logLevel: 'warning',
    })
    writeFileSync(
      `src/engine/worker/${text}.generated.ts`,
      `// Written by scripts/build.mjs from ${entry}.ts.\nexport const source =\n  ${JSON.stringify(outputFiles[0].text)}\n`,
    )
  }
}

// What an older build left of sources that are gone must not be tested or published.
for (const part of ['src', 'test', 'bench', 'assembly', 'node', 'cli', 'playground'])
  rmSync(`build/${part}`, { recursive: true, force: true })
await buildCores()
await generateDoubleInterpreter()
await inlineWorkers()
await run('typescript', 'bin/tsc', '-p', 'tsconfig.json')

const forNode = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The package imports point to what tsc wrote, which would come along as a second copy of every class.
  alias: { '#files': './src/data/files.node.ts', '#runtime': './src/engine/runtime.node.ts' },
  legalComments: 'inline',
  logLevel: 'warning',
}

// Node opens a hundred files in five times the time that it takes for one; bundlers of web pages want them apart.
await bundle({ ...forNode, entryPoints: ['src/index.ts'], outdir: 'build/node', packages: 'external' })

await bundle({
  ...forNode,
  entryPoints: { lanegrad: 'src/cli/main.node.ts' },
  outdir: 'build/cli',
  banner: {
    // The dependencies in CommonJS ask for Node's modules by require.
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
})
chmodSync('build/cli/lanegrad.js', 0o755)

await bundle({
  entryPoints: [
    'src/playground/bench.ts',
    'src/playground/bench-worker.ts',
    'src/playground/bench.css',
    'src/playground/bench.html',
  ],
  outdir: 'build/playground',
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  alias: { '#files': './src/data/files.ts', '#runtime': './src/engine/runtime.ts' },
  loader: { '.html': 'copy' },
  legalComments: 'linked',
  logLevel: 'warning',
})
