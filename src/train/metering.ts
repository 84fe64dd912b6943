/** Metrics of evaluations: loaded when some are asked for. */
import { type Dataset, hasIds, rowOf, targetSize } from '../data/dataset.js'
import { exp } from '../engine/js/math.js'
import { ModelError } from '../errors.js'
import { sizeOf } from '../program/tensor.js'
import { show } from '../schema/show.js'
import type { Metric, MetricName, MetricState } from './metric.js'

/** What metrics are of. */
export interface Metered {
  /** Name of the loss. */
  readonly loss: string
  readonly ignoredId: number | null
  /** Of the model's output for one sample. */
  readonly output: readonly number[]
}

/** Sums up one evaluation's metrics. */
export class Metering {
  private readonly states: readonly (readonly [string, MetricState | null])[]
  private readonly steps: number

  /** @throws ModelError for a metric that means nothing for such data, or whose name another has */
  constructor(
    metrics: readonly (MetricName | Metric)[],
    private readonly metered: Metered,
    private readonly data: Dataset,
  ) {
    const { output } = metered
    const { targetShape = [] } = data
    this.steps = output.length === 2 && targetShape.length > 0 ? output[0]! : 0
    const names = metrics.map((metric) => (typeof metric === 'string' ? metric : metric.name))
    const again = names.find((name, i) => names.indexOf(name) !== i)
    if (again !== undefined)
      throw new ModelError(`metrics: there are two called "${again}"; names are unique.`)
    this.states = metrics.map((metric, i) => [
      names[i]!,
      typeof metric === 'string' ? known[metric](this.kind(metric)) : metric.create(),
    ])
  }

  private kind(metric: MetricName): Kind {
    const { loss, output } = this.metered
    const size = this.steps > 0 ? output.at(-1)! : sizeOf(output)
    return {
      loss,
      size,
      hasIds: hasIds(this.data),
      refuse: (needs) => {
        throw new ModelError(
          `${this.data.name}: the metric ${metric} needs ${needs}, found ${hasIds(this.data) ? 'class ids' : 'numbers'}, ${loss} and outputs of shape [${output.join(', ')}].`,
        )
      },
    }
  }

  /**
   * Takes samples `start` to `start + batch - 1` of the data.
   * @param outputs of the model, time first where there are steps
   * @param valid [steps, batch], which steps count; all without it
   */
  add(data: Dataset, start: number, batch: number, outputs: Float32Array, valid: Float32Array | null): void {
    const each = Math.max(this.steps, 1)
    const rows = batch * each
    const size = outputs.length / rows
    const areIds = hasIds(data)
    const width = targetSize(data) / each
    const labels = areIds ? new Int32Array(rows) : null
    const values = areIds ? null : new Float32Array(rows * width)
    const weights = new Float32Array(rows)
    const { sampleWeights, targets } = data
    const isPerStep = sampleWeights && sampleWeights.length * width === targets.length
    for (let i = 0; i < batch; i++) {
      const row = rowOf(data, start + i)
      for (let t = 0; t < each; t++) {
        const r = t * batch + i
        const at = row * each + t
        if (labels) labels[r] = targets[at]!
        else values!.set((targets as Float32Array).subarray(at * width, (at + 1) * width), r * width)
        const weight = sampleWeights ? sampleWeights[isPerStep ? at : row]! : 1
        const counts = !labels || labels[r] !== this.metered.ignoredId
        weights[r] = counts ? weight * (valid ? valid[r]! : 1) : 0
      }
    }
    for (const [, state] of this.states) state?.add({ rows, size, outputs, labels, values, weights })
  }

  /** @throws ModelError where a metric of one's own gives no number */
  results(loss: number): Record<string, number> {
    return Object.fromEntries(
      this.states.map(([name, state]) => {
        // The float32 exponential is the library's own: the same bits everywhere.
        const value: unknown = state ? state.result() : exp(loss)
        if (typeof value === 'number') return [name, value]
        throw new ModelError(`metrics: the result of "${name}" should be a number, found ${show(value)}.`)
      }),
    )
  }
}

interface Kind {
  readonly loss: string
  readonly size: number
  readonly hasIds: boolean
  refuse(needs: string): never
}

/** States of metrics; null is worked out of the loss. */
const known: Readonly<Record<MetricName, (kind: Kind) => MetricState | null>> = {
  accuracy,
  meanAbsoluteError: (kind) => ofErrors(kind, Math.abs, (mean) => mean),
  rootMeanSquaredError: (kind) => ofErrors(kind, (error) => error * error, Math.sqrt),
  r2,
  auc,
  perplexity(kind) {
    if (kind.loss !== 'softmaxCrossEntropy') kind.refuse('the loss softmaxCrossEntropy')
    return null
  },
}

/** Part of the rows whose class is predicted; of several labels a row, part of all labels. */
function accuracy({ loss, hasIds, refuse }: Kind): MetricState {
  const isBinary = loss === 'binaryCrossEntropy'
  const isSoft = loss === 'softmaxCrossEntropy'
  if (!hasIds && !isBinary && !isSoft) refuse('classes or labels')
  let right = 0
  let all = 0
  return {
    add({ rows, size, outputs, labels, values, weights }) {
      for (let r = 0; r < rows; r++) {
        const weight = weights[r]!
        const row = outputs.subarray(r * size, (r + 1) * size)
        if (labels && size > 1) right += argMax(row) === labels[r] ? weight : 0
        else if (labels) right += (row[0]! > (isBinary ? 0 : 0.5) ? 1 : 0) === labels[r] ? weight : 0
        else if (isSoft) {
          right += argMax(row) === argMax(values!.subarray(r * size, (r + 1) * size)) ? weight : 0
        } else {
          const hits = row.reduce((sum, x, j) => sum + (x > 0 === values![r * size + j]! > 0.5 ? 1 : 0), 0)
          right += (weight * hits) / size
        }
        all += weight
      }
    },
    result: () => right / all,
  }
}

function argMax(row: Float32Array): number {
  let best = 0
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c
  return best
}

/** A mean over the outputs of all rows. */
function ofErrors(
  { hasIds, loss, refuse }: Kind,
  term: (error: number) => number,
  end: (mean: number) => number,
): MetricState {
  if (hasIds || loss.endsWith('CrossEntropy')) refuse('targets and outputs that are numbers')
  let sum = 0
  let all = 0
  return {
    add({ rows, size, outputs, values, weights }) {
      for (let r = 0; r < rows; r++) {
        const weight = weights[r]!
        if (weight === 0) continue
        for (let j = r * size; j < (r + 1) * size; j++) sum += weight * term(outputs[j]! - values![j]!)
        all += weight * size
      }
    },
    result: () => end(sum / all),
  }
}

/** 1 - (sum of squared errors) / (sum of squares about the mean), the mean over the outputs. */
function r2({ hasIds, loss, size, refuse }: Kind): MetricState {
  if (hasIds || loss.endsWith('CrossEntropy')) refuse('targets and outputs that are numbers')
  const [errors, means, squares] = [0, 1, 2].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  let all = 0
  return {
    add({ rows, outputs, values, weights }) {
      for (let r = 0; r < rows; r++) {
        const weight = weights[r]!
        if (weight === 0) continue
        all += weight
        for (let j = 0; j < size; j++) {
          const value = values![r * size + j]!
          const error = value - outputs[r * size + j]!
          errors[j]! += weight * error * error
          // Welford's update: sums of large squares would lose the small difference.
          const deviation = value - means[j]!
          means[j]! += (weight / all) * deviation
          squares[j]! += weight * deviation * (value - means[j]!)
        }
      }
    },
    result: () => errors.reduce((sum, error, j) => sum + (1 - error / squares[j]!), 0) / size,
  }
}

/**
 * Area under the ROC curve: how often a positive has a higher score than a negative, equals counting half. Of several labels
 * the mean over them. It keeps the scores, 12 bytes each.
 */
function auc({ hasIds, loss, size, refuse }: Kind): MetricState {
  const isPair = hasIds && loss === 'softmaxCrossEntropy' && size === 2
  const isLabels = loss === 'binaryCrossEntropy' && (!hasIds || size === 1)
  if (!isPair && !isLabels) refuse('two classes, or labels of binaryCrossEntropy')
  const columns = isPair ? 1 : size
  const scores = Array.from(
    { length: columns },
    () => [] as { score: number; positive: boolean; weight: number }[],
  )
  return {
    add({ rows, outputs, labels, values, weights }) {
      for (let r = 0; r < rows; r++) {
        const weight = weights[r]!
        if (weight === 0) continue
        for (let c = 0; c < columns; c++) {
          const score = isPair ? outputs[r * 2 + 1]! - outputs[r * 2]! : outputs[r * size + c]!
          const positive = labels ? labels[r] === 1 : values![r * size + c]! > 0.5
          scores[c]!.push({ score, positive, weight })
        }
      }
    },
    result: () => scores.reduce((sum, list) => sum + areaOf(list), 0) / columns,
  }
}

function areaOf(list: { score: number; positive: boolean; weight: number }[]): number {
  list.sort((a, b) => a.score - b.score)
  let [area, below, positives, negatives] = [0, 0, 0, 0]
  for (let i = 0; i < list.length; ) {
    let [up, down] = [0, 0]
    const { score } = list[i]!
    for (; i < list.length && list[i]!.score === score; i++) {
      if (list[i]!.positive) up += list[i]!.weight
      else down += list[i]!.weight
    }
    area += up * (below + down / 2)
    below += down
    positives += up
    negatives += down
  }
  return area / (positives * negatives)
}
