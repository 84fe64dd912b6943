/** A checkpoint in one safetensors file, with the recipe of the run that it belongs to. */
import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '../formats/json.js'
import { readSafetensors } from '../formats/safetensors.js'
import { checkSeal, SEAL, writeSealed } from '../formats/seal.js'
import { type Checkpoint, type CheckpointProgress, DataError, ModelError, type Trainer } from '../index.js'
import { isPlainObject, leaf, object, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'

/** All that has to be the same for a resumed run to end with the same bits: plain data. */
export type Recipe = Readonly<Record<string, unknown>>

export interface SavedCheckpoint {
  readonly recipe: Recipe
  readonly checkpoint: Checkpoint
  /** What else the run wants back: plain data, null for nothing. */
  readonly extra: unknown
}

const RUN = 'lanegrad.checkpoint'

/** The bytes of a checkpoint file. */
export function writeCheckpoint({
  recipe,
  checkpoint: { progress, tensors },
  extra,
}: SavedCheckpoint): Promise<Uint8Array<ArrayBuffer>> {
  return writeSealed({ tensors, metadata: { [RUN]: toJson({ recipe, progress, extra }) } })
}

/** Objects of JSON. */
const plainObject = <T>(what: string) => leaf<T>(`an object of ${what}`, isPlainObject)

/**
 * Reads a checkpoint file. What a trainer makes of its progress and arrays is for the trainer to check.
 *
 * @param file its name, for messages
 * @param extraSchema of the run's own part
 * @throws DataError naming the file: not a safetensors file, not one of a checkpoint, or damaged
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  file: string,
  extraSchema: Schema<unknown>,
): Promise<SavedCheckpoint> {
  const { tensors, metadata } = readSafetensors(bytes, file)
  const { [RUN]: run, [SEAL]: seal, ...others } = metadata
  if (run === undefined || seal === undefined || Object.keys(others).length > 0) {
    throw new DataError(
      `${file}: byte 8: expected the fields ${RUN} and ${SEAL} of a checkpoint in the header's __metadata__, found ${Object.keys(metadata).join(', ') || 'none'}.`,
    )
  }
  await checkSeal(bytes, seal, file)
  const schema = object<{ recipe: Recipe; progress: CheckpointProgress; extra: unknown }>({
    recipe: plainObject('all that decides the bits'),
    progress: plainObject("a trainer's progress"),
    extra: extraSchema,
  })
  const { recipe, progress, extra } = read(DataError, `${file}: byte 8`, 'run', schema, fromJson(run, file))
  return { recipe, checkpoint: { progress, tensors }, extra }
}

/** JSON has no NaN and no infinities, which the figures of an epoch may be. */
const NOT_FINITE = 'notFinite'

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, found) =>
    typeof found === 'number' && !Number.isFinite(found) ? { [NOT_FINITE]: String(found) } : found,
  )
}

function fromJson(text: string, file: string): unknown {
  try {
    return revived(parseJson(text))
  } catch (error) {
    throw new DataError(
      `${file}: byte 8: expected JSON in ${RUN} of the header's __metadata__, found text that is not: ${(error as Error).message}.`,
    )
  }
}

function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived)
  if (!isPlainObject(value)) return value
  if (['NaN', 'Infinity', '-Infinity'].includes(value[NOT_FINITE] as string)) return Number(value[NOT_FINITE])
  return Object.fromEntries(Object.entries(value).map(([name, found]) => [name, revived(found)]))
}

/** @throws ModelError naming the file, and the first thing in which the run that wrote it differs from this one */
export function checkRecipe(recipe: Recipe, saved: SavedCheckpoint, file: string): void {
  const difference = firstDifference('', saved.recipe, plain(recipe))
  if (!difference) return
  throw new ModelError(
    `${file}: the run that wrote it cannot be resumed by this one: ${difference.where} was ${show(difference.a)} there and is ${show(difference.b)} here.`,
  )
}

/**
 * Takes a trainer to where a checkpoint was written.
 *
 * @throws ModelError naming the file when that run differs from this one, or its arrays do not fit
 */
export function resume(trainer: Trainer, recipe: Recipe, saved: SavedCheckpoint, file: string): void {
  checkRecipe(recipe, saved, file)
  try {
    trainer.restore(saved.checkpoint)
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${file}: ${error.message}`) : error
  }
}

/** A recipe as a file gives it back. */
function plain(recipe: Recipe): unknown {
  return revived(JSON.parse(toJson(recipe)))
}

interface Difference {
  readonly where: string
  readonly a: unknown
  readonly b: unknown
}

/** The innermost place, such as `model.layers.1.units`, at which two values of JSON first differ. */
function firstDifference(where: string, a: unknown, b: unknown): Difference | null {
  if (isDeepStrictEqual(a, b)) return null
  if (!isBranch(a) || !isBranch(b)) return { where, a, b }
  for (const key of Object.keys({ ...a, ...b })) {
    const found = firstDifference(where === '' ? key : `${where}.${key}`, a[key], b[key])
    if (found) return found
  }
  return { where, a, b }
}

/** An object or a list, whose places are compared one by one. */
function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
