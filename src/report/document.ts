/** A report as blocks, and as one HTML file or as Markdown with its pictures beside it. */
import { DARK, escaped, FAINT, GRID, INK, PAPER } from './theme.js'

/** In texts, items and cells `code` and [links](target) are marked as in Markdown. */
export type Block =
  | { readonly type: 'heading' | 'text' | 'code'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly string[] }
  | Table
  | { readonly type: 'picture'; readonly name: string; readonly title: string; readonly svg: string }

export interface Table {
  readonly type: 'table'
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns of words, from the left; the others are numbers. */
  readonly words: number
}

export interface Document {
  readonly title: string
  readonly blocks: readonly Block[]
}

/** One page that needs nothing else: no network, no script. */
export function toHtml({ title, blocks }: Document): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
<main>
<h1>${escaped(title)}</h1>
${blocks.map(blockAsHtml).join('\n')}
</main>
</html>
`
}

const pageStyle = `
:root { color-scheme: light dark }
body { margin: 0; background: ${PAPER}; color: ${INK}; font: 16px/1.5 Helvetica, Arial, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; overflow-wrap: anywhere }
table { overflow-wrap: normal }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; border-bottom: 1px solid ${GRID}; text-align: right; vertical-align: top }
th.word, td.word { text-align: left } th { color: ${FAINT}; font-weight: 600 }
.wide { overflow-x: auto } svg { max-width: 100%; height: auto }
code, pre { font: .85em/1.45 ui-monospace, Menlo, Consolas, monospace }
pre { padding: .7rem .9rem; border: 1px solid ${GRID}; border-radius: 6px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
a { color: #3b82c4 }
@media (max-width: 48rem) { svg { max-width: max(100%, 40rem) } }
@media (prefers-color-scheme: dark) {
body { background: ${DARK[PAPER]}; color: ${DARK[INK]} } th { color: ${DARK[FAINT]} }
th, td, pre { border-color: ${DARK[GRID]} }
}
`

function blockAsHtml(block: Block): string {
  switch (block.type) {
    case 'heading':
      return `<h2>${inline(block.text)}</h2>`
    case 'text':
      return `<p>${inline(block.text)}</p>`
    case 'code':
      return `<pre>${escaped(block.text)}</pre>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}</ul>`
    case 'picture':
      return `<figure class="wide" style="margin:0 0 1.2rem">\n${block.svg}\n</figure>`
    case 'table': {
      const row = (cells: readonly string[], tag: 'td' | 'th') =>
        `<tr>${cells.map((cell, i) => `<${tag}${i < block.words ? ' class="word"' : ''}>${inline(cell)}</${tag}>`).join('')}</tr>`
      const body = block.rows.map((cells) => row(cells, 'td')).join('\n')
      return `<div class="wide"><table><thead>${row(block.head, 'th')}</thead>\n<tbody>${body}</tbody></table></div>`
    }
  }
}

function inline(text: string): string {
  return escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, '<a href="$2">$1</a>')
}

/**
 * The same as Markdown.
 *
 * @param folder of the pictures, beside the file
 * @returns the text, and each picture by its name in that folder
 */
export function toMarkdown(
  { title, blocks }: Document,
  folder: string,
): { text: string; pictures: ReadonlyMap<string, string> } {
  const pictures = new Map<string, string>()
  const parts = blocks.map((block) => {
    if (block.type === 'picture') pictures.set(`${block.name}.svg`, `${block.svg}\n`)
    return blockAsMarkdown(block, folder)
  })
  return { text: `${[`# ${title}`, ...parts].join('\n\n')}\n`, pictures }
}

function blockAsMarkdown(block: Block, folder: string): string {
  switch (block.type) {
    case 'heading':
      return `## ${block.text}`
    case 'text':
      return block.text
    case 'code':
      return `\`\`\`\n${block.text}\n\`\`\``
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n')
    case 'picture':
      return `![${block.title}](${folder}/${block.name}.svg)`
    case 'table': {
      const row = (cells: readonly string[]) =>
        `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
      const line = block.head.map((_, i) => (i < block.words ? '---' : '---:'))
      return [row(block.head), row(line), ...block.rows.map(row)].join('\n')
    }
  }
}
