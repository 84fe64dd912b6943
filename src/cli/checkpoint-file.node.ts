/** A checkpoint in one safetensors file, with the recipe of the run that it belongs to. */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { readSafetensors, writeSafetensors } from '../formats/safetensors.js'
import { type Checkpoint, type CheckpointProgress, DataError, ModelError, type Trainer } from '../index.js'
import { show } from '../schema/show.js'

/** All that has to be the same for a resumed run to end with the same bits: plain data. */
export type Recipe = Readonly<Record<string, unknown>>

export interface SavedCheckpoint {
  readonly recipe: Recipe
  readonly checkpoint: Checkpoint
  /** What else the run wants back: plain data. */
  readonly extra?: unknown
}

const RUN = 'lanegrad.checkpoint'
const SHA256 = 'lanegrad.checkpoint.sha256'

/** The bytes of a checkpoint file. */
export function writeCheckpoint({
  recipe,
  checkpoint: { progress, tensors },
  extra,
}: SavedCheckpoint): Uint8Array<ArrayBuffer> {
  const metadata = { [RUN]: JSON.stringify({ recipe, progress, extra }) }
  const sha256 = hash(writeSafetensors({ tensors, metadata }))
  return writeSafetensors({ tensors, metadata: { ...metadata, [SHA256]: sha256 } })
}

/**
 * Reads a checkpoint file.
 *
 * @param file its name, for messages
 * @throws DataError naming the file: not a safetensors file, not one of a checkpoint, or damaged
 */
export function readCheckpoint(bytes: Uint8Array, file: string): SavedCheckpoint {
  const { tensors, metadata } = readSafetensors(bytes, file)
  const { [RUN]: run, [SHA256]: expected, ...others } = metadata
  if (run === undefined || expected === undefined) {
    throw new DataError(
      `${file}: byte 8: expected the fields ${RUN} and ${SHA256} of a checkpoint in the header's __metadata__, found ${Object.keys(metadata).join(', ') || 'none'}.`,
    )
  }
  const found = hash(writeSafetensors({ tensors, metadata: { [RUN]: run, ...others } }))
  if (found !== expected) {
    throw new DataError(
      `${file}: the checkpoint is damaged: expected the SHA-256 ${expected}, which was saved with it, found ${found}.`,
    )
  }
  const { recipe, progress, extra } = JSON.parse(run) as Omit<SavedCheckpoint, 'checkpoint'> & {
    progress: CheckpointProgress
  }
  return { recipe, checkpoint: { progress, tensors }, extra }
}

/** @throws ModelError naming the file, and the first thing in which the run that wrote it differs from this one */
export function checkRecipe(recipe: Recipe, saved: SavedCheckpoint, file: string): void {
  const difference = firstDifference('', plain(saved.recipe), plain(recipe))
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

function plain(recipe: Recipe): unknown {
  return JSON.parse(JSON.stringify(recipe))
}

interface Difference {
  readonly where: string
  readonly a: unknown
  readonly b: unknown
}

/** The innermost place, such as `model.layers.1.units`, at which two values of JSON first differ. */
function firstDifference(where: string, a: unknown, b: unknown): Difference | null {
  if (isDeepStrictEqual(a, b)) return null
  if (!isObject(a) || !isObject(b)) return { where, a, b }
  for (const key of Object.keys({ ...a, ...b })) {
    const found = firstDifference(where === '' ? key : `${where}.${key}`, a[key], b[key])
    if (found) return found
  }
  return { where, a, b }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
