import { join } from 'node:path'
import type { Command } from 'commander'
import { isRelaxed } from '../engine/engine.js'
import { configurationOf, type Experiment } from '../experiments/experiment.js'
import { experimentOf, experiments, suggest, UnknownNameError } from '../experiments/registry.js'
import {
  estimate,
  isReported,
  isResultOf,
  nameOf,
  quickLimits,
  type RunResult,
  sharedResult,
} from '../experiments/results.js'
import { runExperiment, tasksOf } from '../experiments/run.js'
import { lineTitleOf, shortenings } from '../experiments/titles.js'
import { addSourceOptions, type DataChoice, type LoadedData } from './data-options.js'
import { addEngineOption, type EngineChoice } from './engine-options.js'
import { UsageError } from './errors.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { counted, duration, percent } from './format.js'
import { catchInterrupt } from './interrupt.node.js'
import { loadWithProgress } from './load.node.js'
import { finishUnread, printLine, printNote } from './output.node.js'
import { names, path, wholeNumber } from './parse.js'
import { Interval, Progress } from './progress.node.js'
import type { StudyFolder } from './reproduce-files.node.js'
import { WorkerPool } from './reproduce-pool.node.js'
import { trainTask } from './reproduce-task.node.js'
import { table } from './table.js'

interface ReproduceOptions extends Omit<DataChoice, 'data'>, EngineChoice {
  readonly quick?: boolean
  readonly seeds: number
  readonly jobs: number
  readonly only?: readonly string[]
  readonly out: string
  readonly train: boolean
}

const examples = `
Examples:
  lanegrad reproduce                              what there is
  lanegrad reproduce lstm-units --quick           a minute in place of the full run
  lanegrad reproduce mlp-width-depth --seeds 3 --jobs 2
  lanegrad reproduce patch-rnn --only rnn,lstm,gru
  lanegrad reproduce all --out docs/studies       everything, which takes a night

A run that was stopped goes on when the same is typed again, with at most half a minute and an epoch to do over.
Without --limit and --quick, experiments are run exactly as the studies describe them.`

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .argument('[ids...]', "experiments, or 'all'; without any, a list of them")
    .description('run the experiments of five published studies, and report beside their numbers')
    .option('--quick', 'a minute or so: fewer epochs, or fewer samples, which the report says')
    .option('--seeds <number>', 'train each configuration so many times', wholeNumber(1, 100), 1)
    .option('--jobs <number>', 'trainings side by side, each on one thread', wholeNumber(1, 256), 1)
    .option('--only <names>', 'only these configurations, separated by commas', names)
    .option('--out <folder>', 'where results and reports are kept', path, 'studies')
    .option('--no-train', 'train nothing: draw the reports of what is there')
  addSourceOptions(command)
  addEngineOption(command)
  command.addHelpText('after', `${examples}\n${exitCodeHelp}`).action(reproduce)
}

async function reproduce(ids: readonly string[], options: ReproduceOptions): Promise<void> {
  if (ids.length === 0) {
    printLine(...list())
    return
  }
  if (options.jobs > 1 && (options.threads ?? 1) > 1) {
    throw new UsageError('--threads does not go with --jobs, whose trainings have one thread each.')
  }
  const chosen = ids.includes('all') ? experiments : ids.map(named)
  for (const experiment of chosen) checkOnly(experiment, options.only)
  // Charts come with a large library, which is not loaded before it is needed.
  const { StudyFolder } = await import('./reproduce-files.node.js')
  const folder = await StudyFolder.open(options.out)
  finishUnread()
  const data = await loadWithProgress({ ...options, data: 'mnist' })
  const interrupt = catchInterrupt(() =>
    printNote(
      'Stopping; what is finished is kept, and of the rest all but half a minute or an epoch. Ctrl-C again ends at once.',
    ),
  )
  const pool =
    options.jobs > 1
      ? new WorkerPool(options.jobs, { engine: 'simd', ...sourceOf(options), ...engineOf(options) })
      : null
  try {
    for (const experiment of chosen) {
      await runOne(experiment, data, folder, options, pool, interrupt.signal)
      if (interrupt.signal.aborted) break
    }
  } finally {
    pool?.close()
    interrupt.release()
  }
  if (interrupt.signal.aborted) process.exitCode = ExitCode.Interrupted
}

function named(id: string): Experiment {
  try {
    return experimentOf(id)
  } catch (error) {
    throw error instanceof UnknownNameError ? new UsageError(error.message) : error
  }
}

function checkOnly({ id, configurations }: Experiment, only: readonly string[] | undefined): void {
  const names = configurations.map(({ id }) => id)
  const unknown = only?.find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new UsageError(`--only: ${id} has no configuration '${unknown}'; ${suggest(unknown, names)}`)
}

const sourceOf = ({ dataDir, download, limit }: ReproduceOptions) => ({
  ...{ data: 'mnist' as const, download },
  ...(dataDir !== undefined && { dataDir }),
  ...(limit !== undefined && { limit }),
})

const engineOf = ({ engine }: EngineChoice) => (engine === undefined ? {} : { engine })

async function runOne(
  experiment: Experiment,
  data: LoadedData,
  folder: StudyFolder,
  options: ReproduceOptions,
  pool: WorkerPool | null,
  signal: AbortSignal,
): Promise<void> {
  const { seeds, jobs, only, quick } = options
  const limits = quick ? quickLimits(experiment) : null
  const relaxed = options.engine !== undefined && isRelaxed(options.engine)
  const saved = await folder.read(experiment)
  const tasks = tasksOf({ experiment, seeds, limits, relaxed, ...(only && { only }) })
  const isOurs = (result: RunResult) => tasks.some((task) => isResultOf(result, task, data))
  const trained = saved.filter(isOurs)
  const elsewhere = await folder.readOthers(experiment)
  const shared = tasks
    .filter((task) => !trained.some((result) => isResultOf(result, task, data)))
    .flatMap((task) => sharedResult(experiment, task, data, elsewhere) ?? [])
  const finished = [...trained, ...shared]
  // Nothing that was saved is lost, but a report shows only what was trained alike.
  const kept = saved.filter((result) => !isOurs(result))
  const conditions = { limits, relaxed, data: nameOf(data) }
  const [others, apart] = parted(kept, (result) => isReported(result, experiment, conditions))
  printLine(`${experiment.id}: ${experiment.shows}`)
  const short = shortenings(
    tasks.map(({ configuration }) => configuration),
    conditions,
  )
  if (short) printLine(`  shortened: ${short}`)
  const waiting = tasks.filter((task) => !finished.some((result) => isResultOf(result, task, data)))
  const begun = await folder.begun(waiting, data)
  printLine(
    `  ${counted(tasks.length, 'training')}${finished.length > 0 ? `, ${finished.length} of them done before` : ''}${begun > 0 ? `, ${begun} begun` : ''}`,
  )
  if (shared.length > 0) await folder.write(experiment, [...finished, ...kept])
  const progress = new Progress(1000, '{bar} {percentage}%  {done}  {left} left  {current}')
  const plain = new Interval(60)
  const started = performance.now()
  const { complete, results } = await runExperiment({
    ...{ experiment, data, seeds, limits, relaxed, jobs, finished, ...(only && { only }) },
    signal: options.train ? signal : AbortSignal.abort(),
    train(task, events) {
      const file = folder.checkpointOf(task, data)
      return pool ? pool.train(task, file, events) : trainTask(task, data, options, file, events)
    },
    async onResult(result, all, task) {
      await folder.write(experiment, [...all, ...kept])
      await folder.forget(task, data)
      const title = lineTitleOf(configurationOf(experiment, result.configuration), result)
      const { accuracy } = result.test
      progress.interrupt(() =>
        printLine(
          `  ${title}, seed ${result.seed}: test accuracy ${percent(accuracy)}, ${duration(result.seconds)}, SHA-256 ${result.sha256.slice(0, 16)}`,
          ...(result.failure ? [`    ended early: ${result.failure}`] : []),
        ),
      )
    },
    onProgress({ share, left, done, tasks, current }) {
      const fields = {
        ...{ done: `${done}/${tasks}`, left: duration(left) },
        current: current.map(({ label, seed }) => `${label} (${seed})`).join(' | '),
      }
      progress.update(share * 1000, fields)
      if (progress.isDrawn || !plain.isDue()) return
      printLine(`  ${Math.floor(100 * share)}%  ${fields.done}  ${fields.left} left  ${fields.current}`)
    },
  }).finally(() => progress.stop())
  const reported = [...results, ...others]
  if (reported.length === 0) {
    printLine(`  no training of it is finished yet${apart.length > 0 ? ' with these options' : ''}`)
    return
  }
  await folder.write(experiment, [...reported, ...apart])
  await folder.report(experiment, reported, {
    ...{ command: commandsOf(experiment, reported, options), complete, synthetic: data.train.synthetic },
  })
  await folder.index()
  const took = duration((performance.now() - started) / 1000)
  printLine(
    `  ${complete ? 'done' : options.train ? 'stopped' : 'drawn'} after ${took}; report: ${join(folder.path, experiment.id)}.html`,
  )
}

/** Those for which it is so, and the rest. */
function parted<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))]
}

/** What is to be typed to train these results again, without the places of files: a line for each number of seeds. */
function commandsOf(
  { id, configurations }: Experiment,
  results: readonly RunResult[],
  { quick, limit, engine }: ReproduceOptions,
): string {
  const others = [
    ...(quick ? ['--quick'] : []),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
  ]
  const seedsOf = (id: string) =>
    Math.max(0, ...results.filter(({ configuration }) => configuration === id).map(({ seed }) => seed))
  const ids = configurations.map(({ id }) => id)
  const seeds = [...new Set(ids.map(seedsOf))].filter((count) => count > 0).sort((a, b) => a - b)
  const lines = seeds.map((count) => {
    const trained = ids.filter((id) => seedsOf(id) >= count)
    return [
      ...[`lanegrad reproduce ${id}`, ...(count > 1 ? [`--seeds ${count}`] : [])],
      ...(trained.length < ids.length ? [`--only ${trained.join(',')}`] : []),
      ...others,
    ].join(' ')
  })
  return lines.join('\n') || `lanegrad reproduce ${id}`
}

function list(): string[] {
  const rows = experiments.map((experiment) => {
    const { id, study, configurations, shows } = experiment
    const seconds = configurations.reduce((sum, configuration) => sum + estimate(configuration, null), 0)
    return [id, study.letter, counted(configurations.length, 'training'), minutes(seconds), shows]
  })
  const total = experiments
    .flatMap(({ configurations }) => configurations)
    .reduce((sum, configuration) => sum + estimate(configuration, null), 0)
  const studies = [...new Map(experiments.map(({ study }) => [study.letter, study])).values()]
  return [
    ...table([['experiment', 'study', '', 'time', 'what it shows'], ...rows], 5),
    '',
    ...studies.map(({ letter, title, author }) => `${letter}  ${author}, "${title}"`),
    '',
    `Times are those of one thread with one seed; all experiments: about ${minutes(total)}. With --quick each takes a minute or so.`,
  ]
}

function minutes(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.floor(seconds + 0.5))} s`
  const whole = Math.floor(seconds / 60 + 0.5)
  return whole < 90 ? `${whole} min` : `${(seconds / 3600).toFixed(1)} h`
}
