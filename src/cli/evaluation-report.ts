/** How a model did on a data set, for people and for programs. */
import { rowOf } from '../data/dataset.js'
import { targetNumbersOf } from '../data/preparation.js'
import { scaleOf } from '../data/scale.js'
import {
  type Calibration,
  calibration,
  type Dataset,
  type Evaluation,
  type Evaluator,
  type Preparation,
  topKAccuracy,
} from '../index.js'
import { counted, percent, short } from './format.js'
import { table } from './table.js'

/** An evaluation, and what the probabilities or the numbers say beyond it. */
export type Measures = ClassMeasures | NumberMeasures

export interface ClassMeasures extends Evaluation {
  /** Part of the samples whose class is among the three most probable, 0..1; null where there are no more classes. */
  readonly top3: number | null
  readonly calibration: Calibration
}

export interface NumberMeasures extends Evaluation {
  readonly numbers: readonly NumberFigures[]
}

/** How far predictions of one number are off, in its own unit. */
export interface NumberFigures {
  readonly column: string
  readonly rootMeanSquaredError: number
  readonly meanAbsoluteError: number
  /** 1 is perfect, 0 as good as the mean of these samples; NaN where they are all the same. */
  readonly r2: number
}

/** Classes that a confusion matrix fits on a page with. */
const MOST_COLUMNS = 20
/** Characters of a class's name. */
const LONGEST_NAME = 16

/** Measures the evaluator's model on `data`, whose targets were prepared so. */
export async function measure(
  evaluator: Evaluator,
  data: Dataset,
  preparation?: Preparation,
): Promise<Measures> {
  const evaluation = await evaluator.evaluate(data)
  const prediction = await evaluator.predict(data)
  if (data.targets instanceof Float32Array) {
    const size = data.targetShape?.[0] ?? 1
    return { ...evaluation, numbers: figuresOf(prediction.outputs, data, size, preparation) }
  }
  return {
    ...evaluation,
    top3: data.classes > 3 ? topKAccuracy(prediction, data, 3) : null,
    calibration: calibration(prediction, data),
  }
}

function figuresOf(
  outputs: Float32Array,
  data: Dataset,
  size: number,
  preparation: Preparation | undefined,
): NumberFigures[] {
  const known = preparation ? targetNumbersOf(preparation) : []
  return Array.from({ length: size }, (_, j) => {
    const { column = String(j), mean = 0, deviation = 1 } = known[j] ?? {}
    const numberOf = (value: number) => value * deviation + mean
    const targets = Float64Array.from({ length: data.count }, (_, i) =>
      numberOf(data.targets[rowOf(data, i) * size + j]!),
    )
    const errors = targets.map((target, i) => numberOf(outputs[i * size + j]!) - target)
    const scale = scaleOf(targets)
    const squares = errors.reduce((sum, error) => sum + error * error, 0) / data.count
    const spread = targets.reduce((sum, target) => sum + (target - scale.mean) ** 2, 0) / data.count
    return {
      column,
      rootMeanSquaredError: Math.sqrt(squares),
      meanAbsoluteError: errors.reduce((sum, error) => sum + Math.abs(error), 0) / data.count,
      r2: spread > 0 ? 1 - squares / spread : Number.NaN,
    }
  })
}

/**
 * Accuracy, loss, calibration, and the confusion matrix with every class's recall and precision.
 *
 * @param names of the classes; their ids, where they have none
 */
export function describeEvaluation(
  data: Dataset,
  measures: Measures,
  names: readonly string[] | null = null,
): string[] {
  if ('numbers' in measures) return describeNumbers(data, measures)
  const { samples, accuracy, loss, confusion, top3, calibration } = measures
  const classes = Array.from({ length: confusion?.classes ?? 0 }, (_, i) => i)
  const shown = classes.map((label) => shortened(names?.[label] ?? String(label)))
  const columns = classes.length > MOST_COLUMNS ? [] : classes
  const metrics = confusion?.perClass() ?? []
  const rows = classes.map((label) => {
    const { support, precision, recall, f1 } = metrics[label]!
    const counts = columns.map((predicted) => String(confusion!.at(label, predicted)))
    return [shown[label]!, ...counts, String(support), percent(recall), percent(precision), f1.toFixed(4)]
  })
  const error = `expected calibration error ${percent(calibration.error)}`
  return [
    `${data.name}: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)} on ${counted(samples, 'sample')}`,
    top3 === null ? error : `top-3 accuracy ${percent(top3)}, ${error}`,
    '',
    ...(columns.length > 0 ? ['Confusion matrix: a row for each label, a column for each prediction'] : []),
    ...table([
      ['', ...columns.map((label) => shown[label]!), 'samples', 'recall', 'precision', 'F1'],
      ...rows,
    ]),
  ]
}

function describeNumbers(data: Dataset, { samples, loss, numbers }: NumberMeasures): string[] {
  const rows = numbers.map(({ column, rootMeanSquaredError, meanAbsoluteError, r2 }) => [
    ...[
      column,
      short(rootMeanSquaredError),
      short(meanAbsoluteError),
      Number.isNaN(r2) ? '-' : r2.toFixed(4),
    ],
  ])
  return [
    `${data.name}: loss ${loss.toFixed(4)} on ${counted(samples, 'sample')}`,
    '',
    'Errors in the unit of each number: RMSE the root of the mean square, MAE the mean size',
    ...table([['', 'RMSE', 'MAE', 'R2'], ...rows]),
  ]
}

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}\u2026` : name
}

export function evaluationJson(measures: Measures): object {
  const { samples, loss } = measures
  if ('numbers' in measures) return { samples, loss, numbers: measures.numbers }
  const { accuracy, confusion, top3, calibration } = measures
  const { classes = 0, counts = new Int32Array() } = confusion ?? {}
  const rows = Array.from({ length: classes }, (_, i) => [...counts.subarray(i * classes, (i + 1) * classes)])
  return {
    ...{ samples, accuracy, top3, loss, calibration },
    ...{ confusion: rows, classes: confusion?.perClass() ?? [] },
  }
}
