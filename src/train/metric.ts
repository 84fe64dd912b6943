import { either, list, type Schema } from '../schema/schema.js'
import { instance, oneOf } from '../schema/values.js'

/** The metrics known by name. */
export const metricNames = [
  'accuracy',
  'meanAbsoluteError',
  'rootMeanSquaredError',
  'r2',
  'auc',
  'perplexity',
] as const

export type MetricName = (typeof metricNames)[number]

/** Rows of an evaluated batch: samples, or the steps of samples where each has a target. */
export interface MetricBatch {
  readonly rows: number
  /** Numbers of the model's output in a row. */
  readonly size: number
  /** [rows, size], what the last layer gives: logits where the loss is a cross-entropy */
  readonly outputs: Float32Array
  /** [rows] where targets are class ids, else null */
  readonly labels: Int32Array | null
  /** [rows, size] where targets are numbers, else null */
  readonly values: Float32Array | null
  /** [rows] what each counts: its sample's weight, or 0 where it is padding or ignored */
  readonly weights: Float32Array
}

/** A metric of one's own. */
export interface Metric {
  /** Its name in `Evaluation.metrics`. */
  readonly name: string
  /** Called at the start of every evaluation, for what sums its batches up. */
  create(): MetricState
}

export interface MetricState {
  /** Takes the next batch. The arrays are the caller's: copy what is to be kept. */
  add(batch: MetricBatch): void
  result(): number
}

/** A field that holds metrics. */
export const metricList: Schema<(MetricName | Metric)[]> = list(
  'metrics, names or objects { name, create }',
  either<MetricName, Metric>(
    oneOf(...metricNames),
    instance<Metric>('a metric { name, create }', 'name', 'create'),
  ),
)

/** Metrics of which more is better. */
export const isHigherBetter = (name: string): boolean => ['accuracy', 'r2', 'auc'].includes(name)
