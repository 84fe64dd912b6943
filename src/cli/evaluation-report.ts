/** How a model did on a data set, for people and for programs. */
import type { Dataset, Evaluation } from '../index.js'
import { counted, percent } from './format.js'
import { table } from './table.js'

/** Accuracy, loss, and the confusion matrix with every class's recall and precision. */
export function printEvaluation(data: Dataset, { samples, accuracy, loss, confusion }: Evaluation): string {
  const classes = Array.from({ length: confusion.classes }, (_, i) => i)
  const metrics = confusion.perClass()
  const rows = classes.map((label) => {
    const { support, precision, recall, f1 } = metrics[label]!
    const counts = classes.map((predicted) => String(confusion.at(label, predicted)))
    return [String(label), ...counts, String(support), percent(recall), percent(precision), f1.toFixed(4)]
  })
  return [
    `${data.name}: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)} on ${counted(samples, 'sample')}`,
    '',
    'Confusion matrix: a row for each label, a column for each prediction',
    table([['', ...classes.map(String), 'samples', 'recall', 'precision', 'F1'], ...rows]),
  ].join('\n')
}

export function evaluationJson({ samples, accuracy, loss, confusion }: Evaluation): object {
  const { classes, counts } = confusion
  const rows = Array.from({ length: classes }, (_, i) => [...counts.subarray(i * classes, (i + 1) * classes)])
  return { samples, accuracy, loss, confusion: rows, classes: confusion.perClass() }
}
