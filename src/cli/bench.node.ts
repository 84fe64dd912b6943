import type { Command } from 'commander'
import { type BenchmarkEngine, benchmarkEngines } from '../benchmark/engines.js'
import {
  type BenchmarkReport,
  benchmarkNotes,
  benchmarkTables,
  describeMachine,
  describeMethod,
  rate,
} from '../benchmark/report.js'
import {
  allBenchmarks,
  type BenchmarkProgress,
  type BenchmarkResult,
  runBenchmarks,
} from '../benchmark/run.js'
import { benchmarkNames, chosen, engines, workloadId } from './bench-options.js'
import { benchProfile } from './bench-profile.node.js'
import { UsageError } from './errors.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { checkOutput, writeOutput } from './files.node.js'
import { duration } from './format.js'
import { catchInterrupt } from './interrupt.node.js'
import { thisMachine } from './machine.node.js'
import { finishUnread, printJson, printLine, printNote } from './output.node.js'
import { number, path, wholeNumber } from './parse.js'
import { Progress } from './progress.node.js'
import { table } from './table.js'

export interface BenchOptions {
  readonly only?: readonly string[]
  readonly engines?: readonly BenchmarkEngine[]
  readonly threads?: number
  readonly windows: number
  readonly seconds: number
  readonly json?: boolean
  readonly svg?: string
  /** True stands for the workload that is profiled by default. */
  readonly profile?: string | true
}

const examples = `
Examples:
  lanegrad bench                                  everything, on every engine that runs here
  lanegrad bench --only training --engines js,simd
  lanegrad bench --only gemm-512,W2,lstm --windows 9 --seconds 0.5
  lanegrad bench --only training --json --svg bench.svg > bench.json
  lanegrad bench --profile W6 --engines simd      where a training step spends its time`

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure how fast each engine is: GEMM, every kernel, whole training steps')
    .option(
      '--only <names>',
      'gemm, kernels, training, or ids such as gemm-512, lstm, W2, separated by commas',
      benchmarkNames,
    )
    .option('--engines <names>', `some of ${benchmarkEngines.join(', ')}, separated by commas`, engines)
    .option(
      '--threads <count>',
      'of the engines with threads (default: as many as the machine offers)',
      wholeNumber(1, 64),
    )
    .option('--windows <number>', 'windows measured of each benchmark on each engine', wholeNumber(1), 5)
    .option(
      '--seconds <seconds>',
      'length of a window of training, or of a profile; all others take a fifth',
      number(0.001),
      0.25,
    )
    .option(
      '--profile [workload]',
      'time each instruction of a training step, of W6 unless another is named',
      workloadId,
    )
    .option('--svg <file>', 'draw the results as bars', path)
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .action(bench)
}

async function bench(options: BenchOptions): Promise<void> {
  if (options.profile !== undefined) {
    if (options.svg !== undefined) throw new UsageError('--svg does not go with --profile.')
    if (options.only !== undefined) throw new UsageError('--only does not go with --profile.')
    await benchProfile(options.profile === true ? 'W6' : options.profile, options)
    return
  }
  const benchmarks = chosen(allBenchmarks(), options.only)
  if (options.svg !== undefined) {
    await checkOutput(options.svg)
    finishUnread()
  }
  const { windows, seconds, threads, json } = options
  const machine = thisMachine()
  const progress = new Progress(1000, '{bar} {percentage}%  {left} left  {id} on {engine}')
  const interrupt = catchInterrupt(() => {
    progress.interrupt(() => printNote('Stopping after this window; Ctrl-C again ends at once.'))
  })
  const say = json ? printNote : printLine
  say(describeMachine(machine))
  say(describeMethod({ windows, seconds }))
  const run = await runBenchmarks({
    ...{ benchmarks, windows, seconds, threads, signal: interrupt.signal },
    engines: options.engines ?? benchmarkEngines,
    onProgress: (at) => progress.update(Math.floor(1000 * at.done), fieldsOf(at)),
    onResult: (result) => {
      if (!progress.isDrawn) printNote(describeResult(result))
    },
  })
  progress.stop()
  interrupt.release()
  const report: BenchmarkReport = { machine, ...run }
  if (json) printJson(report)
  else print(report)
  if (options.svg !== undefined) {
    // Only here, since reading the charts' library takes longer than most commands.
    const { benchmarkCharts, stacked } = await import('../report/benchmark-charts.js')
    await writeOutput(
      options.svg,
      new TextEncoder().encode(stacked('Engines of lanegrad compared', benchmarkCharts(run))),
    )
  }
  if (!run.complete) process.exitCode = ExitCode.Interrupted
}

function fieldsOf({ benchmark, engine, secondsLeft }: BenchmarkProgress): Record<string, string> {
  return { left: duration(secondsLeft), id: benchmark.id, engine }
}

/** A line of a run whose progress is not drawn. */
function describeResult({ id, engines: speeds }: BenchmarkResult): string {
  const figures = Object.entries(speeds).map(([name, speed]) =>
    'error' in speed ? `${name} failed` : `${name} ${rate(speed.median)}`,
  )
  return `${id}: ${figures.join(', ')}`
}

function print(report: BenchmarkReport): void {
  for (const { rows } of benchmarkTables(report)) {
    printLine('', ...table(rows))
  }
  const notes = benchmarkNotes(report)
  if (notes.length > 0) printLine('', ...notes)
}
