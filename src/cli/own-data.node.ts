/** Data of the user's own as a network is trained, measured and used on them. */
import { rowOf } from '../data/dataset.js'
import { type Scale, scaleOf } from '../data/scale.js'
import { isMissing, learnTargets } from '../data/table/encoding.js'
import { showCell } from '../data/table/table.js'
import {
  completeRows,
  DataError,
  type Dataset,
  encodeTable,
  holdout,
  holdoutRows,
  learnEncoding,
  type NpyArray,
  npyDataset,
  type Preparation,
  picturesByClass,
  picturesDataset,
  preparePictures,
  type Table,
  tableDataset,
} from '../index.js'
import { fromOption, UsageError } from './errors.js'
import { counted } from './format.js'
import { type OwnFiles, picturesAt, readOwn, shortName } from './own-files.node.js'
import { type OwnChoice, refuseTarget } from './own-options.js'
import { readColours } from './picture.node.js'

/** A training part, what was learnt on it, and what is held out. */
export interface OwnParts {
  readonly train: Dataset
  readonly validation: Dataset | undefined
  readonly preparation: Preparation
  /** What people should know of how the data were read. */
  readonly notes: readonly string[]
}

/** How much of the data is held out, drawn by a seed. */
export interface Holdout {
  readonly holdout: number
  readonly seed: number
}

/**
 * Reads data and splits them; what is learnt of them is learnt on the training part.
 *
 * @throws DataError naming the file, as the readers; UsageError for options that the data do not go with
 */
export async function loadOwn(path: string, choice: OwnChoice, split: Holdout): Promise<OwnParts> {
  const files = await readOwn(path, choice)
  switch (files.kind) {
    case 'table':
      return tableParts(files.table, choice, split)
    case 'pictures':
      return picturesParts(files, choice, split)
    case 'arrays':
      return arraysParts(files, choice, split)
  }
}

function named(set: Dataset, path: string): Dataset {
  return { ...set, name: shortName(path) }
}

function held(set: Dataset | undefined): Dataset | undefined {
  return set && { ...set, name: `${set.name}, held out` }
}

function parts(set: Dataset, { holdout: part, seed }: Holdout): Pick<OwnParts, 'train' | 'validation'> {
  if (part === 0) return { train: set, validation: undefined }
  const { train, validation } = fromOption('--holdout', () => holdout(set, part, { seed }))
  return { train, validation: held(validation) }
}

function tableParts(whole: Table, choice: OwnChoice, split: Holdout): OwnParts {
  const { target, ignore = [], categories = [], task } = choice
  if (target === undefined) throw new UsageError(`--target: ${expectedTarget(whole)}`)
  const notes: string[] = []
  const columns = [...target, ...ignore, ...categories]
  const unknown = columns.find((column) => !whole.columns.includes(column))
  if (unknown !== undefined) {
    const option = target.includes(unknown)
      ? '--target'
      : ignore.includes(unknown)
        ? '--ignore'
        : '--categories'
    throw new UsageError(`${option}: ${expectedColumn(whole)}, found '${unknown}'.`)
  }
  const twice = [...target, ...ignore].find((column, i, all) => all.indexOf(column) < i)
  if (twice !== undefined) {
    throw new UsageError(`--target and --ignore: expected each column once, found '${twice}' twice.`)
  }
  const used = whole.columns.filter((column) => !ignore.includes(column))
  const { table, dropped } = withoutMissing(whole, choice, used, target)
  if (dropped > 0) notes.push(`${counted(dropped, 'row')} with missing values left out`)
  const { train: onTrain, validation: onHeld } = tables(table, split)
  const options = {
    ignore,
    categories,
    ...(task && { task }),
    ...(choice.missing === 'mean' && { missing: 'mean' as const }),
  }
  // Classes are those of all rows: one that is held out as a whole is one nevertheless.
  const all = learnTargets(table, { ...options, target })
  const areClasses = all[0]!.type === 'category'
  const { inputs } = learnEncoding(onTrain, { ...options, ignore: [...ignore, ...target] })
  const targets = areClasses ? all : learnTargets(onTrain, { ...options, target, task: 'numbers' })
  const encoding = { inputs, targets }
  const unseen = onHeld ? encodeTable(onHeld, encoding).unseen : 0
  if (unseen > 0)
    notes.push(`${counted(unseen, 'cell')} held out of a category that the training part has not`)
  return {
    train: named(tableDataset(onTrain, encoding), table.name),
    validation: held(onHeld && named(tableDataset(onHeld, encoding), table.name)),
    preparation: { type: 'table', encoding },
    notes: [...notes, ...fewNumbers(table, encoding.targets[0]!)],
  }
}

/** A target of numbers that look like classes. */
function fewNumbers(
  table: Table,
  { type, column }: { readonly type: string; readonly column: string },
): string[] {
  const place = table.columns.indexOf(column)
  const different = new Set(table.rows.map((row) => row[place]))
  if (type === 'category' || different.size > 10 || table.rows.length < 50) return []
  return [
    `${column} has ${different.size} different numbers alone: --task classes tells them apart as classes`,
  ]
}

const expectedColumn = ({ columns, name }: Table) =>
  `expected a column of ${name}, which has ${columns.slice(0, 30).join(', ')}${columns.length > 30 ? ', ...' : ''}`

const expectedTarget = (table: Table) => `${expectedColumn(table)}: the one to be predicted, found none.`

/** Rows are left out where `--missing drop` says so, and where a target is missing, which teaches nothing. */
function withoutMissing(
  table: Table,
  { missing = 'error' }: OwnChoice,
  used: readonly string[],
  target: readonly string[],
): { table: Table; dropped: number } {
  if (missing === 'error') {
    refuseMissing(table, used)
    return { table, dropped: 0 }
  }
  return completeRows(table, missing === 'drop' ? used : target)
}

/** @throws DataError naming the line and the column of the first missing value, and what can be done about it */
function refuseMissing({ name, columns, rows, lines }: Table, used: readonly string[]): void {
  const places = used.map((column) => columns.indexOf(column))
  for (const [i, row] of rows.entries()) {
    const place = places.find((place) => place >= 0 && isMissing(row[place]!))
    if (place === undefined) continue
    throw new DataError(
      `${name}: line ${lines[i]}, column ${showCell(columns[place]!)}: expected a value, found a missing one, ${showCell(row[place]!)}: ` +
        '--missing drop leaves such rows out, --missing mean fills them.',
    )
  }
}

function tables(table: Table, { holdout: part, seed }: Holdout): { train: Table; validation?: Table } {
  return part === 0 ? { train: table } : fromOption('--holdout', () => holdoutRows(table, part, { seed }))
}

async function picturesParts(
  { path, files }: Extract<OwnFiles, { kind: 'pictures' }>,
  { size, channels = 1 }: OwnChoice,
  split: Holdout,
): Promise<OwnParts> {
  const pictures = await picturesByClass(files, path, {
    decode: readColours,
    channels,
    ...(size && { size }),
  })
  const [height, width] = pictures.sampleShape as [number, number]
  return {
    ...parts(picturesDataset(pictures, shortName(path)), split),
    preparation: { type: 'pictures', size: [height, width], channels, classNames: pictures.classNames },
    notes: [],
  }
}

function arraysParts(
  { path, inputs, targets }: Extract<OwnFiles, { kind: 'arrays' }>,
  { task }: OwnChoice,
  split: Holdout,
): OwnParts {
  const name = shortName(path)
  const whole = npyDataset({ name, inputs, targets: expected(targets, path), ...(task && { task }) })
  if (whole.classes === 1) {
    throw new DataError(`${path}: expected targets of two or more classes, found class 0 alone.`)
  }
  const { train, validation } = parts(whole, split)
  const scales = scalesOf(train)
  return {
    train: scaled(train, scales),
    validation: validation && scaled(validation, scales),
    preparation: { type: 'arrays', targets: scales },
    notes: [],
  }
}

function expected(targets: NpyArray | null, path: string): NpyArray {
  if (targets !== null) return targets
  throw new UsageError(`--target: expected the array of what is to be predicted from ${path}, found none.`)
}

/** Of each number of the targets; none for classes. */
function scalesOf(set: Dataset): Scale[] {
  if (!(set.targets instanceof Float32Array)) return []
  const [size = 1] = set.targetShape ?? []
  return Array.from({ length: size }, (_, j) =>
    scaleOf(Float64Array.from({ length: set.count }, (_, i) => set.targets[rowOf(set, i) * size + j]!)),
  )
}

function scaled(set: Dataset, scales: readonly Scale[]): Dataset {
  if (!(set.targets instanceof Float32Array)) return set
  const targets = set.targets.map((target, i) => {
    const { mean, deviation } = scales[i % scales.length]!
    return (target - mean) / deviation
  })
  return { ...set, targets }
}

/**
 * All of a user's files as data to measure a trained model on.
 *
 * @param outputs of the model, one for each class where it has classes
 * @throws DataError naming the file, also where it is of another kind than the model was trained on
 */
export async function loadMeasured(
  path: string,
  choice: OwnChoice,
  preparation: Preparation,
  outputs: number,
): Promise<Dataset> {
  const files = await readOwn(path, choice)
  checkKind(files, preparation)
  refuseTarget(choice, files.kind)
  if (files.kind === 'table' && preparation.type === 'table') {
    const { encoding } = preparation
    const target = encoding.targets.map(({ column }) => column)
    const used = [...encoding.inputs.map(({ column }) => column), ...target]
    // What is missing may have been learnt to be filled.
    const { table } = choice.missing === undefined ? files : withoutMissing(files.table, choice, used, target)
    return named(tableDataset(table, encoding), path)
  }
  if (files.kind === 'pictures' && preparation.type === 'pictures') {
    const { size, channels, classNames } = preparation
    const pictures = await picturesByClass(files.files, path, { decode: readColours, size, channels })
    const targets = pictures.targets.map((id, i) => {
      const found = classNames.indexOf(pictures.classNames[id]!)
      if (found >= 0) return found
      throw new DataError(
        `${path}: ${pictures.paths[i]}: expected a folder of a class that the model knows, ${classNames.join(', ')}.`,
      )
    })
    return picturesDataset({ ...pictures, targets, classNames }, shortName(path))
  }
  const { inputs, targets } = files as Extract<OwnFiles, { kind: 'arrays' }>
  const scales = preparation.type === 'arrays' ? preparation.targets : []
  const about = { name: shortName(path), inputs, targets: expected(targets, path) }
  const set = npyDataset(
    scales.length > 0 ? { ...about, task: 'numbers' } : { ...about, task: 'classes', classes: outputs },
  )
  if (set.targetShape?.[0] === undefined || set.targetShape[0] === scales.length) return scaled(set, scales)
  throw new DataError(
    `${path}: expected ${scales.length} numbers to be predicted, as the model gives, found ${set.targetShape[0]}.`,
  )
}

function checkKind({ kind, path }: OwnFiles, { type }: Preparation): void {
  if (kind === type) return
  throw new DataError(
    `${path}: expected ${type === 'table' ? 'a table' : type}, as the model was trained on, found ${kind}.`,
  )
}

/** What a model is asked about, one after the other, and how each is called. */
export interface Asked {
  /** [rows, ...shape of a sample]; bytes as 0..1 */
  readonly inputs: Float32Array
  readonly names: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Reads what a model is asked about: rows of tables, pictures, rows of arrays.
 *
 * @throws DataError naming the file
 */
export async function loadAsked(path: string, choice: OwnChoice, preparation: Preparation): Promise<Asked> {
  if (preparation.type === 'pictures') return askedPictures(path, preparation)
  const files = await readOwn(path, choice)
  checkKind(files, preparation)
  if (files.kind === 'table' && preparation.type === 'table') {
    const encoding = { ...preparation.encoding, targets: [] }
    const { inputs, unseen } = encodeTable(files.table, encoding)
    const notes = unseen > 0 ? [`${counted(unseen, 'cell')} of a category that the model has never seen`] : []
    return { inputs, names: files.table.lines.map((line) => `line ${line}`), notes }
  }
  const { inputs } = files as Extract<OwnFiles, { kind: 'arrays' }>
  const unit = inputs.data instanceof Uint8Array ? 255 : 1
  return {
    inputs: Float32Array.from(inputs.data, (value) => value / unit),
    names: Array.from({ length: inputs.shape[0] ?? 1 }, (_, i) => `row ${i}`),
    notes: [],
  }
}

async function askedPictures(
  path: string,
  { size, channels }: Extract<Preparation, { type: 'pictures' }>,
): Promise<Asked> {
  const files = await picturesAt(path)
  const bytes = await preparePictures(files, '', { decode: readColours, size, channels })
  return {
    inputs: Float32Array.from(bytes, (byte) => byte / 255),
    names: files.map(({ path }) => path),
    notes: [],
  }
}
