/** A log of a run that grows as epochs end. */
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  csvHeader,
  csvLine,
  DataError,
  type EpochResult,
  jsonLine,
  tensorboardEpoch,
  tensorboardHeader,
} from '../index.js'
import { leaf } from '../schema/schema.js'
import { UsageError } from './errors.js'
import { checkOutput } from './files.node.js'

interface LogFormat {
  begin(wallTime: number): string | Uint8Array
  epoch(result: EpochResult, wallTime: number): string | Uint8Array
}

const jsonLines: LogFormat = { begin: () => '', epoch: jsonLine }
const csv: LogFormat = { begin: () => csvHeader(), epoch: (result) => csvLine(result) }
const tensorboard: LogFormat = { begin: tensorboardHeader, epoch: tensorboardEpoch }

/** Where a log goes, and how it is written. */
export interface LogTarget {
  readonly path: string
  readonly format: LogFormat
  /** What it was called in the folder that was asked for; null for a log that has a name of its own. */
  readonly inFolder: string | null
}

/** In folders: of the form that TensorBoard finds. */
const IN_FOLDER = /^events\.out\.tfevents\.\d+\.lanegrad\.\d+$/

/** What a checkpoint keeps of the log: in a folder, the resumed run goes on with the same file. */
export const logName = leaf<string | null>(
  'the name of an event file, or null',
  (value) => value === null || (typeof value === 'string' && IN_FOLDER.test(value)),
)

/**
 * The log that `path` asks for: JSON lines (.jsonl), comma-separated values (.csv), or an event file of TensorBoard
 * (tfevents in its name, or a file in a folder that is there: a new one, but for a run that goes on with that of before).
 *
 * @param before what the run that is resumed has called its log in a folder
 * @throws UsageError for any other name; DataError when it could not be written
 */
export async function logTarget(path: string, before: string | null): Promise<LogTarget> {
  const target = await targetOf(path, before)
  await checkOutput(target.path)
  return target
}

async function targetOf(path: string, before: string | null): Promise<LogTarget> {
  if (path.endsWith('.jsonl')) return { path, format: jsonLines, inFolder: null }
  if (path.endsWith('.csv')) return { path, format: csv, inFolder: null }
  const present = await stat(path).catch(() => null)
  if (present?.isDirectory()) {
    const isThere = before !== null && (await readdir(path)).includes(before)
    const name = isThere ? before : `events.out.tfevents.${Math.floor(secondsNow())}.lanegrad.${process.pid}`
    return { path: join(path, name), format: tensorboard, inFolder: name }
  }
  if (basename(path).includes('tfevents')) return { path, format: tensorboard, inFolder: null }
  throw new UsageError(
    `--log: expected a name that ends in .jsonl or .csv, one that contains tfevents, or a folder that is there, found ${path}.`,
  )
}

/** Emptied, and written at its end wherever that is. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND

export class EpochLog {
  /** Bytes of the file that are written, and those that could not be. */
  private written = 0
  private pending = new Uint8Array(0)

  private constructor(
    private readonly target: LogTarget,
    private readonly file: FileHandle,
  ) {}

  /** Begins the log anew with the epochs that there are already. */
  static async create(target: LogTarget, epochs: readonly EpochResult[]): Promise<EpochLog> {
    const file = await open(target.path, ANEW).catch((error) => fail(target.path, error))
    const log = new EpochLog(target, file)
    const { format } = target
    const lines = [format.begin(secondsNow()), ...epochs.map((epoch) => format.epoch(epoch, secondsNow()))]
    // What a full disk has no place for is written, or complained of, with the next epoch.
    for (const line of lines) await log.write(line).catch(() => undefined)
    return log
  }

  /** @throws DataError when it cannot be written; it is written with the next one then */
  async append(epoch: EpochResult): Promise<void> {
    await this.write(this.target.format.epoch(epoch, secondsNow()))
  }

  close(): Promise<void> {
    return this.file.close()
  }

  private async write(data: string | Uint8Array): Promise<void> {
    const { file, pending } = this
    const more = typeof data === 'string' ? new TextEncoder().encode(data) : data
    const all = new Uint8Array(pending.length + more.length)
    all.set(pending)
    all.set(more, pending.length)
    this.pending = all
    try {
      // A part of what was pending may be in the file.
      if (pending.length > 0) await file.truncate(this.written)
      await file.appendFile(all)
    } catch (error) {
      fail(this.target.path, error as Error)
    }
    this.written += all.length
    this.pending = new Uint8Array(0)
  }
}

function fail(path: string, error: Error): never {
  throw new DataError(`${path}: the log cannot be written: ${error.message}.`, { cause: error })
}

/** Since 1970. */
function secondsNow(): number {
  return Date.now() / 1000
}
