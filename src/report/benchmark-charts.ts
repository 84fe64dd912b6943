import { type Group, groups } from '../benchmark/benchmark.js'
import { engineTitle, rate } from '../benchmark/report.js'
import type { BenchmarkResult, BenchmarkRun } from '../benchmark/run.js'
import { type BarSeries, barChart } from './charts.js'
import { escaped } from './theme.js'

/** Pixels that the bars of a benchmark need, and how many benchmarks stand side by side at most, and where room is short. */
const ROOM = 90
const MOST = 10
const FEW = 3
/** Pixels between charts below each other. */
const GAP = 16

const titles: Record<Group, string> = {
  ...{ gemm: 'GEMM', kernels: 'Kernels', training: 'Training steps' },
  inference: 'One sample at a time',
}

/**
 * Bars of how many times as fast as `js` each engine is, or its speed where `js` was not measured: SVG texts of
 * `width` pixels, one for every few benchmarks of a group.
 */
export function benchmarkCharts(run: BenchmarkRun, width = 960): string[] {
  return groups.flatMap((group) => {
    const results = run.results.filter((result) => result.group === group)
    const charts = Math.ceil(results.length / Math.max(FEW, Math.min(MOST, Math.floor(width / ROOM))))
    const size = Math.ceil(results.length / charts)
    return Array.from({ length: charts }, (_, i) =>
      chartOf(titles[group], results.slice(i * size, (i + 1) * size), run, width),
    )
  })
}

function chartOf(
  title: string,
  results: readonly BenchmarkResult[],
  { engines }: BenchmarkRun,
  width: number,
): string {
  const measured = engines.some(({ name }) => name === 'js')
  const series = engines.map((engine): BarSeries => {
    const speeds = results.map((result) => result.engines[engine.name])
    const value = (speed: (typeof speeds)[number]) =>
      speed === undefined || 'error' in speed ? null : measured ? speed.ratio : speed.median
    return { name: engineTitle(engine), values: speeds.map(value) }
  })
  return barChart({
    ...{ title: `${title}: ${measured ? 'times as fast as js' : 'a second'}`, width, height: 360 },
    categories: results.map(({ id }) => id),
    ...{ y: { min: 0 }, series },
    ...(engines.length * results.length * 44 <= width ? { label: measured ? times : rate } : {}),
  })
}

const times = (ratio: number) => `${ratio.toPrecision(2)}x`

/** Pictures below each other in one, of this name for those who cannot see it. */
export function stacked(title: string, charts: readonly string[]): string {
  const sizes = charts.map((chart) => {
    const [, width = '0', height = '0'] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(chart) ?? []
    return { width: Number(width), height: Number(height) }
  })
  let top = 0
  const placed = charts.map((chart, i) => {
    const { width, height } = sizes[i]!
    const at = `<svg x="0" y="${top}" width="${width}" height="${height}"`
    top += height + GAP
    return chart.replace(/<svg( width="[^"]*")?( height="[^"]*")?/, at)
  })
  const width = Math.max(0, ...sizes.map((size) => size.width))
  const height = Math.max(0, top - GAP)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    ...placed,
    '</svg>',
  ].join('\n')
}
