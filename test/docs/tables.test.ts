import { spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { executable } from '../cli/run-cli.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The table that the page asks about. */
const found = `bill_length_mm,bill_depth_mm,flipper_length_mm,sex,species,island
39.5,17.4,186,female,Adelie,Torgersen
50.0,16.3,230,male,Gentoo,Biscoe
`

/** Words of a line as a shell takes them, of those that the page has. */
const wordsOf = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)

/** The lines that are shown are printed in this order, others between them where the page has three dots. */
function differs(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0
  let skips = false
  for (const line of shown) {
    if (line === '...') skips = true
    else {
      const next = skips ? printed.indexOf(line, at) : at
      if (next < 0 || printed[next] !== line) return `'${line}', found '${printed[at]}'`
      at = next + 1
      skips = false
    }
  }
  return skips || at === printed.length ? undefined : `the end, found '${printed[at]}'`
}

t.test('the commands of docs/tables.md print what the page says', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lanegrad-tables-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await copyFile(join(root, 'examples/tables/penguins.csv'), join(folder, 'penguins.csv'))
  await writeFile(join(folder, 'found.csv'), found)
  const page = await readFile(join(root, 'docs/tables.md'), 'utf8')
  const commands = [...page.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block]) =>
    block!.split(/^\$ lanegrad /m).slice(1),
  )
  t.ok(commands.length >= 6, `${commands.length} commands`)
  for (const command of commands) {
    const [line, ...shown] = command.trimEnd().split('\n')
    const ran = spawnSync(process.execPath, [executable, ...wordsOf(line!)], {
      cwd: folder,
      encoding: 'utf8',
    })
    t.equal(ran.status, 0, ran.stderr)
    t.equal(differs(shown, `${ran.stderr}${ran.stdout}`.trimEnd().split('\n')), undefined, line)
  }
})
