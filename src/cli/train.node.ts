import type { Command } from 'commander'
import { datasetFingerprint } from '../data/fingerprint.js'
import { isRelaxed } from '../engine/engine.js'
import { writeModel } from '../formats/saved-model.js'
import {
  createTrainer,
  DataError,
  type Dataset,
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
import { addDataOptions, type DataChoice, type LoadedData, refuseSourceOptions } from './data-options.js'
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
import { finishUnread, printError, printJson, printLine, printNote, visible } from './output.node.js'
import { loadOwn } from './own-data.node.js'
import { type DataSource, named, sourceOf } from './own-files.node.js'
import { addOwnOptions, checkOwnOptions, type OwnChoice, ownDataHelp } from './own-options.js'
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

interface TrainOptions
  extends Omit<DataChoice, 'data'>,
    OwnChoice,
    ModelChoice,
    TrainingChoice,
    EngineChoice {
  readonly data?: string
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
  lanegrad train --engine js --epochs 1        the same SHA-256 as any other engine
  lanegrad train --data penguins.csv --target species --missing drop --save penguins.safetensors
  lanegrad train --data houses.csv --target price --ignore id --categories postcode --missing mean
  lanegrad train --data pictures --size 32 --channels 3 --model cnn.json --save pictures.safetensors
  lanegrad train --data samples.npz --target y --hidden 64,64`

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a network, and report what it reaches on the test part')
  addModelOptions(command)
  addDataOptions(command)
  addOwnOptions(command)
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
    .addHelpText('after', `${examples}\n${ownDataHelp}\n${ownDefaults}\n${modelFileHelp}\n${exitCodeHelp}`)
    .action(train)
}

/** Of data of the user's own, which are few as a rule. */
const usualOfOwn = { holdout: 0.2, batch: 32, optimizer: 'adam' } as const
/** Steps that they are trained for, within these numbers of epochs. */
const USUAL_STEPS = 3000
const [FEWEST_EPOCHS, MOST_EPOCHS] = [5, 100]

const ownDefaults = `Defaults for these: --holdout 0.2 --batch 32 --optimizer adam, epochs for about 3,000 steps, from 5 to 100 of them. What is held
out is what the report is about.`

/** Options of which those that were not given are as data of the user's own want them. */
function withOwnDefaults(options: TrainOptions, isGiven: (name: string) => boolean): TrainOptions {
  const usual = Object.entries(usualOfOwn).filter(([name]) => !isGiven(name))
  const isSgd = options.momentum !== undefined || options.nesterov !== undefined
  return {
    ...options,
    ...Object.fromEntries(isSgd ? usual.filter(([name]) => name !== 'optimizer') : usual),
  }
}

function usualEpochs(samples: number, batch: number | 'full'): number {
  const steps = batch === 'full' ? 1 : Math.ceil(samples / batch)
  return Math.min(MOST_EPOCHS, Math.max(FEWEST_EPOCHS, Math.ceil(USUAL_STEPS / steps)))
}

async function train(given: TrainOptions, command: Command): Promise<void> {
  const say = given.json ? printNote : printLine
  const isGiven = (name: string) => command.getOptionValueSource(name) !== 'default'
  const source = await sourceOf(given.data, '--data')
  const isOwn = 'path' in source
  const chosen = isOwn ? withOwnDefaults(given, isGiven) : given
  if (isOwn) refuseSourceOptions(chosen)
  else checkOwnOptions(chosen, null)
  const told = trainingFrom(chosen)
  checkValidation(chosen, followsValidation(told.optimizer))
  for (const file of [chosen.save, chosen.checkpoint]) {
    if (file !== undefined) await checkOutput(file)
  }
  if (chosen.save ?? chosen.checkpoint ?? chosen.log) finishUnread()
  const resumed = chosen.resume === undefined ? null : await checkpointFrom(chosen.resume)
  const target = chosen.log === undefined ? null : await logTarget(chosen.log, resumed?.log ?? null)
  await checkFiles(chosen, target?.path)
  const built = await modelFromFile(chosen)
  const { data, parts, notes } = await partsOf(source, chosen, built?.seed ?? chosen.seed ?? 1)
  for (const note of notes) printNote(`note: ${note}.`)
  const epochs = isOwn && !isGiven('epochs') ? usualEpochs(parts.train.count, chosen.batch) : chosen.epochs
  const options = { ...chosen, epochs }
  const isRegression = parts.train.targets instanceof Float32Array
  const training = isRegression && !isGiven('loss') ? { ...told, loss: 'meanSquaredError' as const } : told
  const { sampleShape, classes, targetShape = [] } = parts.train
  const outputs = isRegression ? targetShape.reduce((product, size) => product * size, 1) : classes
  const model = built ?? perceptron(options, { sampleShape, classes: outputs })
  const engine = await engineFrom(options)
  // Of tables that is in the encoding.
  const isScaled = options.standardise || (isOwn && parts.train.inputs instanceof Float32Array)
  const standard = isScaled && data.preparation?.type !== 'table' ? standardisation(parts.train) : null
  const trainer = fromOption('', () =>
    createTrainer(engine, model, { ...training, ...(standard ? { standardisation: standard } : {}) }),
  )
  // A model of a file is that file's own matter.
  if (!built && !isRegression) fromOption('', () => trainer.trainingProgram(parts.train))
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
    const { name, preparation } = data
    const about = { data: name, standardisation: standard, loss: training.loss }
    const settings = preparation ? { ...about, preparation } : about
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
  const test = await measure(trainer, data.test, data.preparation)
  const sha256 = await model.fingerprint()
  const interrupted = interrupt.signal.aborted
  const outcome = { interrupted, test, sha256, saved, checkpoint }
  if (options.json) printJson(outcomeJson(run, outcome))
  else printLine(...describeOutcome(run, outcome))
  engine.close()
  if (interrupted) process.exitCode = ExitCode.Interrupted
}

interface Parts {
  readonly data: LoadedData
  readonly parts: { readonly train: Dataset; readonly validation: Dataset | undefined }
  readonly notes: readonly string[]
}

/** What is trained on, and what is held out of it. */
async function partsOf(source: DataSource, options: TrainOptions, seed: number): Promise<Parts> {
  const { holdout: part } = options
  if ('path' in source) {
    const { path } = source
    const { train, validation, preparation, notes } = await loadOwn(path, options, { holdout: part, seed })
    const data = { name: visible(path), train, test: validation ?? train, folder: path, preparation }
    return { data, parts: { train, validation }, notes }
  }
  const { data: _, ...choice } = options
  const data = await loadWithProgress({ ...choice, ...named(source.name) })
  const parts =
    part > 0
      ? fromOption('--holdout', () => holdout(data.train, part, { seed }))
      : { train: data.train, validation: undefined }
  return { data, parts, notes: [] }
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
  data: { folder, preparation },
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
  const data = {
    ...{ name, train: train.count, validation: validation?.count ?? 0, sha256 },
    ...(preparation && { preparation }),
  }
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
