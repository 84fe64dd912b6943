import { quantity } from '../program/print.js'
import { groups, type Unit } from './benchmark.js'
import { type BenchmarkEngine, engineLabel } from './engines.js'
import type { BenchmarkResult, BenchmarkRun, EngineInfo, Speed } from './run.js'

/** Where a benchmark ran. */
export interface Machine {
  /** Model of the processor; null where the runtime does not tell. */
  readonly cpu: string | null
  readonly cores: number
  /** Name and version, such as "Node 22.1.0". */
  readonly runtime: string
  /** Operating system and architecture. */
  readonly system: string
}

/** A benchmark's outcome with all that is needed to understand it: what `--json` prints. */
export interface BenchmarkReport extends BenchmarkRun {
  readonly machine: Machine
}

/** Results in one unit, as rows of cells below a header. */
export interface BenchmarkTable {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
}

const titles = {
  gemm: 'GEMM',
  kernels: 'kernels',
  training: 'training',
  inference: 'one sample at a time',
} as const

const unitNames: Record<Unit, string> = {
  FLOP: 'FLOP/s',
  elements: 'elements/s',
  samples: 'samples/s',
}

/** One line that names the machine. */
export function describeMachine({ cpu, cores, runtime, system }: Machine): string {
  return [...(cpu ? [cpu] : []), `${cores} ${cores === 1 ? 'core' : 'cores'}`, runtime, system].join(', ')
}

/** What is measured, and how. */
export function describeMethod({ windows, seconds }: Pick<BenchmarkRun, 'windows' | 'seconds'>): string {
  return (
    `medians of ${windows} ${windows === 1 ? 'window' : 'windows'} of ${seconds} s (training) and ${seconds / 5} s (all others), the engines in turn ` +
    'within each; x: times as fast as js, the median over neighbouring windows; spread: half of most minus least, of the noisiest engine'
  )
}

/** The name of an engine above its column: with threads, how many. */
export function engineTitle({ name, threads }: EngineInfo): string {
  return threads > 1 ? `${engineLabel(name)} (${threads})` : engineLabel(name)
}

/** 12345678 as "12.3M". */
export function rate(value: number): string {
  return value < 1000 ? value.toPrecision(3) : quantity(value, '').replace(' ', '')
}

function ratioText(ratio: number): string {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)}x`
}

function cell(speed: Speed | undefined, name: BenchmarkEngine): string {
  if (speed === undefined) return '-'
  if ('error' in speed) return 'failed'
  const { median, ratio } = speed
  return ratio === null || name === 'js' ? rate(median) : `${rate(median)} ${ratioText(ratio)}`
}

/** Half the distance between the fastest and the slowest window as a part of the median, of the noisiest engine. */
function spread({ engines }: BenchmarkResult): string {
  const parts = Object.values(engines).flatMap((speed) =>
    'error' in speed ? [] : [(speed.most - speed.least) / 2 / speed.median],
  )
  return parts.length === 0 ? '-' : `${(100 * Math.max(...parts)).toFixed(0)}%`
}

/** Tables of a run: one for each group and unit. */
export function benchmarkTables({ engines, results }: BenchmarkRun): BenchmarkTable[] {
  const units = Object.keys(unitNames) as Unit[]
  return groups
    .flatMap((group) => units.map((unit) => ({ group, unit })))
    .map(({ group, unit }) => {
      const title = `${titles[group]}, ${unitNames[unit]}`
      const own = results.filter((result) => result.group === group && result.unit === unit)
      const rows = own.map((result) => [
        ...(group === 'training' ? [`${result.id} ${result.title}`] : [result.title]),
        ...engines.map(({ name }) => cell(result.engines[name], name)),
        spread(result),
      ])
      return { title, rows: [[title, ...engines.map(engineTitle), 'spread'], ...rows] }
    })
    .filter(({ rows }) => rows.length > 1)
}

/** What could not be measured and why, a sentence each. */
export function benchmarkNotes({ unavailable, results, complete }: BenchmarkRun): string[] {
  const failures = results.flatMap(({ id, engines }) =>
    Object.entries(engines).flatMap(([name, speed]) =>
      'error' in speed ? [`${id} failed on ${engineLabel(name as BenchmarkEngine)}: ${speed.error}`] : [],
    ),
  )
  return [
    ...unavailable.map(({ name, reason }) => `${engineLabel(name)} does not run here: ${reason}`),
    ...failures,
    ...(complete ? [] : ['Stopped before the end: what was measured until then.']),
  ]
}

/** A report as Markdown: machine, method, tables. */
export function benchmarkMarkdown(report: BenchmarkReport): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const tables = benchmarkTables(report).map(({ rows: [header, ...rows] }) =>
    [line(header!), line(header!.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n'),
  )
  const notes = benchmarkNotes(report).map((note) => `- ${note}`)
  return [
    ...[describeMachine(report.machine), describeMethod(report), ...tables],
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n')
}
