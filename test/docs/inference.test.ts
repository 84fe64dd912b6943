import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import t from 'tap'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = readFileSync(join(root, 'docs/inference.md'), 'utf8')

/** What each program of the page has in the end. */
const ends = [
  ['probabilities.length', '10'],
  ['scores.length === 64 && JSON.stringify(predictor.state) === session', 'true'],
  ['features.length', '64'],
] as const

t.test('the programs of docs/inference.md do what the page says', (t) => {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
  t.equal(blocks.length, ends.length)
  const file = join(root, 'build/inference-page.mjs')
  t.teardown(() => rmSync(file))
  for (const [i, [expression, expected]] of ends.entries()) {
    const code = transformSync(blocks[i]!, { loader: 'ts', format: 'esm' }).code
    writeFileSync(file, `${code}\nconsole.log(${expression})`)
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
    t.equal(stderr, '')
    t.equal(stdout, `${expected}\n`)
  }
  t.end()
})
