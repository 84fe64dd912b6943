/** Colours of charts and pages, in light and, by the reader's preference, in dark. */

export const INK = '#1f2328'
export const FAINT = '#59636e'
export const GRID = '#d8dee4'
export const PAPER = '#ffffff'
/** Of what is wrong; readable on both papers. */
export const WRONG = '#d1495b'

/** What stands in dark for each of the light colours; the short white is that of ECharts. */
export const DARK = {
  ...{ [INK]: '#e6edf3', [FAINT]: '#9198a1', [GRID]: '#30363d', [PAPER]: '#0d1117', '#fff': '#0d1117' },
}

/** Style element of an SVG picture: turns light colours into dark ones. */
export const darkStyle = `<style>@media (prefers-color-scheme:dark){${Object.entries(DARK)
  .map(([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`)
  .join('')}}</style>`

/** Text as XML and HTML hold it, in an attribute too. */
export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
