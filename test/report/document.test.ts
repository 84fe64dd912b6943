import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type Document, toHtml, toMarkdown } from '../../src/report/document.js'
import { openInChromium, withoutChromium } from '../support/chromium.js'
import { temporaryFolder } from '../support/data.js'

t.test('what a page asks for or complains of is found out', { skip: withoutChromium }, async (t) => {
  const folder = await temporaryFolder(t)
  const pages = {
    quiet: '<p>Nothing</p>',
    asking: '<img src="http://127.0.0.1:9/x.png">',
    failing: '<script>nowhere()</script>',
    wide: `<pre>${'x'.repeat(200)}</pre>`,
  }
  const files = Object.keys(pages).map((name) => join(folder, `${name}.html`))
  for (const [i, body] of Object.values(pages).entries()) {
    await writeFile(files[i]!, `<!doctype html><html><body>${body}</body></html>`)
  }
  const { status, lines } = openInChromium(files)
  const [quiet, asking, failing, wide] = files
  const text = lines.join('\n')
  t.ok(lines.includes(`ok ${quiet}`), text)
  t.match(text, `not ok ${asking}\n  asks for http://127.0.0.1:9/x.png`)
  t.match(text, new RegExp(`not ok ${failing}\n.*nowhere is not defined`))
  t.match(text, new RegExp(`not ok ${wide}\\n.*pixels wide on a phone of 390`))
  t.equal(status, 1)
})

t.test('nothing makes a report wider than a phone', { skip: withoutChromium }, async (t) => {
  const long = JSON.stringify({ layers: Array.from({ length: 30 }, () => ({ type: 'dense', units: 10 })) })
  const cells = Array.from({ length: 12 }, () => '0123456789')
  const document: Document = {
    title: long,
    blocks: [
      { type: 'heading', text: long },
      { type: 'text', text: `How: \`${long}\`, ${'x'.repeat(300)}` },
      { type: 'list', items: [long] },
      { type: 'code', text: long },
      { type: 'table', words: 1, head: cells, rows: [cells] },
      { type: 'picture', name: 'wide', title: 'Wide', svg: '<svg width="900" height="20"></svg>' },
    ],
  }
  const file = join(await temporaryFolder(t), 'long.html')
  await writeFile(file, toHtml(document))
  t.same(openInChromium([file]), { status: 0, lines: [`ok ${file}`, ''] })
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
