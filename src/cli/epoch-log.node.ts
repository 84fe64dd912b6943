/** A log of a run that grows as epochs end. */
import { type FileHandle, open, stat } from 'node:fs/promises'
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
import { UsageError } from './errors.js'
import { checkOutput } from './files.node.js'

interface LogFormat {
  begin(wallTime: number): string | Uint8Array
  epoch(result: EpochResult, wallTime: number): string | Uint8Array
}

const jsonLines: LogFormat = { begin: () => '', epoch: jsonLine }
const csv: LogFormat = { begin: csvHeader, epoch: csvLine }
const tensorboard: LogFormat = { begin: tensorboardHeader, epoch: tensorboardEpoch }

/** Where a log goes, and how it is written. */
export interface LogTarget {
  readonly path: string
  readonly format: LogFormat
}

/**
 * The log that `path` asks for: JSON lines (.jsonl), comma-separated values (.csv), or an event file of TensorBoard
 * (tfevents in its name, or a new file in a folder that is there).
 *
 * @throws UsageError for any other name; DataError when it could not be written
 */
export async function logTarget(path: string): Promise<LogTarget> {
  const target = await targetOf(path)
  await checkOutput(target.path)
  return target
}

async function targetOf(path: string): Promise<LogTarget> {
  if (path.endsWith('.jsonl')) return { path, format: jsonLines }
  if (path.endsWith('.csv')) return { path, format: csv }
  const present = await stat(path).catch(() => null)
  if (present?.isDirectory()) {
    const name = `events.out.tfevents.${Math.floor(secondsNow())}.lanegrad.${process.pid}`
    return { path: join(path, name), format: tensorboard }
  }
  if (basename(path).includes('tfevents')) return { path, format: tensorboard }
  throw new UsageError(
    `--log: expected a name that ends in .jsonl or .csv, one that contains tfevents, or a folder that is there, found ${path}.`,
  )
}

export class EpochLog {
  private constructor(
    private readonly target: LogTarget,
    private readonly file: FileHandle,
  ) {}

  /** Begins the log anew with the epochs that there are already. */
  static async create(target: LogTarget, epochs: readonly EpochResult[]): Promise<EpochLog> {
    const file = await open(target.path, 'w').catch((error) => fail(target.path, error))
    const log = new EpochLog(target, file)
    await log.write(target.format.begin(secondsNow()))
    for (const epoch of epochs) await log.append(epoch)
    return log
  }

  /** @throws DataError when it cannot be written */
  async append(epoch: EpochResult): Promise<void> {
    await this.write(this.target.format.epoch(epoch, secondsNow()))
  }

  close(): Promise<void> {
    return this.file.close()
  }

  private async write(data: string | Uint8Array): Promise<void> {
    await this.file.appendFile(data).catch((error) => fail(this.target.path, error))
  }
}

function fail(path: string, error: Error): never {
  throw new DataError(`${path}: the log cannot be written: ${error.message}.`, { cause: error })
}

/** Since 1970. */
function secondsNow(): number {
  return Date.now() / 1000
}
