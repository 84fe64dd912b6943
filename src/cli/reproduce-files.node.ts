/** What `reproduce` keeps in its folder: results, reports, the index of all. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Experiment } from '../experiments/experiment.js'
import { experiments } from '../experiments/registry.js'
import { conditionsOf, isReported, type RunResult, type Task } from '../experiments/results.js'
import type { Data } from '../experiments/train.js'
import { DataError } from '../index.js'
import { toHtml, toMarkdown } from '../report/document.js'
import { type IndexEntry, indexOf, type ReportContext, reportOf } from '../report/report.js'
import { readJson, writeOutput } from './files.node.js'
import { checkpointName } from './reproduce-task.node.js'

const FORMAT = 'lanegrad results 1'

interface SavedResults {
  readonly format: typeof FORMAT
  readonly experiment: string
  readonly results: readonly RunResult[]
}

/** A folder of reports. */
export class StudyFolder {
  private constructor(readonly path: string) {}

  /** @throws DataError when it is not a folder and cannot be made one */
  static async open(path: string): Promise<StudyFolder> {
    await mkdir(join(path, 'results'), { recursive: true }).catch((error) => {
      throw new DataError(`${path}: cannot be made a folder of reports: ${(error as Error).message}.`)
    })
    return new StudyFolder(path)
  }

  /** Where the checkpoints of unfinished trainings are. */
  private get unfinished(): string {
    return join(this.path, 'results', 'unfinished')
  }

  checkpointOf(task: Task, data: Data): string {
    return join(this.unfinished, checkpointName(task, data))
  }

  /** How many of these tasks have a checkpoint. */
  async begun(tasks: readonly Task[], data: Data): Promise<number> {
    const names: readonly string[] = await readdir(this.unfinished).catch(() => [])
    return tasks.filter((task) => names.includes(checkpointName(task, data))).length
  }

  /** Removes the checkpoint of a task that is done, if it has one. */
  async forget(task: Task, data: Data): Promise<void> {
    await rm(this.checkpointOf(task, data), { force: true })
  }

  private fileOf(id: string): string {
    return join(this.path, 'results', `${id}.json`)
  }

  /**
   * All finished trainings of an experiment, whatever recipe and data they were of.
   *
   * @throws DataError for a file that is damaged
   */
  async read({ id }: Experiment): Promise<readonly RunResult[]> {
    const names = await readdir(join(this.path, 'results'))
    if (!names.includes(`${id}.json`)) return []
    const saved = (await readJson(this.fileOf(id))) as Partial<SavedResults> | null
    if (saved?.format === FORMAT && saved.experiment === id && Array.isArray(saved.results)) {
      return saved.results
    }
    throw new DataError(
      `${this.fileOf(id)}: expected the results of ${id} in the format '${FORMAT}', found something else; remove the file to run all of them again.`,
    )
  }

  /** What all other experiments have trained. */
  async readOthers(experiment: Experiment): Promise<readonly RunResult[]> {
    const others = experiments.filter(({ id }) => id !== experiment.id)
    return (await Promise.all(others.map((other) => this.read(other)))).flat()
  }

  /** Saves all results of an experiment, those of its last report first. */
  async write({ id }: Experiment, results: readonly RunResult[]): Promise<void> {
    const saved: SavedResults = { format: FORMAT, experiment: id, results }
    await writeOutput(this.fileOf(id), bytesOf(JSON.stringify(saved)))
  }

  /** Writes a report as one HTML file, and as Markdown with a folder of pictures. */
  async report(experiment: Experiment, results: readonly RunResult[], context: ReportContext): Promise<void> {
    const { id } = experiment
    const document = reportOf(experiment, results, context)
    const { text, pictures } = toMarkdown(document, id)
    const folder = join(this.path, id)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    for (const [name, svg] of pictures) await writeOutput(join(folder, name), bytesOf(svg))
    await writeOutput(join(this.path, `${id}.md`), bytesOf(text))
    await writeOutput(join(this.path, `${id}.html`), bytesOf(toHtml(document)))
  }

  /** Writes the pages that compare all experiments with results here, each by its last report. */
  async index(): Promise<void> {
    const entries: IndexEntry[] = []
    for (const experiment of experiments) {
      const saved = await this.read(experiment)
      if (saved.length === 0) continue
      const conditions = conditionsOf(saved[0]!)
      const results = saved.filter((result) => isReported(result, experiment, conditions))
      if (results.length > 0) entries.push({ experiment, results })
    }
    const { text } = toMarkdown(indexOf(entries, 'md'), '.')
    await writeOutput(join(this.path, 'README.md'), bytesOf(text))
    await writeOutput(join(this.path, 'index.html'), bytesOf(toHtml(indexOf(entries, 'html'))))
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
