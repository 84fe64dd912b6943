// Formats assembly/*.ts. Biome cannot parse AssemblyScript's decorators on functions, so in copies for it they are hidden
// behind a comment, and put back. `--check` only reports.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const check = process.argv.includes('--check')
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
const names = readdirSync(join(root, 'assembly'), { recursive: true }).filter((name) =>
  /(?<!\.generated)\.ts$/.test(name),
)
const copies = mkdtempSync(join(tmpdir(), 'assembly-'))

/** Formats the copies, all in one run of Biome: to start it for each takes ten times as long. */
function formatCopies() {
  const { formatter, javascript } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(join(copies, 'biome.json'), JSON.stringify({ root: true, formatter, javascript }))
  const { stderr, status } = spawnSync(process.execPath, [biome, 'format', '--write', '.'], {
    cwd: copies,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`assembly/ cannot be parsed:\n${stderr}`)
}

try {
  for (const name of names) {
    const source = readFileSync(join(root, 'assembly', name), 'utf8')
    const copy = join(copies, name)
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, source.replace(/^(\s*)@(inline|lazy|unmanaged)$/gm, '$1//@@$2'))
  }
  formatCopies()
  for (const name of names) {
    const path = join(root, 'assembly', name)
    const formatted = readFileSync(join(copies, name), 'utf8').replace(/^(\s*)\/\/@@/gm, '$1@')
    if (formatted === readFileSync(path, 'utf8')) continue
    if (check) {
      console.error(`assembly/${name}: not formatted; run \`npm run format\``)
      process.exitCode = 1
    } else writeFileSync(path, formatted)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(copies, { recursive: true, force: true })
}
