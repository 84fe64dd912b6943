import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

/** Runs a program in a folder, without what tap adds to the surroundings, and returns what it printed if it failed. */
async function failureOf(cwd: string, program: string, args: readonly string[], input = '') {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_OPTIONS$)/.test(name))
  const child = spawn(program, args, { cwd, env: Object.fromEntries(kept) })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part))
  child.stdin.end(input)
  const status = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  return status === 0 ? '' : output || `status ${status}`
}

/** Builds what the examples' tests need, with one core. */
const buildScript = `
  import { buildCores } from '../scripts/build/cores.mjs'
  import { libraryModules, testModules } from '../scripts/build/outputs.mjs'
  await buildCores(['simd'])
  await libraryModules()
  await testModules()
`

/** A copy of what is built and checked, to be changed. */
function copySources(folder: string): void {
  const parts = ['src', 'assembly', 'scripts', 'test/support', 'docs/images/house.svg', '.gitignore']
  const settings = ['package', 'package-lock', 'tsconfig', 'asconfig', 'biome'].map((name) => `${name}.json`)
  const isSource = (path: string) => !path.endsWith('.generated.ts')
  for (const part of [...parts, ...settings, '.dependency-cruiser.mjs']) {
    cpSync(join(root, part), join(folder, part), { recursive: true, filter: isSource })
  }
  for (const part of ['bench', 'build']) mkdirSync(join(folder, part))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
}

t.test('what the page names is there', async (t) => {
  const named = [...text.matchAll(/`(\w+)`\s+in\s+`([\w./-]+)`/g)].map(
    ([, name, file]) => [name!, file!] as const,
  )
  t.ok(named.length > 20)
  const isThere = (name: string, file: string) =>
    new RegExp(`\\b${name}\\b`).test(readFileSync(join(root, file), 'utf8'))
  t.same(
    named.filter(([name, file]) => !isThere(name, file)),
    [],
  )
  const prose = text.replace(/^```diff\n.*?^```/gms, '')
  const paths = [...prose.matchAll(/`((?:src|assembly|scripts|test|docs)\/[\w./-]*)`/g)]
  const missing = paths.map(([, path]) => path!).filter((path) => !existsSync(join(root, path)))
  t.same(missing, [])
})

t.test('the examples can be applied, pass the check, and do what they say', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'architecture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  copySources(folder)
  const diffs = [...text.matchAll(/^```diff\n(.*?)^```/gms)].map(([, diff]) => diff!)
  t.equal(diffs.length, 5)
  for (const diff of diffs) t.equal(await failureOf(folder, 'git', ['apply', '-'], diff), '')
  const tests = diffs.flatMap((diff) => [...diff.matchAll(/^\+\+\+ b\/(test\/.*\.test)\.ts$/gm)])
  t.equal(tests.length, 5)

  const node = async (...args: string[]) =>
    t.equal(await failureOf(folder, process.execPath, args), '', args.join(' '))
  const build = async () => {
    writeFileSync(join(folder, 'build/examples.mjs'), buildScript)
    await node('build/examples.mjs')
    for (const [, path] of tests) await node(`build/${path}.js`)
  }
  const check = async () => {
    await node('node_modules/typescript/bin/tsc')
    t.equal(await failureOf(folder, 'npm', ['run', 'check:fast']), '', 'check:fast')
  }
  await node('scripts/build.mjs', 'sources')
  await Promise.all([build(), check()])
})
