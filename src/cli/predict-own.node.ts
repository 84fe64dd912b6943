/** What a model that was trained on data of the user's own makes of more of them. */
import { classNamesOf, targetNumbersOf } from '../data/preparation.js'
import {
  createEvaluator,
  DataError,
  type Model,
  type Preparation,
  predictedNumbers,
  type SavedSettings,
} from '../index.js'
import { type EngineChoice, engineFrom } from './engine-options.js'
import { writeOutput } from './files.node.js'
import { counted, percent, short } from './format.js'
import { printJson, printLine, printNote } from './output.node.js'
import { type Asked, loadAsked } from './own-data.node.js'
import { table } from './table.js'

/** A model and the file that it was read from. */
export interface OwnModel {
  readonly file: string
  readonly model: Model
  readonly settings: SavedSettings
  readonly preparation: Preparation
}

interface OwnPredictOptions extends EngineChoice {
  readonly out?: string
  readonly delimiter?: string
  readonly json?: boolean
}

/** A row of a table, a picture, a row of an array. */
interface Prediction {
  readonly file: string
  /** Its line, row or path. */
  readonly of: string
  /** A class by its name, or numbers. */
  readonly predicted: string | readonly number[]
  /** Of each class; none for numbers. */
  readonly probabilities: readonly number[]
}

/** Predicts all that the files hold: to standard output, or to the file that was asked for. */
export async function predictOwn(
  { file, model, settings, preparation }: OwnModel,
  files: readonly string[],
  { out, delimiter, json, ...choice }: OwnPredictOptions,
): Promise<void> {
  const asked: { file: string; found: Asked }[] = []
  for (const file of files) {
    const found = await loadAsked(file, delimiter === undefined ? {} : { delimiter }, preparation)
    checkSize(file, found, model)
    for (const note of found.notes) printNote(`note: ${file}: ${note}.`)
    asked.push({ file, found })
  }
  const { loss, standardisation } = settings
  const engine = await engineFrom(choice)
  const evaluator = createEvaluator(engine, model, { loss, ...(standardisation && { standardisation }) })
  const numbers = targetNumbersOf(preparation)
  const width = model.output.at(-1)!
  const names =
    numbers.length > 0
      ? numbers.map(({ column }) => column)
      : (classNamesOf(preparation) ?? Array.from({ length: width }, (_, i) => String(i)))
  const predictions: Prediction[] = []
  for (const { file, found } of asked) {
    const prediction = await evaluator.predict(found.inputs)
    const values =
      numbers.length > 0 ? predictedNumbers(preparation, prediction.outputs) : prediction.probabilities
    for (const [i, of] of found.names.entries()) {
      const row = [...values.subarray(i * width, (i + 1) * width)]
      predictions.push(
        numbers.length > 0
          ? { file, of, predicted: row, probabilities: [] }
          : { file, of, predicted: names[prediction.classes[i]!]!, probabilities: row },
      )
    }
  }
  if (out !== undefined) {
    await writeOutput(out, new TextEncoder().encode(csvOf(predictions, names)))
    printNote(`${counted(predictions.length, 'prediction')} written to ${out}`)
  }
  if (json)
    printJson({
      model: file,
      engine: engine.name,
      classes: names,
      predictions,
      sha256: await model.fingerprint(),
    })
  else if (out === undefined) printLine(...lines(predictions))
  engine.close()
}

/** @throws DataError naming the file, whose rows are of another size than the model takes */
function checkSize(file: string, { inputs, names }: Asked, model: Model): void {
  const size = model.input.reduce((product, side) => product * side, 1)
  if (inputs.length === names.length * size) return
  throw new DataError(
    `${file}: expected rows of shape [${model.input.join(', ')}], ${size} values each, found ${inputs.length / names.length}.`,
  )
}

function lines(predictions: readonly Prediction[]): string[] {
  return table(
    predictions.map(({ file, of, predicted, probabilities }) => [
      of === file ? file : `${file}: ${of}`,
      ...(typeof predicted === 'string'
        ? [predicted, percent(Math.max(...probabilities))]
        : predicted.map(short)),
    ]),
    predictions[0] && typeof predictions[0].predicted === 'string' ? 2 : 1,
  )
}

/** Seven digits: a float32 has no more. */
const digits = (value: number) => String(Number(value.toPrecision(7)))

function csvOf(predictions: readonly Prediction[], names: readonly string[]): string {
  const areClasses = predictions.some(({ predicted }) => typeof predicted === 'string')
  const rows = predictions.map(({ file, of, predicted, probabilities }) => [
    ...[file, of],
    ...(typeof predicted === 'string' ? [predicted, ...probabilities.map(digits)] : predicted.map(digits)),
  ])
  const columns = ['file', 'of', ...(areClasses ? ['predicted'] : []), ...names]
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('')
}

/** RFC 4180: in quotes where it has to be. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
