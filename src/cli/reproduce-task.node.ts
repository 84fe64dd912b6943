/** Trains one task of an experiment, and keeps on disk how far it has come. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { readFirst } from '../data/files.node.js'
import { datasetFingerprint } from '../data/fingerprint.js'
import { experimentOf } from '../experiments/registry.js'
import { nameOf, type RunResult, type Task } from '../experiments/results.js'
import { type Data, runTask, type TaskCheckpoint, type TaskEvents, taskExtra } from '../experiments/train.js'
import { DataError, LanegradError, ModelError } from '../index.js'
import { checkRecipe, type Recipe, readCheckpoint, writeCheckpoint } from './checkpoint-file.node.js'
import { type EngineChoice, engineFrom } from './engine-options.js'
import { writeOutput } from './files.node.js'
import { Interval } from './progress.node.js'

/** Seconds of training between two checkpoints: what is lost at most, beside the epoch at hand. */
const EVERY = 20

/** Everything that decides the bits of a task. */
const recipeOf = ({ configuration: { recipe }, seed, limits, relaxed }: Task, data: Data): Recipe => ({
  ...{ recipe, seed, limits, relaxed, data: nameOf(data) },
})

/** Of the samples themselves, whatever they are called. */
async function fingerprintsOf({ train, test }: Data): Promise<Recipe> {
  return { train: await datasetFingerprint(train), test: await datasetFingerprint(test) }
}

/** What the checkpoint of a task is called: never the same for tasks that differ in their bits. */
export function checkpointName(task: Task, data: Data): string {
  const { experiment, configuration, seed } = task
  const sha256 = createHash('sha256').update(JSON.stringify(recipeOf(task, data)))
  return `${experiment}.${configuration.id}.${seed}.${sha256.digest('hex').slice(0, 8)}.checkpoint`
}

/**
 * Trains a task, from its checkpoint where there is one. The file stays when the task is done: whoever saves the result
 * removes it.
 *
 * @param file of the checkpoint
 * @param every seconds between two of them
 * @returns null when the signal stopped it
 * @throws DataError naming the file when it is damaged, or of another task
 */
export async function trainTask(
  task: Task,
  data: Data,
  choice: EngineChoice,
  file: string,
  events: Pick<TaskEvents, 'signal' | 'onProgress'>,
  every = EVERY,
): Promise<RunResult | null> {
  const recipe = { ...recipeOf(task, data), sha256: await fingerprintsOf(data) }
  const interval = new Interval(every)
  const from = await readTask(file, recipe)
  const engine = await engineFrom(choice)
  try {
    return await runTask(experimentOf(task.experiment), task, data, engine, {
      ...{ ...events, from },
      async onEpoch(take) {
        if (interval.isDue()) await writeTask(file, recipe, take())
      },
    })
  } catch (error) {
    // The arrays of the checkpoint are all that a model of the registry may refuse.
    if (!from || !(error instanceof ModelError)) throw error
    throw unusable(`${file}: ${error.message}`)
  } finally {
    engine.close()
  }
}

async function writeTask(
  file: string,
  recipe: Recipe,
  { checkpoint, ...extra }: TaskCheckpoint,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((error) => {
    throw new DataError(
      `${dirname(file)}: cannot be made a folder of checkpoints: ${(error as Error).message}.`,
    )
  })
  await writeOutput(file, await writeCheckpoint({ recipe, checkpoint, extra }))
}

async function readTask(file: string, recipe: Recipe): Promise<TaskCheckpoint | null> {
  const found = await readFirst(dirname(file), [basename(file)])
  if (!found) return null
  try {
    const saved = await readCheckpoint(found.bytes, file, taskExtra)
    checkRecipe(recipe, saved, file)
    return { checkpoint: saved.checkpoint, ...(saved.extra as Omit<TaskCheckpoint, 'checkpoint'>) }
  } catch (error) {
    if (!(error instanceof LanegradError)) throw error
    throw unusable(error.message)
  }
}

const unusable = (why: string) => new DataError(`${why} Remove the file to begin its training anew.`)
