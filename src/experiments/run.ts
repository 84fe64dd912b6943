/** Runs an experiment: one configuration after another, or several side by side. */
import type { Experiment } from './experiment.js'
import { estimate, isResultOf, type Limits, nameOf, type RunResult, type Task } from './results.js'
import { lineTitleOf } from './titles.js'
import type { Data, TaskEvents } from './train.js'

export interface ExperimentOptions {
  readonly experiment: Experiment
  readonly data: Data
  /** How often each configuration is trained: with the seeds 1, 2, ... */
  readonly seeds: number
  /** Only these configurations; all by default. */
  readonly only?: readonly string[]
  readonly limits: Limits | null
  /** Whether `train` uses relaxed SIMD; false by default. */
  readonly relaxed?: boolean
  /** How many are trained at the same time. */
  readonly jobs: number
  /** Results of an earlier run: what they cover is not trained again. */
  readonly finished: readonly RunResult[]
  /** Trains one; null when the signal stopped it. */
  readonly train: (task: Task, events: TaskEvents) => Promise<RunResult | null>
  readonly signal?: AbortSignal
  /** Awaited before the next training starts: where results are saved. `all` are those of this experiment so far. */
  readonly onResult?: (result: RunResult, all: readonly RunResult[], task: Task) => Promise<void>
  readonly onProgress?: (progress: ExperimentProgress) => void
}

export interface ExperimentProgress {
  /** Trainings that are done, and all of them. */
  readonly done: number
  readonly tasks: number
  /** What is trained at the moment. */
  readonly current: readonly { readonly label: string; readonly seed: number }[]
  /** Part of the work that is done, 0..1. */
  readonly share: number
  /** Seconds until the end, about. */
  readonly left: number
}

export interface ExperimentOutcome {
  /** In the order of the experiment's configurations, then of the seeds. */
  readonly results: readonly RunResult[]
  /** False when it was stopped before its end. */
  readonly complete: boolean
}

/** All trainings of an experiment: every configuration with the first seed, then with the next one. */
export function tasksOf({
  experiment,
  seeds,
  only,
  limits,
  relaxed = false,
}: Pick<ExperimentOptions, 'experiment' | 'seeds' | 'only' | 'limits' | 'relaxed'>): Task[] {
  const chosen = experiment.configurations.filter(({ id }) => !only || only.includes(id))
  return Array.from({ length: seeds }, (_, i) =>
    chosen.map((configuration) => ({
      experiment: experiment.id,
      configuration,
      seed: i + 1,
      limits,
      relaxed,
    })),
  ).flat()
}

/** Trains what is not finished yet, and keeps all that gets finished. */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentOutcome> {
  const { data, jobs, finished, train, signal, onResult, onProgress } = options
  const tasks = tasksOf(options)
  const found = new Map<Task, RunResult>()
  for (const task of tasks) {
    const result = finished.find((result) => isResultOf(result, task, data))
    if (result) found.set(task, result)
  }
  const waiting = tasks.filter((task) => !found.has(task))
  const work = new Work(waiting, nameOf(data))
  const tell = () => onProgress?.({ done: found.size, tasks: tasks.length, ...work.progress(jobs) })
  const inOrder = () => tasks.flatMap((task) => found.get(task) ?? [])

  const next = waiting.values()
  const one = async () => {
    for (const task of next) {
      if (signal?.aborted) return
      work.start(task)
      tell()
      const onProgress = (share: number) => {
        work.reached(task, share)
        tell()
      }
      const result = await train(task, { ...(signal && { signal }), onProgress })
      if (!result) return
      work.finish(task)
      found.set(task, result)
      await onResult?.(result, inOrder(), task)
      tell()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, one))
  return { results: inOrder(), complete: found.size === tasks.length }
}

/** How much of the work is done, in seconds as estimated, and how those compare with the clock. */
class Work {
  private readonly started = performance.now()
  private readonly shares = new Map<Task, number>()
  /** Where tasks began that go on from a checkpoint. */
  private readonly before = new Map<Task, number>()
  private readonly running = new Set<Task>()
  private readonly total: number

  constructor(
    private readonly tasks: readonly Task[],
    private readonly data: RunResult['data'],
  ) {
    this.total = tasks.reduce((sum, task) => sum + this.cost(task), 0)
  }

  start(task: Task): void {
    this.running.add(task)
  }

  reached(task: Task, share: number): void {
    if (!this.before.has(task)) this.before.set(task, share)
    this.shares.set(task, share)
  }

  finish(task: Task): void {
    this.running.delete(task)
    this.shares.set(task, 1)
  }

  progress(jobs: number): Omit<ExperimentProgress, 'done' | 'tasks'> {
    const done = this.costOf(this.shares)
    const worked = done - this.costOf(this.before)
    const seconds = (performance.now() - this.started) / 1000
    const left = this.total - done
    return {
      current: [...this.running].map(({ configuration, limits, seed }) => ({
        label: lineTitleOf(configuration, { limits, data: this.data }),
        seed,
      })),
      share: this.total > 0 ? done / this.total : 1,
      // The estimates alone until there is something to correct them by.
      left: worked > 1 ? (left * seconds) / worked : left / jobs,
    }
  }

  private costOf(shares: ReadonlyMap<Task, number>): number {
    return this.tasks.reduce((sum, task) => sum + (shares.get(task) ?? 0) * this.cost(task), 0)
  }

  private cost({ configuration, limits }: Task): number {
    return estimate(configuration, limits)
  }
}
