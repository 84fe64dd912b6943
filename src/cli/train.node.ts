import { setImmediate } from 'node:timers/promises'
import type { Command } from 'commander'
import { writeModel } from '../formats/saved-model.js'
import { createTrainer, holdout, standardisation, TrainingError } from '../index.js'
import { addDataOptions, type DataChoice } from './data-options.js'
import { addEngineOption, type EngineChoice, engineFrom } from './engine-options.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { checkOutput, writeOutput } from './files.node.js'
import { duration, grouped } from './format.js'
import { catchInterrupt } from './interrupt.node.js'
import { loadWithProgress } from './load.node.js'
import {
  addModelOptions,
  type ModelChoice,
  modelFileHelp,
  modelFromFile,
  perceptron,
} from './model-options.node.js'
import { printJson, printLine, printNote } from './output.node.js'
import { number, wholeNumber } from './parse.js'
import { Progress } from './progress.node.js'
import { describeEpoch, describeOutcome, describeRun, outcomeJson, type Run } from './train-report.js'
import { addTrainingOptions, optimizerFrom, type TrainingChoice } from './training-options.js'

interface TrainOptions extends DataChoice, ModelChoice, TrainingChoice, EngineChoice {
  readonly epochs: number
  readonly holdout: number
  readonly save?: string
  readonly json?: boolean
}

const examples = `
Examples:
  lanegrad train
  lanegrad train --hidden 2048,2048 --dropout 0.5 --batch 32 --rate 0.01 --epochs 20
  lanegrad train --data fashion-mnist --model model.json --save fashion.safetensors
  lanegrad train --data digits --limit 1000 --epochs 2 --json > result.json
  lanegrad train --engine js --epochs 1        the same SHA-256 as any other engine`

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a network, and report what it reaches on the test part')
  addModelOptions(command)
  addDataOptions(command)
  command
    .option('--holdout <part>', 'part of the training samples kept for validation', number(0, 1), 0.05)
    .option('--epochs <number>', 'passes over the training samples', wholeNumber(1), 5)
  addTrainingOptions(command)
  addEngineOption(command)
  command
    .option('--save <file>', 'write the trained model to a safetensors file')
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${modelFileHelp}\n${exitCodeHelp}`)
    .action(train)
}

async function train(options: TrainOptions): Promise<void> {
  const say = options.json ? printNote : printLine
  if (options.save !== undefined) await checkOutput(options.save)
  const given = await modelFromFile(options)
  const data = await loadWithProgress(options)
  const model = given ?? perceptron(options, data.train)
  const parts =
    options.holdout > 0
      ? holdout(data.train, options.holdout, { seed: model.seed })
      : { train: data.train, validation: undefined }
  const engine = await engineFrom(options)
  const standard = options.standardise ? standardisation(parts.train) : null
  const optimizer = optimizerFrom(options)
  const trainer = createTrainer(engine, model, {
    ...{ optimizer, batchSize: options.batch },
    ...(standard ? { standardisation: standard } : {}),
  })
  const { epochs, batch, standardise = false } = options
  const run: Run = { data, ...parts, trainer, settings: { epochs, batch, optimizer, standardise } }
  say(describeRun(run))

  const save = async () => {
    if (options.save === undefined) return
    const settings = { data: data.name, standardisation: standard }
    await writeOutput(options.save, await writeModel(model, settings))
  }
  const interrupted = await fit(run, say).catch(async (error) => {
    // The weights are those of the last good epoch, if there was one.
    if (error instanceof TrainingError && trainer.history.length > 0) await save()
    throw error
  })
  await save()
  const test = await trainer.evaluate(data.test)
  const sha256 = await model.fingerprint()
  const outcome = { interrupted, test, sha256, saved: options.save ?? null }
  if (options.json) printJson(outcomeJson(run, outcome))
  else printLine(describeOutcome(run, outcome))
  engine.close()
  if (interrupted) process.exitCode = ExitCode.Interrupted
}

/**
 * Trains with a line for every epoch and a progress bar below; Ctrl-C ends it after the step at hand.
 *
 * @returns whether it was ended so
 */
async function fit(
  { trainer, train, validation, settings: { epochs } }: Run,
  say: (line: string) => void,
): Promise<boolean> {
  const total = epochs * train.count
  const progress = new Progress(
    total,
    'epoch {epoch}  {bar} {percentage}%  {speed} samples/s  {left} left  loss {loss}',
  )
  const interrupt = catchInterrupt(() => {
    progress.interrupt(() => printNote('Stopping after this step; Ctrl-C again ends at once.'))
  })
  let seconds = 0
  let epochStarted = performance.now()
  try {
    const results = trainer.fit(train, {
      epochs,
      signal: interrupt.signal,
      ...(validation ? { validation } : {}),
      onStep({ epoch, samples, loss }) {
        const done = (epoch - 1) * train.count + samples
        const spent = seconds + (performance.now() - epochStarted) / 1000
        progress.update(done, {
          epoch: `${epoch}/${epochs}`,
          speed: grouped(done / spent),
          left: duration(((total - done) * spent) / done),
          loss: loss.toFixed(4),
        })
      },
    })
    for await (const result of results) {
      progress.interrupt(() => say(describeEpoch(result, epochs)))
      seconds += result.seconds
      // Epochs shorter than the trainer's own pauses would never let Ctrl-C in.
      await setImmediate()
      epochStarted = performance.now()
    }
    return interrupt.signal.aborted
  } finally {
    progress.stop()
    interrupt.release()
  }
}
