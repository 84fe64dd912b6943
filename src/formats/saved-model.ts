/** A trained model in one safetensors file: the weights, the layers, and how its inputs are to be prepared. */
import { aStandardisation, type Standardisation } from '../data/dataset.js'
import {
  aPreparation,
  classNamesOf,
  type Preparation,
  preparedShape,
  targetNumbersOf,
} from '../data/preparation.js'
import { DataError, ModelError } from '../errors.js'
import { presentParameterName } from '../nn/former-names.js'
import { modelFromConfig } from '../nn/functional.js'
import { showShape } from '../nn/layer.js'
import { type LossName, type LossSpec, lossFrom, lossSpec } from '../nn/losses.js'
import { aModel, type Model } from '../nn/model.js'
import { either, leaf, object, optional, read } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { text as aText, bytes as someBytes } from '../schema/values.js'
import { parseJson } from './json.js'
import { type NamedArray, readSafetensors } from './safetensors.js'
import { checkSeal, SEAL, writeSealed } from './seal.js'

/** What is saved beside the weights. */
export interface SavedSettings {
  /** What the model was trained on: the name by which that data set is asked for. */
  readonly data: string
  /** Of the inputs; null where they are scaled to 0..1. */
  readonly standardisation: Standardisation | null
  /** What it was trained with, which also tells how its outputs become probabilities. */
  readonly loss: LossName | LossSpec
  /** How rows of a table, pictures or arrays of the user's own become samples, and outputs what was asked for. */
  readonly preparation?: Preparation
}

const KEYS = {
  model: 'lanegrad.model',
  loss: 'lanegrad.loss',
  data: 'lanegrad.data',
  fingerprint: 'lanegrad.sha256',
} as const
/** Only in files of models that were trained on data of the user's own. */
const PREPARATION = 'lanegrad.preparation'
const MEAN = 'standardisation/mean'
const SCALE = 'standardisation/scale'

const savedSettings = object<SavedSettings>({
  data: aText,
  standardisation: either(
    leaf<null>('null', (value) => value === null),
    aStandardisation,
  ),
  loss: lossSpec,
  preparation: optional(aPreparation),
})

/**
 * The bytes of a model file.
 * @throws ModelError that names the setting that is not right
 */
export async function writeModel(model: Model, settings: SavedSettings): Promise<Uint8Array<ArrayBuffer>> {
  read(ModelError, 'writeModel', 'model', aModel, model)
  const checked = read(ModelError, 'writeModel', 'options', savedSettings, settings)
  const { data, standardisation, loss, preparation } = checked
  if (preparation) checkPreparation(preparation, model, 'writeModel')
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
    ...(preparation ? { [PREPARATION]: JSON.stringify(preparation) } : {}),
  }
  return writeSealed({ tensors, metadata })
}

/**
 * Reads a model file.
 *
 * @param file its name, for messages
 * @throws DataError naming the file: not a safetensors file, not one of a model, or one of whose bits any has changed. Of
 *   files that were written before they carried a SHA-256 of all their bytes, that of the weights is checked.
 * @throws ModelError naming the file for layers that cannot be built, and for missing or unknown weights
 */
export async function readModel(
  bytes: Uint8Array,
  file: string,
): Promise<{ model: Model; settings: SavedSettings }> {
  read(DataError, 'readModel', 'bytes', someBytes, bytes)
  read(DataError, 'readModel', 'file', aText, file)
  const { tensors: stored, metadata } = readSafetensors(bytes, file)
  const tensors = new Map([...stored].map(([name, array]) => [presentParameterName(name), array]))
  const seal = checkMetadata(metadata, file)
  if (seal !== undefined) await checkSeal(bytes, seal, file)
  const config = jsonIn(metadata, KEYS.model, file)
  const loss = jsonIn(metadata, KEYS.loss, file) as LossName | LossSpec
  const model = naming(file, () => {
    lossFrom(loss)
    return modelFromConfig(config)
  })
  const standardisation = checkArrays(tensors, model, file)
  naming(file, () =>
    model.setWeights(new Map(model.parameters.map(({ name }) => [name, tensors.get(name)!.data]))),
  )
  const [expected, found] = [metadata[KEYS.fingerprint], await model.fingerprint()]
  if (found !== expected) {
    throw new DataError(
      `${file}: the weights are damaged: expected the SHA-256 ${expected}, which was saved with them, found ${found}.`,
    )
  }
  const preparation = Object.hasOwn(metadata, PREPARATION) ? preparationIn(metadata, model, file) : null
  const settings = { data: metadata[KEYS.data]!, standardisation, loss }
  return { model, settings: preparation ? { ...settings, preparation } : settings }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Checks that there is all that a model needs and nothing else, and returns the seal of the files that have one. */
function checkMetadata(metadata: Readonly<Record<string, string>>, file: string): string | undefined {
  const expected = Object.values(KEYS)
  const found = Object.keys(metadata)
  const missing = expected.find((key) => !found.includes(key))
  const known: readonly string[] = [...expected, PREPARATION, SEAL]
  const unknown = found.find((key) => !known.includes(key))
  if (missing !== undefined || unknown !== undefined) {
    const what = missing === undefined ? `no field ${unknown}` : `the field ${missing}`
    throw new DataError(
      `${file}: byte 8: expected ${what} of a lanegrad model in the header's __metadata__, found ${found.join(', ') || 'none'}.`,
    )
  }
  if (CONTROL.test(metadata[KEYS.data]!)) {
    throw new DataError(
      `${file}: byte 8: expected ${KEYS.data} to be a name of a data set, found ${show(metadata[KEYS.data])}.`,
    )
  }
  return metadata[SEAL]
}

function preparationIn(metadata: Readonly<Record<string, string>>, model: Model, file: string): Preparation {
  const where = `${file}: byte 8`
  const preparation = read(DataError, where, 'preparation', aPreparation, jsonIn(metadata, PREPARATION, file))
  checkPreparation(preparation, model, file)
  return preparation
}

/** @throws ModelError where a model takes other samples than are prepared, or gives another number of outputs */
function checkPreparation(preparation: Preparation, model: Model, where: string): void {
  const prepared = preparedShape(preparation)
  if (prepared && showShape(prepared) !== showShape(model.input)) {
    throw new ModelError(
      `${where}: the model takes samples of shape ${showShape(model.input)}, but they are prepared in shape ${showShape(prepared)}.`,
    )
  }
  const outputs = classNamesOf(preparation)?.length ?? targetNumbersOf(preparation).length
  if (outputs > 0 && outputs !== model.output.at(-1)) {
    throw new ModelError(
      `${where}: the model has outputs of shape ${showShape(model.output)}, but ${outputs} classes or numbers are predicted.`,
    )
  }
}

/** Checks that there are the model's parameters in their shapes, and nothing but a standardisation beside them. */
function checkArrays(
  tensors: ReadonlyMap<string, NamedArray>,
  model: Model,
  file: string,
): Standardisation | null {
  const inputs = [MEAN, SCALE].filter((name) => tensors.has(name))
  const expected = new Map([
    ...model.parameters.map(({ name, tensor }) => [name, tensor.shape] as const),
    ...inputs.map((name) => [name, model.input] as const),
  ])
  const missing = [...expected.keys()].find((name) => !tensors.has(name))
  if (missing !== undefined || inputs.length === 1 || tensors.size !== expected.size) {
    throw new ModelError(
      `${file}: the model has the arrays ${[...expected.keys()].join(', ')}, but the file holds ${[...tensors.keys()].join(', ')}.`,
    )
  }
  for (const [name, shape] of expected) {
    const found = showShape(tensors.get(name)!.shape)
    if (found === showShape(shape)) continue
    throw new ModelError(`${file}: ${name}: expected the shape ${showShape(shape)}, found ${found}.`)
  }
  const [mean, scale] = [tensors.get(MEAN)?.data, tensors.get(SCALE)?.data]
  if (!mean || !scale) return null
  for (const [name, values, least] of [
    [MEAN, mean, Number.NEGATIVE_INFINITY],
    [SCALE, scale, 0],
  ] as const) {
    const wrong = values.findIndex((value) => !Number.isFinite(value) || value <= least)
    if (wrong < 0) continue
    const what = least === 0 ? 'a finite number above 0' : 'a finite number'
    throw new DataError(`${file}: ${name}: value ${wrong} is ${values[wrong]}, expected ${what}.`)
  }
  return { mean, scale }
}

function jsonIn(metadata: Readonly<Record<string, string>>, key: string, file: string): unknown {
  try {
    return parseJson(metadata[key]!)
  } catch (error) {
    throw new DataError(
      `${file}: byte 8: expected JSON in ${key} of the header's __metadata__, found text that is not: ${(error as Error).message}.`,
    )
  }
}

/** Says of which file what is wrong with a model. */
function naming<T>(file: string, build: () => T): T {
  try {
    return build()
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`${file}: ${error.message}`) : error
  }
}
