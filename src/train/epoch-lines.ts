import { LanegradError } from '../errors.js'
import { read } from '../schema/schema.js'
import { anEpoch, type EpochResult } from './results.js'

const columns = [
  'epoch',
  'steps',
  'samples',
  'loss',
  'accuracy',
  'learningRate',
  'validationLoss',
  'validationAccuracy',
  'seconds',
  'samplesPerSecond',
  'complete',
] as const

/** The figures of an epoch that a log keeps; those of the validation are null without it. */
function figuresOf(result: EpochResult): Record<(typeof columns)[number], number | boolean | null> {
  const { epoch, steps, samples, loss, accuracy, learningRate, validation } = result
  const { seconds, samplesPerSecond, complete } = result
  return {
    ...{ epoch, steps, samples, loss, accuracy, learningRate },
    ...{ validationLoss: validation?.loss ?? null, validationAccuracy: validation?.accuracy ?? null },
    ...{ seconds, samplesPerSecond, complete },
  }
}

/** An epoch as a line of JSON, to be appended to a log (jsonlines.org); ends with a line feed. */
export function jsonLine(result: EpochResult): string {
  read(LanegradError, 'jsonLine', 'result', anEpoch, result)
  return `${JSON.stringify(figuresOf(result))}\n`
}

/** The first line of a log of `csvLine`s: the columns' names. */
export function csvHeader(): string {
  return `${columns.join(',')}\r\n`
}

/** An epoch as a line of comma-separated values (RFC 4180), to be appended to a log; what is missing is left empty. */
export function csvLine(result: EpochResult): string {
  read(LanegradError, 'csvLine', 'result', anEpoch, result)
  const figures = figuresOf(result)
  return `${columns.map((column) => figures[column] ?? '').join(',')}\r\n`
}
