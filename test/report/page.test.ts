import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { experimentOf } from '../../src/experiments/registry.js'
import { runExperiment } from '../../src/experiments/run.js'
import { runTask } from '../../src/experiments/train.js'
import { builtInDigits, createEngine } from '../../src/index.js'
import { type Document, toHtml, toMarkdown } from '../../src/report/document.js'
import { indexOf, reportOf } from '../../src/report/report.js'
import { temporaryFolder } from '../support/data.js'

const script = fileURLToPath(new URL('../../../test/runtimes/report-page.mjs', import.meta.url))
/** Exit code of the script where there is no Chromium. */
const MISSING = 77

const missing = spawnSync(process.execPath, [script]).status === MISSING && 'there is no Chromium here'

t.test('pages open in Chromium without a word or a request', { skip: missing }, async (t) => {
  const folder = await temporaryFolder(t)
  const data = builtInDigits({ train: 40, test: 20 })
  const entries = []
  for (const id of ['own-digits', 'activations']) {
    const experiment = experimentOf(id)
    const { results } = await runExperiment({
      ...{ experiment, data, seeds: 1, limits: { epochs: 0, samples: 1 }, jobs: 1, finished: [] },
      async train(task, events) {
        const engine = await createEngine({ engine: 'simd' })
        return runTask(experiment, task, data, engine, events).finally(() => engine.close())
      },
    })
    entries.push({ experiment, results })
  }
  const context = { command: 'lanegrad reproduce', synthetic: true, complete: true }
  const pages = new Map([
    ...entries.map(({ experiment, results }) => {
      return [experiment.id, toHtml(reportOf(experiment, results, context))] as const
    }),
    ['index', toHtml(indexOf(entries, 'html'))] as const,
  ])
  const asking = '<!doctype html><html><body><img src="http://127.0.0.1:9/x.png"></body></html>'
  const files = [...pages.keys(), 'asking'].map((name) => join(folder, `${name}.html`))
  for (const [i, html] of [...pages.values(), asking].entries()) await writeFile(files[i]!, html)
  const { status, stdout } = spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' })
  const lines = stdout.split('\n')
  for (const file of files.slice(0, -1)) t.ok(lines.includes(`ok ${file}`), stdout)
  t.match(stdout, `not ok ${files.at(-1)}\n  asks for http://127.0.0.1:9/x.png`, 'what asks is found out')
  t.equal(status, 1)
})

t.test('a document says the same as HTML and as Markdown', async (t) => {
  const document: Document = {
    title: 'A <title> & more',
    blocks: [
      { type: 'heading', text: 'Part' },
      { type: 'text', text: 'See `a < b` and [here](there.md).' },
      { type: 'list', items: ['one', '`two`'] },
      { type: 'code', text: 'x < "y"' },
      { type: 'table', words: 1, head: ['name', 'value'], rows: [['a|b', '1']] },
      { type: 'picture', name: 'dot', title: 'A dot', svg: '<svg></svg>' },
    ],
  }
  const html = toHtml(document)
  t.match(html, '<title>A &lt;title&gt; &amp; more</title>')
  t.match(html, '<p>See <code>a &lt; b</code> and <a href="there.md">here</a>.</p>')
  t.match(html, '<li>one</li>\n<li><code>two</code></li>')
  t.match(html, '<pre>x &lt; &quot;y&quot;</pre>')
  t.match(html, '<td class="word">a|b</td><td>1</td>')
  t.match(html, '<svg></svg>')
  const { text, pictures } = toMarkdown(document, 'folder')
  t.equal(
    text,
    '# A <title> & more\n\n## Part\n\nSee `a < b` and [here](there.md).\n\n- one\n- `two`\n\n```\nx < "y"\n```\n\n| name | value |\n| --- | ---: |\n| a\\|b | 1 |\n\n![A dot](folder/dot.svg)\n',
  )
  t.same([...pictures], [['dot.svg', '<svg></svg>\n']])
})
