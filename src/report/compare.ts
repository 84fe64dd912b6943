/** Our numbers beside the published ones. */
import type { Experiment, Measure, Published } from '../experiments/experiment.js'
import { configurationOf } from '../experiments/experiment.js'
import { counts, type MeasureAt, measured, median, type RunResult } from '../experiments/results.js'
import { incomparable, titleOf } from '../experiments/titles.js'

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
  /** False for a run that the published number says nothing about. */
  readonly comparable: boolean
}

export function comparisons(experiment: Experiment, results: readonly RunResult[]): Comparison[] {
  return experiment.published.map((published) => {
    const ours = spreadOf(results, published.configuration, published)
    const configuration = configurationOf(experiment, published.configuration)
    const run = results.find((result) => result.configuration === configuration.id)
    const label = run ? titleOf(configuration, run) : configuration.label
    const why = run ? incomparable(configuration.recipe, run) : null
    const shared = { published, label, ours, comparable: why === null }
    if (why !== null) return { ...shared, verdict: `${NOT_COMPARABLE}: ${why}` }
    return {
      ...shared,
      verdict: ours ? verdictOf(published, ours, samplesOf(published, results)) : 'not run',
    }
  })
}

/** How verdicts begin that are none. */
export const NOT_COMPARABLE = 'not comparable'

/** How many samples a measure is taken on. */
function samplesOf({ configuration, measure }: Published, results: readonly RunResult[]): number {
  const { recipe, data, limits } = results.find((result) => result.configuration === configuration)!
  const { train, validation, test } = counts(recipe.data, data, limits)
  return measure.startsWith('training') ? train : measure.startsWith('validation') ? validation : test
}

const lowerIsBetter: readonly Measure[] = [
  'test loss',
  'validation loss',
  'training loss',
  'seconds an epoch',
]

/** How far a value may be off that was read off a figure. */
const READ_OFF = 0.015

/** What the verdicts mean. */
export const verdicts =
  'Matched: within the spread of our seeds, or of 0.015 where the value was read off a figure. Within chance: of an accuracy, within two standard errors of a proportion of so many images.'

function verdictOf({ value, measure, about }: Published, { low, high }: Spread, samples: number): string {
  const isWithin = (margin: number) => value >= low - margin && value <= high + margin
  if (isWithin(0)) return 'matched'
  if (about && isWithin(READ_OFF)) return 'matched, as read off'
  const isProportion = measure.endsWith('accuracy')
  if (isProportion && isWithin(2 * Math.sqrt((value * (1 - value)) / samples))) return 'within chance'
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
  if (measure.startsWith('own digits right')) return String(value)
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
