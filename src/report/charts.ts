/**
 * Charts as SVG text: the same text for the same data, in Node and in browsers. ECharts lays them out and draws them.
 * Every picture brings its own background and follows a reader's preference for light or dark.
 */
import { BarChart, CustomChart, HeatmapChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent, VisualMapComponent } from 'echarts/components'
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { darkStyle, escaped, FAINT, GRID, INK, PAPER } from './theme.js'

export interface ChartOptions {
  readonly title?: string
  /** Pixels; 720 by default. */
  readonly width?: number
  /** Pixels; 400 by default. */
  readonly height?: number
}

export interface Axis {
  readonly title?: string
  /** Logarithmic, with marks at the powers of 10, or of another number. */
  readonly log?: boolean | number
  /** Where the axis ends; by default where the data do. */
  readonly min?: number
  readonly max?: number
}

export interface LineSeries {
  readonly name: string
  /** [x, y], x rising; a y of null interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number | null])[]
  /** [x, lowest, highest], x rising: shaded behind the line, as the spread of several seeds. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[]
  readonly dashed?: boolean
  /** Marks every point; by default only where there are no more than two. */
  readonly marks?: boolean
  /** Number of its colour; series of one colour belong together. By default each has a colour of its own. */
  readonly colour?: number
}

export interface LineChartOptions extends ChartOptions {
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly LineSeries[]
}

export interface BarSeries {
  readonly name: string
  /** [categories]; null leaves a gap. */
  readonly values: readonly (number | null)[]
  /** [categories] lowest and highest of each, drawn as an error bar; null for none. */
  readonly spread?: readonly (readonly [low: number, high: number] | null)[]
  readonly colour?: number
}

export interface BarChartOptions extends ChartOptions {
  readonly categories: readonly string[]
  readonly x?: Pick<Axis, 'title'>
  readonly y: Axis
  readonly series: readonly BarSeries[]
  /** Text above each bar; none by default. */
  readonly label?: (value: number) => string
}

export interface HeatMapOptions extends ChartOptions {
  /** Names, from the top. */
  readonly rows: readonly string[]
  /** Names, from the left. */
  readonly columns: readonly string[]
  readonly rowTitle?: string
  readonly columnTitle?: string
  /** [rows, columns] row-major, from 0 up; shown in the cells. */
  readonly counts: ArrayLike<number>
}

use([
  ...[LineChart, BarChart, HeatmapChart, CustomChart, SVGRenderer],
  ...[GridComponent, LegendComponent, TitleComponent, VisualMapComponent],
])

const FONT = 12
const FAMILY = 'Helvetica, Arial, sans-serif'
/** Width of a text in a sans-serif font, a little more than in Helvetica: others stand in for it. */
function widthOf(text: string, size: number): number {
  const widths = Array.from(text, (letter) => {
    if (/[ijl.,:;'|!]/.test(letter)) return 0.28
    if (/[frt()[\]{}/\- ]/.test(letter)) return 0.36
    if (/[mwMW%@\u2014]/.test(letter)) return 0.9
    return /[A-Z]/.test(letter) ? 0.71 : 0.6
  })
  return size * widths.reduce((sum, width) => sum + width, 0)
}

/** Layout must not hang on the fonts and the canvas of the place where it is worked out. */
setPlatformAPI({
  measureText: (text, font = '') => ({
    width: widthOf(text, Number(/([\d.]+)px/.exec(font)?.[1] ?? FONT)),
  }),
})

/** Readable on light and on dark paper. */
const COLOURS = [
  ...['#3b82c4', '#e0762f', '#2f9e6e', '#c8508f', '#8f7ee7', '#b8912a', '#4aa8b8', '#d4554f'],
  ...['#7a9a3a', '#a26a4a', '#6f7f95', '#b06fcf', '#3fae9a', '#cf8a5b'],
]
/** From no samples to the most, so that black and white text can be told from them. */
const HEAT = ['#f6f8fb', '#c9dcf0', '#7fb0dc', '#2f74b5', '#123f73']

const colourOf = (number: number) => COLOURS[number % COLOURS.length]!

/** Several lines over one pair of axes. */
export function lineChart({ series, x, y, ...options }: LineChartOptions): string {
  const colours = series.map(({ colour }, i) => colourOf(colour ?? i))
  const bands = series.flatMap(({ band }, i) => (band ? [bandSeries(band, colours[i]!)] : []))
  return draw(options, {
    ...frame(
      options,
      series.map(({ name }) => name),
      y,
    ),
    xAxis: valueAxis(x, 'x'),
    yAxis: valueAxis(y, 'y'),
    series: [
      ...bands,
      ...series.map(({ name, points, dashed, marks }, i) => ({
        ...{ type: 'line', name, data: points, color: colours[i], z: 3 },
        ...{
          showSymbol: marks ?? points.length < 3,
          symbol: dashed ? 'emptyCircle' : 'circle',
          symbolSize: 5,
        },
        lineStyle: { width: 2, type: dashed ? [5, 4] : 'solid' },
      })),
    ],
  })
}

function bandSeries(band: NonNullable<LineSeries['band']>, colour: string) {
  return {
    ...{ type: 'custom', data: band, encode: { x: 0, y: [1, 2] }, silent: true, z: 1, clip: true },
    renderItem({ dataIndex }: { dataIndex: number }, api: { coord(point: readonly number[]): number[] }) {
      if (dataIndex > 0) return null
      const upper = band.map(([x, , high]) => api.coord([x, high]))
      const lower = band.map(([x, low]) => api.coord([x, low])).reverse()
      return {
        type: 'polygon',
        shape: { points: [...upper, ...lower] },
        style: { fill: colour, opacity: 0.18 },
      }
    },
  }
}

/** Groups of bars, a group for each category. */
export function barChart({ series, categories, x = {}, y, label, ...options }: BarChartOptions): string {
  const colours = series.map(({ colour }, i) => colourOf(colour ?? i))
  const spreads = series.flatMap(({ spread }, i) =>
    spread ? [spreadSeries(series[i]!, spread, i, series.length, label)] : [],
  )
  return draw(options, {
    ...frame(
      options,
      series.map(({ name }) => name),
      y,
    ),
    xAxis: {
      ...{ type: 'category', data: categories, name: x.title, nameLocation: 'middle', nameGap: 28 },
      ...{ axisTick: { show: false }, axisLine: { lineStyle: { color: FAINT } } },
      axisLabel: {
        color: INK,
        fontSize: FONT,
        interval: 0,
        overflow: 'break',
        width: room(options, categories),
      },
      nameTextStyle: { color: INK, fontSize: FONT },
    },
    yAxis: valueAxis(y, 'y'),
    series: [
      ...series.map(({ name, values, spread }, i) => ({
        ...{ type: 'bar', name, data: values, color: colours[i], ...BARS },
        label: {
          ...{ show: label !== undefined, position: 'top', distance: 4, color: INK, fontSize: 11 },
          formatter: ({ value, dataIndex }: { value: number; dataIndex: number }) =>
            spread?.[dataIndex] ? '' : (label?.(value) ?? ''),
        },
      })),
      ...spreads,
    ],
  })
}

/** How bars share the width of a category; error bars are placed by the same numbers. */
const BARS = { barCategoryGap: '28%', barGap: '8%' }

/** Pixels for the name of a category. */
function room({ width = 720 }: ChartOptions, categories: readonly string[]): number {
  return (width - 90) / categories.length - 6
}

/** Error bars, with their bars' labels above them. */
function spreadSeries(
  { values }: BarSeries,
  spread: NonNullable<BarSeries['spread']>,
  index: number,
  count: number,
  label: BarChartOptions['label'],
) {
  interface Api {
    coord(point: readonly number[]): [number, number]
    size(lengths: readonly number[]): [number, number]
  }
  return {
    ...{ type: 'custom', silent: true, z: 4, encode: { x: 0, y: [1, 2] } },
    data: spread.map((range, i) => [i, ...(range ?? [null, null])]),
    renderItem({ dataIndex }: { dataIndex: number }, api: Api) {
      const range = spread[dataIndex]
      if (!range) return null
      const group = api.size([1, 0])[0] * 0.72
      const bar = group / (count + 0.08 * (count - 1))
      const ends = range.map((value) => api.coord([dataIndex, value]))
      const middle = ends[0]![0] - group / 2 + bar * (1.08 * index + 0.5)
      const half = Math.min(6, bar / 3)
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        ...{ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: INK, lineWidth: 1.5 } },
      })
      const [low, high] = [ends[0]![1], ends[1]![1]]
      const text = label?.(values[dataIndex] ?? Number.NaN) ?? ''
      const style = { text, fill: INK, fontSize: 11, align: 'center', verticalAlign: 'bottom' }
      return {
        type: 'group',
        children: [
          line(middle, low, middle, high),
          ...[low, high].map((y) => line(middle - half, y, middle + half, y)),
          { type: 'text', x: middle, y: high - 4, style },
        ],
      }
    },
  }
}

/** A table of counts, such as a confusion matrix; colours go by the logarithm, so that single errors can be seen. */
export function heatMap(map: HeatMapOptions): string {
  const { rows, columns, counts, rowTitle, columnTitle, ...given } = map
  const options = { width: 60 + 44 * columns.length, height: 90 + 34 * rows.length, ...given }
  const values = Array.from(counts)
  const shade = (count: number) => Math.log1p(count)
  const most = Math.max(shade(1), ...values.map(shade))
  const names = (data: readonly string[], name: string | undefined, nameGap: number) => ({
    ...{ type: 'category', data, name, nameLocation: 'middle', nameGap },
    nameTextStyle: { color: INK, fontSize: FONT },
    axisLabel: { color: INK, fontSize: FONT, interval: 0 },
    ...{ axisLine: { show: false }, axisTick: { show: false } },
  })
  const label = (color: string) => ({ show: true, color, fontSize: 11 })
  return draw(options, {
    ...heading(options),
    grid: { left: 56, right: 14, top: options.title ? 38 : 14, bottom: 50 },
    xAxis: names(columns, columnTitle, 28),
    yAxis: { ...names(rows, rowTitle, 34), inverse: true },
    visualMap: { show: false, min: 0, max: most, dimension: 2, inRange: { color: HEAT } },
    series: {
      type: 'heatmap',
      itemStyle: { borderColor: PAPER, borderWidth: 1 },
      data: values.map((count, i) => ({
        value: [i % columns.length, Math.floor(i / columns.length), shade(count), count],
        label: label(shade(count) > 0.6 * most ? '#fefefe' : '#101418'),
      })),
      label: { formatter: ({ value }: { value: number[] }) => (value[3] === 0 ? '' : String(value[3])) },
    },
  })
}

function heading({ title }: ChartOptions) {
  const textStyle = { color: INK, fontSize: 15, fontWeight: 'bold' }
  return title ? { title: { text: title, left: 12, top: 8, textStyle } } : {}
}

function frame(options: ChartOptions, names: readonly string[], y: Axis) {
  const top = options.title ? 38 : 12
  const { width = 720 } = options
  const lines = names.length > 1 ? legendLines(names, width - 40) : 0
  return {
    ...heading(options),
    legend: {
      ...{ show: lines > 0, top, left: 12, right: 12, itemGap: GAP, itemWidth: 26, itemHeight: 10 },
      ...{ data: [...names], textStyle: { color: INK, fontSize: FONT } },
    },
    grid: { left: y.title ? 62 : 48, right: 24, top: top + 20 * lines + 12, bottom: 50 },
  }
}

const GAP = 14

/** How many lines ECharts breaks a legend into. */
function legendLines(names: readonly string[], width: number): number {
  let [lines, used] = [1, 0]
  for (const name of names) {
    const item = 32 + GAP + widthOf(name, FONT)
    if (used > 0 && used + item > width) [lines, used] = [lines + 1, 0]
    used += item
  }
  return lines
}

function valueAxis({ title, log = false, min, max }: Axis, direction: 'x' | 'y') {
  return {
    ...{ type: log ? 'log' : 'value', ...(typeof log === 'number' && { logBase: log }) },
    ...{ name: title, nameLocation: 'middle' },
    nameGap: direction === 'x' ? 28 : 44,
    ...{ min: min ?? (direction === 'x' && !log ? 'dataMin' : undefined), max, scale: true },
    nameTextStyle: { color: INK, fontSize: FONT },
    axisLabel: { color: INK, fontSize: FONT, hideOverlap: true },
    axisLine: { show: direction === 'x', lineStyle: { color: FAINT } },
    splitLine: { show: direction === 'y', lineStyle: { color: GRID } },
  }
}

function draw(
  { width = 720, height = 400, title = 'chart' }: ChartOptions,
  option: EChartsCoreOption,
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({
      ...{ animation: false, backgroundColor: PAPER, ...option },
      textStyle: { fontFamily: FAMILY },
    })
    return finish(chart.renderToSVGString({ useViewBox: true }), title)
  } finally {
    chart.dispose()
  }
}

/** What ECharts adds for pages that go on with a picture, and what makes two drawings of one picture differ. */
const SURPLUS =
  / ecmeta_\w+="[^"]*"| class="[^"]*"| pointer-events="[^"]*"| baseProfile="[^"]*"|\n?<style ?>.*?<\/style>/gs

/** Cleans a picture, gives its parts names that are its own among many in one page, and adds the dark colours. */
function finish(svg: string, title: string): string {
  const plain = svg
    .replace(SURPLUS, '')
    .replaceAll(`font-family:${FAMILY};`, '')
    .replace(/\bzr\d+-/g, 'zr-')
  const named = plain.replace(/\bzr-/g, `c${hash(plain)}-`)
  return named
    .replace(/^<svg[^>]*>/, (tag) =>
      [
        `${tag.slice(0, -1)} font-family="${FAMILY}" role="img" aria-label="${escaped(title)}">`,
        darkStyle,
      ].join('\n'),
    )
    .trimEnd()
}

/** FNV-1a over the characters, as eight hexadecimal digits. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return (value >>> 0).toString(16).padStart(8, '0')
}
