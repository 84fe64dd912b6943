/** How a model did on a data set, for people and for programs. */
import {
  type Calibration,
  calibration,
  type Dataset,
  type Evaluation,
  type Evaluator,
  topKAccuracy,
} from '../index.js'
import { counted, percent } from './format.js'
import { table } from './table.js'

/** An evaluation, and what the probabilities say beyond it. */
export interface Measures extends Evaluation {
  /** Part of the samples whose class is among the three most probable, 0..1. */
  readonly top3: number
  readonly calibration: Calibration
}

/** Measures the evaluator's model on `data`, which has at least three classes. */
export async function measure(evaluator: Evaluator, data: Dataset): Promise<Measures> {
  const evaluation = await evaluator.evaluate(data)
  const prediction = await evaluator.predict(data)
  return {
    ...evaluation,
    top3: topKAccuracy(prediction, data, 3),
    calibration: calibration(prediction, data),
  }
}

/** Accuracy, loss, calibration, and the confusion matrix with every class's recall and precision. */
export function describeEvaluation(data: Dataset, measures: Measures): string[] {
  const { samples, accuracy, loss, confusion, top3, calibration } = measures
  const classes = Array.from({ length: confusion?.classes ?? 0 }, (_, i) => i)
  const metrics = confusion?.perClass() ?? []
  const rows = classes.map((label) => {
    const { support, precision, recall, f1 } = metrics[label]!
    const counts = classes.map((predicted) => String(confusion!.at(label, predicted)))
    return [String(label), ...counts, String(support), percent(recall), percent(precision), f1.toFixed(4)]
  })
  return [
    `${data.name}: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)} on ${counted(samples, 'sample')}`,
    `top-3 accuracy ${percent(top3)}, expected calibration error ${percent(calibration.error)}`,
    '',
    'Confusion matrix: a row for each label, a column for each prediction',
    ...table([['', ...classes.map(String), 'samples', 'recall', 'precision', 'F1'], ...rows]),
  ]
}

export function evaluationJson(measures: Measures): object {
  const { samples, accuracy, loss, confusion, top3, calibration } = measures
  const { classes = 0, counts = new Int32Array() } = confusion ?? {}
  const rows = Array.from({ length: classes }, (_, i) => [...counts.subarray(i * classes, (i + 1) * classes)])
  return {
    ...{ samples, accuracy, top3, loss, calibration },
    ...{ confusion: rows, classes: confusion?.perClass() ?? [] },
  }
}
