import type { Command } from 'commander'
import { type Family, families as known } from '../data/mnist.js'
import type { Preparation } from '../index.js'
import {
  builtInDigits,
  DataError,
  type DataProgress,
  type Dataset,
  DataUnavailableError,
  fashionMnist,
  kmnist,
  mnist,
  take,
} from '../index.js'
import { fromOption, UsageError } from './errors.js'
import { path, wholeNumber } from './parse.js'

const families = { mnist, 'fashion-mnist': fashionMnist, kmnist } as const
export type FamilyName = keyof typeof families

/** The data sets behind the names. */
export const published: Record<FamilyName, Family> = {
  ...{ mnist: known.mnist, 'fashion-mnist': known.fashionMnist, kmnist: known.kmnist },
}

export type DataName = FamilyName | 'digits'

export const familyNames = Object.keys(families) as FamilyName[]
export const dataNames: DataName[] = [...familyNames, 'digits']

/** Which data set with a name, and where it may come from. */
export interface DataChoice {
  /** Undefined lets the built-in digits stand in for MNIST where that cannot be had. */
  readonly data?: DataName
  readonly dataDir?: string
  /** False forbids the network. */
  readonly download: boolean
  readonly limit?: number
}

export interface LoadedData {
  /** That of `--data`; "your files in FOLDER" for files that are not those that the data set was published as. */
  readonly name: string
  readonly train: Dataset
  readonly test: Dataset
  /** The folder of the files, or null for what is generated. */
  readonly folder: string | null
  /** Of the user's own files: how they become samples. */
  readonly preparation?: Preparation
}

/** What happens while data are loaded. */
export interface LoadEvents {
  readonly signal: AbortSignal
  onProgress(progress: DataProgress): void
  /** Called when the built-in digits stand in, with the reason. */
  onStandIn(reason: string): void
}

/** `--data`, which names a data set or the user's own files, and where the former are found. */
export function addDataOptions(command: Command): Command {
  return addSourceOptions(command.option('--data <name|path>', DATA_HELP, path))
}

/** What `--data` or an argument in its place says. */
export const DATA_HELP = `${dataNames.join(', ')}, or a file, folder or zip of your own (default: mnist; the built-in digits where it cannot be had)`

/** @throws UsageError for an option that does not go with files of the user's own */
export function refuseSourceOptions({ dataDir, limit }: Omit<DataChoice, 'data'>): void {
  if (dataDir !== undefined) throw new UsageError('--data-dir does not go with a file or folder of your own.')
  if (limit !== undefined) throw new UsageError('--limit does not go with a file or folder of your own.')
}

export function addSourceOptions(command: Command): Command {
  return command
    .option(
      '--data-dir <folder>',
      'folder of the IDX files, plain or .gz (default: LANEGRAD_DATA, then the cache)',
      path,
    )
    .option('--no-download', 'never use the network')
    .option(
      '--limit <samples>',
      'only the first samples of the training and of the test part',
      wholeNumber(1),
    )
}

/**
 * Loads the data set that was chosen.
 *
 * @throws DataError as loadFamily; UsageError for a folder with the built-in digits
 */
export async function loadData(choice: DataChoice, events: LoadEvents): Promise<LoadedData> {
  const name = choice.data ?? 'mnist'
  if (name === 'digits') return standIn(choice)
  try {
    const data = await families[name]({
      ...(choice.dataDir === undefined ? {} : { dir: choice.dataDir }),
      download: choice.download,
      signal: events.signal,
      onProgress: events.onProgress,
    })
    const { train, test, folder } = data
    const isPublished = data.name === published[name].name
    return {
      name: isPublished ? name : data.name,
      ...{ train: first(train, choice.limit), test: first(test, choice.limit), folder },
    }
  } catch (error) {
    if (!(error instanceof DataUnavailableError)) throw error
    const advice = 'give the folder of its files by --data-dir, or in the environment variable LANEGRAD_DATA'
    const message = `${error.reason} Without a network ${advice}.`
    if (choice.data !== undefined) throw new DataError(message)
    events.onStandIn(message)
    return standIn(choice)
  }
}

function standIn({ dataDir, limit }: DataChoice): LoadedData {
  if (dataDir !== undefined) throw new UsageError('--data-dir does not go with the built-in digits.')
  const { train, test } = fromOption('--limit', () =>
    builtInDigits(limit === undefined ? {} : { train: limit, test: Math.min(limit, 2000) }),
  )
  return { name: 'digits', train, test, folder: null }
}

/** The first `limit` samples, or all of them where there are fewer. */
function first(data: Dataset, limit: number | undefined): Dataset {
  return limit === undefined || limit >= data.count ? data : take(data, limit)
}
