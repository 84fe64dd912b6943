import type { Command } from 'commander'
import { encode } from 'fast-png'
import { createEvaluator, DataError, type Model, ModelError, preparePhoto, readModel } from '../index.js'
import { drawSheet, drawText, type Picture } from './contact-sheet.js'
import { addEngineOption, type EngineChoice, engineFrom } from './engine-options.js'
import { UsageError } from './errors.js'
import { exitCodeHelp } from './exit-codes.js'
import { checkDistinct, checkOutput, readInput, writeOutput } from './files.node.js'
import { percent } from './format.js'
import {
  colours,
  columns,
  finishUnread,
  printDrawing,
  printJson,
  printLine,
  printNote,
} from './output.node.js'
import { character, path } from './parse.js'
import { readPicture } from './picture.node.js'
import { luminanceOf } from './predict-image.js'
import { predictOwn } from './predict-own.node.js'
import type { Raster } from './raster.js'

interface PredictOptions extends EngineChoice {
  readonly png?: string
  readonly out?: string
  readonly delimiter?: string
  readonly json?: boolean
}

/** Width and height of MNIST's images. */
const SIDE = 28

const examples = `
Examples:
  lanegrad train --save digits.safetensors
  lanegrad predict digits.safetensors photo.jpg drawing.png
  lanegrad predict digits.safetensors *.png --png seen.png      what the network sees, in one picture
  lanegrad predict penguins.safetensors more-penguins.csv
  lanegrad predict penguins.safetensors more-penguins.csv --out predictions.csv
  lanegrad predict pictures.safetensors holidays/*.jpg

A model that was trained on data of your own reads such: rows of a table (the target need not be there), pictures in any size,
arrays. What it needs besides is in its file.

For a model of MNIST and the like, a picture holds one digit, dark on light or light on dark; transparent parts are paper. Shadows, the lines of lined and
squared paper and what is beside the paper are told from the digit; a picture of no digit or of several is refused. The
digit is prepared as MNIST was: the ink is scaled into 20x20 pixels and placed in 28x28 by its centre of mass.`

export function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('<model>', 'model that `lanegrad train --save` wrote', path)
    .argument(
      '<files...>',
      'PNG or JPEG pictures of any size; tables, arrays or folders of pictures, as the model was trained on',
    )
    .description('predict by a saved model: pictures of digits, or data of your own')
    .option('--png <file>', 'write what the network sees to a PNG, of pictures of digits', path)
    .option('--out <file>', 'write the predictions to a CSV file, of data of your own', path)
    .option('--delimiter <character>', "between the cells of a table's row, '\\t' for a tab", character)
    .option('--json', 'one JSON object on standard output, and nothing else there')
  addEngineOption(command)
  command.addHelpText('after', `${examples}\n${exitCodeHelp}`).action(predict)
}

async function predict(model: string, files: readonly string[], options: PredictOptions): Promise<void> {
  const outputs = [
    { option: '--png', path: options.png },
    { option: '--out', path: options.out },
  ]
  for (const { path } of outputs) if (path !== undefined) await checkOutput(path)
  await checkDistinct(
    outputs,
    [model, ...files].map((path) => ({ option: 'an input', path })),
  )
  if (options.png ?? options.out) finishUnread()
  const saved = await readModel(await readInput(model), model)
  const { preparation } = saved.settings
  if (preparation) {
    if (options.png !== undefined)
      throw new UsageError(`--png goes with a model of digits, which ${model} is not.`)
    return predictOwn({ ...saved, preparation, file: model }, files, options)
  }
  for (const option of ['out', 'delimiter'] as const) {
    if (options[option] === undefined) continue
    throw new UsageError(`--${option} goes with a model of data of your own, which ${model} is not.`)
  }
  return predictDigits(saved, model, files, options)
}

async function predictDigits(
  saved: Awaited<ReturnType<typeof readModel>>,
  model: string,
  files: readonly string[],
  options: PredictOptions,
): Promise<void> {
  checkInput(saved.model, model)
  const images: Uint8Array[] = []
  for (const file of files) {
    images.push(prepared(await readPicture(await readInput(file), file), file))
  }
  const { loss, standardisation } = saved.settings
  const engine = await engineFrom(options)
  const evaluator = createEvaluator(engine, saved.model, {
    ...{ loss, ...(standardisation ? { standardisation } : {}) },
  })
  const inputs = Float32Array.from(
    images.flatMap((image) => [...image]),
    (byte) => byte / 255,
  )
  const { probabilities, classes } = await evaluator.predict(inputs)
  const count = saved.model.output.at(-1)!
  const predictions = files.map((file, i) => ({
    ...{ file, predicted: classes[i]! },
    probabilities: [...probabilities.subarray(i * count, (i + 1) * count)],
  }))
  const pictures = images.map(
    (pixels, i): Picture => ({
      ...{ pixels, width: SIDE, height: SIDE, label: classes[i]! },
    }),
  )
  if (options.json) {
    printJson({ model, engine: engine.name, predictions, sha256: await saved.model.fingerprint() })
  } else {
    for (const [i, prediction] of predictions.entries()) {
      if (i > 0) printLine()
      print(prediction, pictures[i]!)
    }
  }
  engine.close()
  if (options.png !== undefined) {
    await writeOutput(options.png, encode({ ...drawSheet(pictures), channels: 1 }))
    printNote(`what the network sees is in ${options.png}`)
  }
}

function checkInput(model: Model, file: string): void {
  const shape = model.input.join(', ')
  if (shape === `${SIDE}, ${SIDE}`) return
  throw new ModelError(
    `${file}: expected a model of images of shape [${SIDE}, ${SIDE}], found one that takes [${shape}].`,
  )
}

function prepared(picture: Raster, file: string): Uint8Array {
  try {
    return preparePhoto(luminanceOf(picture), picture.width, picture.height)
  } catch (error) {
    throw error instanceof DataError ? new DataError(`${file}: ${error.message}`) : error
  }
}

const BAR = 30

function print(
  { file, predicted, probabilities }: { file: string; predicted: number; probabilities: readonly number[] },
  picture: Picture,
): void {
  const bars = probabilities.map((probability, i) =>
    `${String(i).padStart(4)}  ${percent(probability).padStart(7)}  ${'#'.repeat(Math.floor(probability * BAR + 0.5))}`.trimEnd(),
  )
  printLine(`${file}: ${predicted}, ${percent(probabilities[predicted]!)}`)
  printDrawing(drawText([picture], columns(), colours()).replace(/^.*\n/, ''))
  printLine(...bars)
}
