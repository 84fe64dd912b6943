import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import t from 'tap'

const root = fileURLToPath(new URL('../../..', import.meta.url))

for (const name of ['custom', 'data', 'graphs', 'tables']) {
  t.test(`the program of docs/${name}.md prints what the page says`, (t) => {
    const page = readFileSync(join(root, `docs/${name}.md`), 'utf8')
    const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    const textOf = (wanted: string) =>
      blocks.flatMap(([, language, block]) => (language === wanted ? [block!] : [])).join('')
    const [code, printed] = [textOf('ts'), textOf('')]
    const file = join(root, `build/${name}-page.mjs`)
    t.teardown(() => rmSync(file))
    writeFileSync(file, transformSync(code, { loader: 'ts', format: 'esm' }).code)
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
    t.equal(stderr, '')
    t.equal(stdout, printed)
    t.end()
  })
}
