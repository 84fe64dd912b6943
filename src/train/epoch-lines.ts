import { LanegradError } from '../errors.js'
import { list, read } from '../schema/schema.js'
import { text } from '../schema/values.js'
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

type Figures = Record<(typeof columns)[number] | `validation${string}`, number | boolean | null>

const columnOf = (metric: string) =>
  `validation${metric.slice(0, 1).toUpperCase()}${metric.slice(1)}` as const

/** The figures of an epoch that a log keeps; those of the validation are null without it, as is what means nothing. */
function figuresOf(result: EpochResult): Figures {
  const { epoch, steps, samples, loss, accuracy, learningRate, validation } = result
  const { seconds, samplesPerSecond, complete } = result
  return {
    ...{ epoch, steps, samples, loss, accuracy: orNull(accuracy), learningRate },
    ...{ validationLoss: validation?.loss ?? null, validationAccuracy: orNull(validation?.accuracy) },
    ...{ seconds, samplesPerSecond, complete },
    ...Object.fromEntries(
      Object.entries(validation?.metrics ?? {}).map(([name, value]) => [columnOf(name), orNull(value)]),
    ),
  }
}

const orNull = (value = Number.NaN) => (Number.isNaN(value) ? null : value)

/** An epoch as a line of JSON, to be appended to a log (jsonlines.org); ends with a line feed. */
export function jsonLine(result: EpochResult): string {
  read(LanegradError, 'jsonLine', 'result', anEpoch, result)
  return `${JSON.stringify(figuresOf(result))}\n`
}

/**
 * The first line of a log of `csvLine`s: the columns' names.
 * @param metrics names of the trainer's metrics, in order
 */
export function csvHeader(metrics: readonly string[] = []): string {
  const names = read(LanegradError, 'csvHeader', 'metrics', list('names', text), metrics)
  return `${[...columns, ...names.map(columnOf)].join(',')}\r\n`
}

/**
 * An epoch as a line of comma-separated values (RFC 4180), to be appended to a log; what is missing is left empty.
 * @param metrics as the header has them
 */
export function csvLine(result: EpochResult, metrics: readonly string[] = []): string {
  read(LanegradError, 'csvLine', 'result', anEpoch, result)
  const names = read(LanegradError, 'csvLine', 'metrics', list('names', text), metrics)
  const figures = figuresOf(result)
  return `${[...columns, ...names.map(columnOf)].map((column) => figures[column] ?? '').join(',')}\r\n`
}
