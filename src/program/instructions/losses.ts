/** Losses with their gradients, and what a training step reports. */
import { define } from './define.js'

/**
 * Per row: loss[r] = -log softmax(logits[r])[labels[r]], predicted[r] = arg max (the first of equals), and where
 * `dlogits` is given dlogits[r] = (softmax(logits[r]) - one_hot(labels[r])) / rows. With label smoothing the target is
 * (1 - smoothing) * one_hot(labels[r]) + smoothing / classes.
 */
export const softmaxCrossEntropy = define(
  12,
  'softmaxCrossEntropy',
  {
    logits: 'read',
    labels: 'read',
    dlogits: 'write',
    loss: 'write',
    predicted: 'write',
    rows: 'int',
    classes: 'int',
    smoothing: 'float',
  },
  (v) => 6 * v.rows * v.classes,
)

/**
 * Per row: loss[r] = -log clip(scores[r, labels[r]] / sum(scores[r]), 1e-7, 1 - 1e-7), predicted[r] = arg max, and where
 * it is given `dscores`, the gradient of the mean loss.
 */
export const categoricalCrossEntropy = define(
  65,
  'categoricalCrossEntropy',
  {
    scores: 'read',
    labels: 'read',
    dscores: 'write',
    loss: 'write',
    predicted: 'write',
    rows: 'int',
    classes: 'int',
  },
  (v) => 3 * v.rows * v.classes,
)

/** y[r, :] = x[r, :] / sum(x[r, :]) */
export const normaliseRows = define(
  66,
  'normaliseRows',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 2 * v.rows * v.classes,
)

/** y[i] = the mean over t of x[t, i]. */
export const averageSteps = define(
  63,
  'averageSteps',
  { x: 'read', y: 'write', steps: 'int', size: 'int' },
  (v) => v.steps * v.size,
)

/**
 * Cross-entropy of a softmax averaged over the steps; `p` holds the softmax of each step and becomes the gradient for
 * the logits, `average` is its mean, `logs` [steps, rows] working memory. Formulas in assembly/averaged-cross-entropy.ts.
 */
export const averagedCrossEntropy = define(
  64,
  'averagedCrossEntropy',
  {
    logits: 'read',
    average: 'read',
    labels: 'read',
    p: 'update',
    logs: 'write',
    loss: 'write',
    predicted: 'write',
    steps: 'int',
    rows: 'int',
    classes: 'int',
  },
  (v) => 6 * v.steps * v.rows * v.classes,
)

const pointwise = {
  x: 'read',
  targets: 'read',
  dx: 'write',
  loss: 'write',
  rows: 'int',
  size: 'int',
  divisor: 'float',
} as const

/**
 * loss[r] = sum of the cross-entropies of sigmoid(x[r, :]) with targets[r, :] / divisor, and where `dx` is given
 * dx = (sigmoid(x) - targets) / (rows * divisor).
 */
export const binaryCrossEntropy = define(31, 'binaryCrossEntropy', pointwise, (v) => 8 * v.rows * v.size)

/** loss[r] = sum of (x[r, :] - targets[r, :])^2 / divisor, and dx = 2 (x - targets) / (rows * divisor). */
export const squaredError = define(32, 'squaredError', pointwise, (v) => 4 * v.rows * v.size)

/** y[r, c] = 1 where c = labels[r], else 0. */
export const oneHot = define(29, 'oneHot', { labels: 'read', y: 'write', rows: 'int', classes: 'int' })

/** y[r] = arg max of x[r, :] (the first of equals), as int32. */
export const argMax = define(30, 'argMax', { x: 'read', y: 'write', rows: 'int', classes: 'int' })

/**
 * Adds a batch to the running totals: totals[0] += sum of loss in float64, totals[1] += number of rows with
 * predicted = label, totals[2] += rows (float64 each); totals[3] = the batch's mean loss;
 * confusion[label, predicted] += 1 (int32).
 */
export const tally = define(13, 'tally', {
  loss: 'read',
  predicted: 'read',
  labels: 'read',
  totals: 'update',
  confusion: 'update',
  rows: 'int',
  classes: 'int',
})
