import type { Command } from 'commander'
import { datasetFingerprint } from '../data/fingerprint.js'
import { isRelaxed } from '../engine/engine.js'
import { writeModel } from '../formats/saved-model.js'
import {
  createTrainer,
  DataError,
  type EpochResult,
  holdout,
  standardisation,
  TrainingError,
} from '../index.js'
import { object } from '../schema/schema.js'
import {
  type Recipe,
  readCheckpoint,
  resume,
  type SavedCheckpoint,
  writeCheckpoint,
} from './checkpoint-file.node.js'
import { addDataOptions, type DataChoice } from './data-options.js'
import { addEngineOption, type EngineChoice, engineFrom } from './engine-options.js'
import { EpochLog, logName, logTarget } from './epoch-log.node.js'
import { fromOption, UsageError } from './errors.js'
import { measure } from './evaluation-report.js'
import { ExitCode, exitCodeHelp } from './exit-codes.js'
import { checkDistinct, checkOutput, readInput, rescueOutput, writeOutput } from './files.node.js'
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
import { finishUnread, printError, printJson, printLine, printNote } from './output.node.js'
import { number, path, wholeNumber } from './parse.js'
import { Progress } from './progress.node.js'
import {
  describeEpoch,
  describeOutcome,
  describeRun,
  type Outcome,
  outcomeJson,
  type Run,
} from './train-report.js'
import {
  addTrainingOptions,
  followsValidation,
  type TrainingChoice,
  type TrainingOptions,
  trainingFrom,
} from './training-options.js'

interface TrainOptions extends DataChoice, ModelChoice, TrainingChoice, EngineChoice {
  readonly epochs: number
  readonly holdout: number
  readonly earlyStopping?: number
  readonly log?: string
  readonly checkpoint?: string
  readonly resume?: string
  readonly save?: string
  readonly json?: boolean
}

const examples = `
Examples:
  lanegrad train
  lanegrad train --hidden 2048,2048 --dropout 0.5 --batch 32 --learning-rate 0.01 --epochs 20
  lanegrad train --data fashion-mnist --model model.json --save fashion.safetensors
  lanegrad train --model examples/models/lstm.json --optimizer adam --clip-norm 1
  lanegrad train --model examples/models/cnn.json --optimizer adam --augment '{"shift":2,"rotate":10}'
  lanegrad train --epochs 50 --early-stopping 3 --log run.csv --checkpoint run.checkpoint
  lanegrad train --epochs 50 --early-stopping 3 --log run.csv --resume run.checkpoint --checkpoint run.checkpoint
  lanegrad train --learning-rate '{"type":"warmUp","steps":500,"next":{"type":"cosineDecay","start":0.1,"steps":1800}}'
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
    .option(
      '--early-stopping <epochs>',
      'stop after so many epochs in a row without a lower validation loss, and keep the best weights',
      wholeNumber(1),
    )
    .option(
      '--log <file>',
      'write the figures of every epoch as it ends: to .jsonl, .csv, or for TensorBoard to a file with tfevents in its name or a folder',
      path,
    )
    .option(
      '--checkpoint <file>',
      'write all that a resumed run needs, at the start and after every epoch',
      path,
    )
    .option(
      '--resume <file>',
      'go on from a checkpoint of the same options and data; --epochs may differ',
      path,
    )
    .option('--save <file>', 'write the trained model to a safetensors file', path)
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .addHelpText('after', `${examples}\n${modelFileHelp}\n${exitCodeHelp}`)
    .action(train)
}

async function train(options: TrainOptions): Promise<void> {
  const say = options.json ? printNote : printLine
  const training = trainingFrom(options)
  checkValidation(options, followsValidation(training.optimizer))
  for (const file of [options.save, options.checkpoint]) {
    if (file !== undefined) await checkOutput(file)
  }
  if (options.save ?? options.checkpoint ?? options.log) finishUnread()
  const resumed = options.resume === undefined ? null : await checkpointFrom(options.resume)
  const target = options.log === undefined ? null : await logTarget(options.log, resumed?.log ?? null)
  await checkFiles(options, target?.path)
  const given = await modelFromFile(options)
  const data = await loadWithProgress(options)
  const model = given ?? perceptron(options, data.train)
  const parts =
    options.holdout > 0
      ? fromOption('--holdout', () => holdout(data.train, options.holdout, { seed: model.seed }))
      : { train: data.train, validation: undefined }
  const engine = await engineFrom(options)
  const standard = options.standardise ? standardisation(parts.train) : null
  const trainer = fromOption('', () =>
    createTrainer(engine, model, { ...training, ...(standard ? { standardisation: standard } : {}) }),
  )
  // A model of a file is that file's own matter.
  if (!given) fromOption('', () => trainer.trainingProgram(parts.train))
  const run: Run = { data, ...parts, trainer, settings: settingsFrom(options, training) }
  const isKept = options.checkpoint !== undefined || resumed !== null
  const recipe = isKept ? await recipeOf(run) : {}
  if (resumed) {
    resume(trainer, recipe, resumed.saved, resumed.file)
    checkEpochs(trainer.history.length, options.epochs, resumed.file)
  }
  const progress = new Progress(
    (options.epochs - trainer.history.length) * run.train.count,
    'epoch {epoch}  {bar} {percentage}%  {speed} samples/s  {left} left  loss {loss}',
  )
  // From here on there is something to save.
  const interrupt = catchInterrupt(() => {
    progress.interrupt(() => printNote('Stopping after this step; Ctrl-C again ends at once.'))
  })
  say(...describeRun(run))

  let saved: Outcome['saved'] = null
  const save = async () => {
    if (options.save === undefined) return
    const settings = { data: data.name, standardisation: standard, loss: training.loss }
    saved = await saveModel(options.save, await writeModel(model, settings), await model.fingerprint())
  }
  const warn = (error: unknown) => {
    if (!(error instanceof DataError)) throw error
    progress.interrupt(() =>
      printNote(`warning: ${error.message.replace(/\.$/, '')}; training goes on, and it is tried again.`),
    )
  }
  let checkpoint: Outcome['checkpoint'] = null
  let unwritten: { bytes: Uint8Array; epochs: number } | null = null
  const keep = async (taken: { bytes: Uint8Array; epochs: number }) => {
    const { checkpoint: file } = options
    if (file === undefined) return
    unwritten = taken
    await writeOutput(file, taken.bytes)
      .then(() => {
        unwritten = null
        checkpoint = { file, epochs: taken.epochs }
      })
      .catch(warn)
  }
  const take = async () => {
    if (options.checkpoint === undefined) return
    const extra = { log: target?.inFolder ?? null }
    const bytes = await writeCheckpoint({ recipe, checkpoint: trainer.checkpoint(), extra })
    await keep({ bytes, epochs: trainer.history.length })
  }
  await take()
  const log = target && (await EpochLog.create(target, trainer.history))
  const onEpoch = async (result: EpochResult) => {
    await log?.append(result).catch(warn)
    // Ctrl-C cuts an epoch short: the checkpoint stays that of the epoch before.
    if (result.complete) await take()
  }
  await fit(run, { progress, signal: interrupt.signal }, say, onEpoch)
    .catch(async (error) => {
      // The weights are those of the last good epoch, if there was one.
      if (error instanceof TrainingError && trainer.history.length > 0) await save()
      throw error
    })
    .finally(() => {
      interrupt.release()
      return log?.close()
    })
  if (unwritten) await keep(unwritten)
  await save()
  const test = await measure(trainer, data.test)
  const sha256 = await model.fingerprint()
  const interrupted = interrupt.signal.aborted
  const outcome = { interrupted, test, sha256, saved, checkpoint }
  if (options.json) printJson(outcomeJson(run, outcome))
  else printLine(...describeOutcome(run, outcome))
  engine.close()
  if (interrupted) process.exitCode = ExitCode.Interrupted
}

/** @throws UsageError where validation is needed and no samples are held out for it */
function checkValidation({ holdout, earlyStopping }: TrainOptions, rateFollows: boolean): void {
  if (holdout > 0) return
  if (earlyStopping !== undefined) {
    throw new UsageError('--early-stopping watches the validation loss, so --holdout should be above 0.')
  }
  if (rateFollows) {
    throw new UsageError('--learning-rate follows the validation loss here, so --holdout should be above 0.')
  }
}

function checkEpochs(done: number, epochs: number, file: string): void {
  if (done <= epochs) return
  throw new UsageError(`--epochs should be at least the ${done} that ${file} has behind it, found ${epochs}.`)
}

/** @throws UsageError for an output that is another one, or an input */
async function checkFiles(
  { save, checkpoint, resume, model }: TrainOptions,
  log: string | undefined,
): Promise<void> {
  const results = [
    { option: '--save', path: save },
    { option: '--log', path: log },
  ]
  const kept = { option: '--checkpoint', path: checkpoint }
  const given = { option: '--model', path: model }
  // A run may go on writing the checkpoint that it comes from.
  await checkDistinct([...results, kept], [given])
  await checkDistinct(results, [{ option: '--resume', path: resume }])
}

const runExtra = object<{ log: string | null }>({ log: logName })

async function checkpointFrom(
  file: string,
): Promise<{ saved: SavedCheckpoint; file: string; log: string | null }> {
  const saved = await readCheckpoint(await readInput(file), file, runExtra)
  return { saved, file, log: (saved.extra as { log: string | null }).log }
}

/** Writes the model, somewhere else where it has to be: a trained model is not lost for a full disk. */
async function saveModel(path: string, bytes: Uint8Array, sha256: string): Promise<string | null> {
  try {
    const { file, problem } = await rescueOutput(path, bytes, sha256.slice(0, 8))
    if (problem === null) return file
    printError(`${problem}; the model is in ${file}.`)
    process.exitCode = ExitCode.Failed
    return file
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    printError(`${error.message}; the model is not saved.`)
    process.exitCode = ExitCode.Failed
    return null
  }
}

function settingsFrom(
  { epochs, earlyStopping, standardise = false }: TrainOptions,
  { batchSize, optimizer, loss, clip, augment }: TrainingOptions,
): Run['settings'] {
  return {
    ...{ epochs, batch: batchSize, optimizer, loss, clip: clip ?? null, augment: augment ?? null },
    earlyStopping: earlyStopping === undefined ? null : { patience: earlyStopping },
    standardise,
  }
}

/** All that decides the bits, but for the number of epochs, which may grow. */
async function recipeOf({
  data: { folder },
  train,
  validation,
  trainer,
  settings: { epochs: _, ...settings },
}: Run): Promise<Recipe> {
  const sha256 = {
    train: await datasetFingerprint(train),
    validation: validation ? await datasetFingerprint(validation) : null,
  }
  // Files of the user's own may have moved: what is in them is bound by its checksum.
  const name = train.name.replace(` in ${folder}`, '')
  const data = { name, train: train.count, validation: validation?.count ?? 0, sha256 }
  const arithmetic = isRelaxed(trainer.engine.name) ? 'relaxed' : 'exact'
  return { model: trainer.model.config, data, arithmetic, ...settings }
}

/** Trains with a line for every epoch and a progress bar below, until the signal ends it after the step at hand. */
async function fit(
  { trainer, train, validation, settings: { epochs, earlyStopping } }: Run,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
  say: (line: string) => void,
  onEpoch: (result: EpochResult) => Promise<void>,
): Promise<void> {
  const before = trainer.history.length
  const total = (epochs - before) * train.count
  let seconds = 0
  let epochStarted = performance.now()
  try {
    const results = trainer.fit(train, {
      epochs: epochs - before,
      signal,
      ...(validation ? { validationData: validation } : {}),
      ...(earlyStopping ? { earlyStopping } : {}),
      onStep({ epoch, samples, loss }) {
        const done = (epoch - 1 - before) * train.count + samples
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
      await onEpoch(result)
      seconds += result.seconds
      epochStarted = performance.now()
    }
  } finally {
    progress.stop()
  }
}
