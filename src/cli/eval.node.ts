import type { Command } from 'commander'
import { readModel } from '../formats/saved-model.js'
import { createEvaluator, DataError } from '../index.js'
import { addDataOptions, type DataChoice, type DataName, dataNames } from './data-options.js'
import { addEngineOption, type EngineChoice, engineFrom } from './engine-options.js'
import { describeEvaluation, evaluationJson, measure } from './evaluation-report.js'
import { exitCodeHelp } from './exit-codes.js'
import { readInput } from './files.node.js'
import { loadWithProgress } from './load.node.js'
import { printJson, printLine } from './output.node.js'
import { path } from './parse.js'

interface EvalOptions extends DataChoice, EngineChoice {
  readonly json?: boolean
}

const examples = `
Examples:
  lanegrad train --data digits --save digits.safetensors
  lanegrad eval digits.safetensors
  lanegrad eval digits.safetensors --data mnist      trained on one data set, tested on another`

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .argument('<file>', 'model that `lanegrad train --save` wrote', path)
    .description('measure a saved model on a test part: by default that of the data it was trained on')
  addDataOptions(command)
  addEngineOption(command)
  command
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .action(evaluate)
}

async function evaluate(file: string, options: EvalOptions): Promise<void> {
  const { model, settings } = await readModel(await readInput(file), file)
  const data = await loadWithProgress({ ...options, data: options.data ?? trainedOn(settings.data, file) })
  const engine = await engineFrom(options)
  const evaluator = createEvaluator(engine, model, {
    loss: settings.loss,
    ...(settings.standardisation ? { standardisation: settings.standardisation } : {}),
  })
  const result = await measure(evaluator, data.test)
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
    printLine(...describeEvaluation(data.test, result), '')
    printLine(`engine     ${engine.describe()}`)
    printLine(`weights    SHA-256 ${sha256}`)
  }
  engine.close()
}

function trainedOn(name: string, file: string): DataName {
  const known = dataNames.find((other) => other === name)
  if (known) return known
  throw new DataError(
    `${file}: the model was trained on '${name}', expected one of ${dataNames.join(', ')}; choose by --data, for files of your own with --data-dir.`,
  )
}
