/** A trained model in one safetensors file: the weights, the layers, and how its inputs are to be prepared. */
import type { Standardisation } from '../data/dataset.js'
import { DataError, ModelError } from '../errors.js'
import { type LossName, type LossSpec, lossOf } from '../nn/losses.js'
import { type Model, modelFromConfig } from '../nn/model.js'
import { type NamedArray, readSafetensors, writeSafetensors } from './safetensors.js'

/** What is saved beside the weights. */
export interface SavedSettings {
  /** What the model was trained on: the name by which that data set is asked for. */
  readonly data: string
  /** Of the inputs; null where they are scaled to 0..1. */
  readonly standardisation: Standardisation | null
  /** What it was trained with, which also tells how its outputs become probabilities. */
  readonly loss: LossName | LossSpec
}

const KEYS = {
  model: 'lanegrad.model',
  loss: 'lanegrad.loss',
  data: 'lanegrad.data',
  fingerprint: 'lanegrad.sha256',
} as const
const MEAN = 'standardisation/mean'
const SCALE = 'standardisation/scale'

/** The bytes of a model file. */
export async function writeModel(
  model: Model,
  { data, standardisation, loss }: SavedSettings,
): Promise<Uint8Array<ArrayBuffer>> {
  const weights = model.weights()
  const tensors = new Map<string, NamedArray>()
  for (const { name, tensor } of model.parameters) {
    tensors.set(name, { shape: tensor.shape, data: weights.get(name)! })
  }
  if (standardisation) {
    tensors.set(MEAN, { shape: model.input, data: standardisation.mean })
    tensors.set(SCALE, { shape: model.input, data: standardisation.scale })
  }
  const metadata = {
    [KEYS.model]: JSON.stringify(model.config),
    [KEYS.loss]: JSON.stringify(loss),
    [KEYS.data]: data,
    [KEYS.fingerprint]: await model.fingerprint(),
  }
  return writeSafetensors({ tensors, metadata })
}

/**
 * Reads a model file.
 *
 * @param file its name, for messages
 * @throws DataError naming the file: not a safetensors file, not one of a model, or weights whose SHA-256 is not the one
 *   that was saved
 * @throws ModelError naming the file for layers that cannot be built, and for missing or unknown weights
 */
export async function readModel(
  bytes: Uint8Array,
  file: string,
): Promise<{ model: Model; settings: SavedSettings }> {
  const { tensors, metadata } = readSafetensors(bytes, file)
  const text = (key: string): string => {
    const value = metadata[key]
    if (value !== undefined) return value
    const known = Object.keys(metadata).join(', ') || 'none'
    throw new DataError(
      `${file}: byte 8: expected the field ${key} of a lanegrad model in the header's __metadata__, found ${known}.`,
    )
  }
  const [config, data, fingerprint] = [text(KEYS.model), text(KEYS.data), text(KEYS.fingerprint)]
  const model = parsed(KEYS.model, config, file, modelFromConfig)
  const loss = parsed(KEYS.loss, text(KEYS.loss), file, (value: LossName | LossSpec) => {
    lossOf(value)
    return value
  })
  const inputs = [MEAN, SCALE].filter((name) => tensors.has(name))
  const expected = [...model.parameters.map(({ name }) => name), ...inputs]
  const missing = expected.find((name) => !tensors.has(name))
  if (missing !== undefined || inputs.length === 1 || tensors.size !== expected.length) {
    throw new ModelError(
      `${file}: the model has the arrays ${expected.join(', ')}, but the file holds ${[...tensors.keys()].join(', ')}.`,
    )
  }
  try {
    model.setWeights(new Map(model.parameters.map(({ name }) => [name, tensors.get(name)!.data])))
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${file}: ${error.message}`) : error
  }
  const found = await model.fingerprint()
  if (found !== fingerprint) {
    throw new DataError(
      `${file}: the weights are damaged: expected the SHA-256 ${fingerprint}, which was saved with them, found ${found}.`,
    )
  }
  const [mean, scale] = [tensors.get(MEAN)?.data, tensors.get(SCALE)?.data]
  return { model, settings: { data, standardisation: mean && scale ? { mean, scale } : null, loss } }
}

/** The value of a field of the metadata, as `read` takes it from JSON. */
function parsed<T, R>(key: string, json: string, file: string, read: (value: T) => R): R {
  try {
    return read(JSON.parse(json))
  } catch (error) {
    if (error instanceof ModelError) throw new ModelError(`${file}: ${error.message}`)
    throw new DataError(
      `${file}: byte 8: expected JSON in ${key} of the header's __metadata__, found text that is not: ${(error as Error).message}.`,
    )
  }
}
