import type { Command } from 'commander'
import { classNamesOf } from '../data/preparation.js'
import { createEvaluator, DataError, type Dataset, readModel, type SavedSettings } from '../index.js'
import {
  addDataOptions,
  type DataChoice,
  type DataName,
  dataNames,
  refuseSourceOptions,
} from './data-options.js'
import { addEngineOption, type EngineChoice, engineFrom } from './engine-options.js'
import { UsageError } from './errors.js'
import { describeEvaluation, evaluationJson, measure } from './evaluation-report.js'
import { exitCodeHelp } from './exit-codes.js'
import { readInput } from './files.node.js'
import { loadWithProgress } from './load.node.js'
import { printJson, printLine } from './output.node.js'
import { loadMeasured } from './own-data.node.js'
import { type DataSource, sourceOf } from './own-files.node.js'
import { addOwnOptions, checkOwnOptions, type OwnChoice } from './own-options.js'
import { path } from './parse.js'

interface EvalOptions extends Omit<DataChoice, 'data'>, OwnChoice, EngineChoice {
  readonly data?: string
  readonly json?: boolean
}

const examples = `
Examples:
  lanegrad train --data digits --save digits.safetensors
  lanegrad eval digits.safetensors
  lanegrad eval digits.safetensors --data mnist      trained on one data set, tested on another
  lanegrad eval penguins.safetensors --data more-penguins.csv`

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .argument('<file>', 'model that `lanegrad train --save` wrote', path)
    .description('measure a saved model on a test part: by default that of the data it was trained on')
  addDataOptions(command)
  addOwnOptions(command, ['target', 'missing', 'delimiter'])
  addEngineOption(command)
  command
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .action(evaluate)
}

async function evaluate(file: string, options: EvalOptions): Promise<void> {
  const source = await sourceOf(options.data, '--data')
  const { model, settings } = await readModel(await readInput(file), file)
  const data = await testOf(file, settings, model.output.at(-1)!, source, options)
  const engine = await engineFrom(options)
  const evaluator = createEvaluator(engine, model, {
    loss: settings.loss,
    ...(settings.standardisation ? { standardisation: settings.standardisation } : {}),
  })
  const names = settings.preparation ? classNamesOf(settings.preparation) : null
  const result = await measure(evaluator, data.test, settings.preparation)
  const sha256 = await model.fingerprint()
  if (options.json) {
    const { name, synthetic } = data.test
    const description = { name: engine.name, threads: engine.threads, description: engine.describe() }
    printJson({
      file,
      data: { name, synthetic, folder: data.folder },
      engine: description,
      test: evaluationJson(result),
      sha256,
    })
  } else {
    printLine(...model.summary().split('\n'), '')
    printLine(...describeEvaluation(data.test, result, names), '')
    printLine(`engine     ${engine.describe()}`)
    printLine(`weights    SHA-256 ${sha256}`)
  }
  engine.close()
}

/** The data that a model is measured on, and where they are from. */
async function testOf(
  file: string,
  { data: trainedOn, preparation }: SavedSettings,
  outputs: number,
  source: DataSource,
  options: EvalOptions,
): Promise<{ test: Dataset; folder: string | null }> {
  if ('path' in source) {
    refuseSourceOptions(options)
    if (preparation)
      return { test: await loadMeasured(source.path, options, preparation, outputs), folder: source.path }
    throw new UsageError(`--data: ${file} was trained on '${trainedOn}', so expected a data set with a name.`)
  }
  checkOwnOptions(options, null)
  if (!preparation) {
    return loadWithProgress({ ...options, data: source.name ?? nameOf(trainedOn, file) })
  }
  throw new UsageError(
    `--data: ${file} was trained on files, ${trainedOn}: expected the path of such to measure it on, which should be others.`,
  )
}

function nameOf(name: string, file: string): DataName {
  const known = dataNames.find((other) => other === name)
  if (known) return known
  throw new DataError(
    `${file}: the model was trained on '${name}', expected one of ${dataNames.join(', ')}; choose by --data, for files of your own with --data-dir.`,
  )
}
