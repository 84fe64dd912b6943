/** Our numbers beside the published ones. */
import type { Experiment, Measure, Published } from '../experiments/experiment.js'
import { configurationOf } from '../experiments/experiment.js'
import { type MeasureAt, measured, median, type RunResult } from '../experiments/results.js'

/** One number over several seeds. */
export interface Spread {
  readonly seeds: number
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Null where no training has it. */
export function spreadOf(results: readonly RunResult[], configuration: string, at: MeasureAt): Spread | null {
  const values = results
    .filter((result) => result.configuration === configuration)
    .map((result) => measured(result, at))
    .filter((value) => !Number.isNaN(value))
  if (values.length === 0) return null
  return {
    ...{ seeds: values.length, median: median(values) },
    ...{ low: Math.min(...values), high: Math.max(...values) },
  }
}

/** A published number with ours. */
export interface Comparison {
  readonly published: Published
  readonly label: string
  readonly ours: Spread | null
  readonly verdict: string
}

export function comparisons(experiment: Experiment, results: readonly RunResult[]): Comparison[] {
  return experiment.published.map((published) => {
    const ours = spreadOf(results, published.configuration, published)
    const { label } = configurationOf(experiment, published.configuration)
    return { published, label, ours, verdict: ours ? verdictOf(published, ours) : 'not run' }
  })
}

const lowerIsBetter: readonly Measure[] = [
  'test loss',
  'validation loss',
  'training loss',
  'seconds an epoch',
]

/** How far a value may be off that was read off a figure. */
const READ_OFF = 0.015

function verdictOf({ value, measure, about }: Published, { low, high }: Spread): string {
  const margin = about ? READ_OFF : 0
  if (value >= low - margin && value <= high + margin) return about ? 'matched, as read off' : 'matched'
  return value < low === lowerIsBetter.includes(measure) ? 'worse' : 'better'
}

/** What is measured, and when: "validation accuracy, epoch 10". */
export function describeMeasure({ measure, epoch, over = 1 }: MeasureAt): string {
  const when = epoch === undefined ? '' : `, epoch ${epoch}`
  return `${measure}${when}${over > 1 ? `, median of ${over}` : ''}`
}

/** A number with as many decimals as its measure is told with. */
export function shown(value: number, measure: Measure): string {
  if (Number.isNaN(value)) return '-'
  if (measure === 'own digits right') return String(value)
  if (measure === 'seconds an epoch') return value.toFixed(2)
  return value.toFixed(4)
}

/** "0.9316 (0.9301 to 0.9320)", the seeds' range only where there is more than one. */
export function shownSpread(spread: Spread | null, measure: Measure): string {
  if (!spread) return '-'
  const middle = shown(spread.median, measure)
  if (spread.seeds === 1) return middle
  return `${middle} (${shown(spread.low, measure)} to ${shown(spread.high, measure)})`
}
