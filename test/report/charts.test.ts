import t from 'tap'
import { barChart, heatMap, lineChart } from '../../src/report/charts.js'

const line = () =>
  lineChart({
    title: 'Loss & accuracy <by> "epoch"',
    x: { title: 'epoch' },
    y: { title: 'loss' },
    series: [
      {
        name: 'ours',
        points: [
          [1, 2.5],
          [2, 1.5],
          [3, null],
          [4, 0.5],
        ],
        band: [
          [1, 2, 3],
          [4, 0.4, 0.6],
        ],
      },
      { name: 'published', dashed: true, marks: true, colour: 0, points: [[1, 2.4]] },
    ],
  })

const bars = (label?: (value: number) => string) =>
  barChart({
    categories: ['128', '256'],
    y: { title: 'accuracy', min: 0.9 },
    series: [
      {
        name: 'ours',
        values: [0.92, 0.93],
        spread: [[0.915, 0.955], null],
      },
      { name: 'published', values: [0.91, null] },
    ],
    ...(label && { label }),
  })

const matrix = () =>
  heatMap({
    rows: ['0', '1'],
    columns: ['0', '1'],
    rowTitle: 'label',
    columnTitle: 'predicted',
    counts: [98, 2, 0, 7],
  })

/** The texts that a reader sees. */
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

t.test('a picture is the same text each time, whatever was drawn before', async (t) => {
  for (const draw of [line, bars, matrix]) {
    const first = draw()
    lineChart({ x: {}, y: {}, series: [{ name: 'other', points: [[1, 1]] }] })
    t.equal(draw(), first)
    t.notMatch(first, /zr\d|<script|onload|http(?!:\/\/www\.w3\.org\/(2000\/svg|1999\/xlink))/)
  }
})

t.test('pictures of one page do not share names', async (t) => {
  const names = (svg: string) => [...svg.matchAll(/id="([^"]+)"/g)].map(([, id]) => id)
  const other = lineChart({ x: {}, y: {}, series: [{ name: 'other', points: [[1, 1]] }] })
  t.ok(names(other).length > 0)
  t.same(
    names(line()).filter((name) => names(other).includes(name)),
    [],
  )
})

t.test('a line chart shows its titles, its legend and a line for each series', async (t) => {
  const svg = line()
  t.match(
    svg,
    /^<svg width="720" height="400"[^>]* aria-label="Loss &amp; accuracy &lt;by&gt; &quot;epoch&quot;">/,
  )
  for (const text of ['epoch', 'loss', 'ours', 'published']) t.ok(texts(svg).includes(text), text)
  t.match(svg, /<polygon points="[^"]+" fill="#3b82c4"[^>]* (fill-)?opacity="0.18"/, 'the band')
  t.match(svg, /stroke="#3b82c4"[^>]*stroke-dasharray="5,4"/, 'the published line')
})

t.test('a logarithmic axis has the powers of ten at even distances', async (t) => {
  const svg = lineChart({
    x: { log: true },
    y: { min: 0, max: 1 },
    series: [
      {
        name: 'a',
        points: [
          [1, 0.5],
          [10, 0.5],
          [100, 0.5],
        ],
        marks: true,
      },
    ],
  })
  const at = ['1', '10', '100'].map((text) =>
    Number(new RegExp(`translate\\(([\\d.]+) 358\\)" fill="#1f2328">${text}</text>`).exec(svg)![1]),
  )
  t.ok(Math.abs(at[1]! - at[0]! - (at[2]! - at[1]!)) < 0.5, at.join(' '))
})

t.test('bars show their labels once, those with a spread above their error bars', async (t) => {
  const svg = bars((value) => value.toFixed(3))
  for (const text of ['0.920', '0.930', '0.910', '128', '256']) {
    t.equal(texts(svg).filter((other) => other === text).length, 1, text)
  }
  t.ok(texts(svg).includes('0.95'), 'the axis reaches over the spread')
  t.equal(texts(bars()).includes('0.920'), false)
})

t.test('a heat map shows counts, leaves zeros empty and tells errors from nothing', async (t) => {
  const svg = matrix()
  const shown = texts(svg)
  for (const text of ['98', '2', '7', 'label', 'predicted']) t.ok(shown.includes(text), text)
  t.equal(shown.filter((text) => text === '0').length, 2, 'only the names of row and column')
  const fills = new Set(
    [...svg.matchAll(/<path[^>]* fill="(#[0-9a-f]{6}|rgb[^"]*)"/g)].map(([, fill]) => fill),
  )
  t.ok(fills.size >= 4, [...fills].join(' '))
})
