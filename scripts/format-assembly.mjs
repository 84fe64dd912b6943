// Formats assembly/*.ts. Biome cannot parse AssemblyScript's decorators on functions, so they are hidden from it
// behind a comment and put back. `--check` only reports.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const check = process.argv.includes('--check')
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')

let unformatted = 0
for (const name of readdirSync(join(root, 'assembly'), { recursive: true })) {
  if (!name.endsWith('.ts')) continue
  const path = join(root, 'assembly', name)
  const source = readFileSync(path, 'utf8')
  // `codes.ts` is listed in biome.json; its name makes the formatter accept this text from standard input.
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [biome, 'format', '--stdin-file-path=assembly/codes.ts'],
    { input: source.replace(/^(\s*)@(inline|lazy|unmanaged)$/gm, '$1//@@$2'), encoding: 'utf8', cwd: root },
  )
  if (status !== 0) {
    console.error(`assembly/${name}: cannot be parsed\n${stderr}`)
    process.exit(1)
  }
  const formatted = stdout.replace(/^(\s*)\/\/@@/gm, '$1@')
  if (formatted === source) continue
  unformatted++
  if (check) console.error(`assembly/${name}: not formatted; run \`npm run format\``)
  else writeFileSync(path, formatted)
}
if (check && unformatted > 0) process.exit(1)
