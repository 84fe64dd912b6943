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

/** y[i] = the mean over t of x[t, i], `size` elements, or over the steps that are valid [steps, rows] for the row of i. */
export const averageSteps = define(
  63,
  'averageSteps',
  { x: 'read', y: 'write', valid: 'read', steps: 'int', rows: 'int', size: 'int' },
  (v) => v.steps * v.size,
)

/**
 * Cross-entropy of a softmax averaged over the steps; `p` holds the softmax of each step and becomes the gradient for
 * the logits, `average` is its mean, `logs` [steps, rows] working memory. `valid` [steps, rows] says which steps count, and
 * `weights` and `divisor` are those of `lossWeights`; all three may be left out. Formulas in
 * assembly/averaged-cross-entropy.ts.
 */
export const averagedCrossEntropy = define(
  64,
  'averagedCrossEntropy',
  {
    logits: 'read',
    average: 'read',
    labels: 'read',
    valid: 'read',
    weights: 'read',
    divisor: 'read',
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

/**
 * What each row counts: w[r] = weights[r] * mask[r] * classWeights[labels[r]], 0 where labels[r] = ignored (NO_ID for none),
 * and with `steps` divided by its sum over the steps of row r's sample; all four may be left out. divisor[0] = scale, or
 * where `summed` is 1 scale * (the sum of w). The batch's loss is the sum of w[r] * term[r] over the divisor.
 */
export const lossWeights = define(76, 'lossWeights', {
  labels: 'read',
  weights: 'read',
  mask: 'read',
  classWeights: 'read',
  w: 'write',
  divisor: 'write',
  rows: 'int',
  classes: 'int',
  ignored: 'int',
  steps: 'int',
  scale: 'float',
  summed: 'int',
})

/**
 * Softmax cross-entropy times the weights of `lossWeights`: loss[r] = weights[r] * (sum over c of q[c] * -log
 * softmax(logits[r])[c]), and where it is given `dlogits`, the gradient over the divisor. q is the one-hot label, smoothed,
 * or `targets` [rows, classes] instead of `labels`, times `classWeights` [classes] where these are given (those of
 * `lossWeights` are the label's, and enough where the label is all of q). Rows of weight 0 have loss and gradient 0.
 */
export const weightedCrossEntropy = define(
  77,
  'weightedCrossEntropy',
  {
    logits: 'read',
    labels: 'read',
    targets: 'read',
    classWeights: 'read',
    weights: 'read',
    divisor: 'read',
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
 * loss[r] = weights[r] * (sum over i of the term of x[r, i] and targets[r, i]), and where it is given `dx`, the gradient over
 * the divisor of `lossWeights`. `kind` is an ElementLoss: `positive` [size] may weight the positive terms of a binary
 * cross-entropy, `delta` is the Huber loss's. Rows of weight 0 have loss and gradient 0.
 */
export const elementLoss = define(
  78,
  'elementLoss',
  {
    x: 'read',
    targets: 'read',
    positive: 'read',
    weights: 'read',
    divisor: 'read',
    dx: 'write',
    loss: 'write',
    rows: 'int',
    size: 'int',
    kind: 'int',
    delta: 'float',
  },
  (v) => 6 * v.rows * v.size,
)

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

/**
 * As `tally` for the losses of rows with the weights and the divisor of `lossWeights`, rows of weight 0 counting nowhere:
 * totals float64 [5] are the sum of losses, rows with predicted = label, sum of divisors, the batch's loss (sum / divisor, 0 for
 * a divisor of 0) and rows counted. predicted, labels and confusion may be left out.
 */
export const tallyWeighted = define(79, 'tallyWeighted', {
  loss: 'read',
  weights: 'read',
  divisor: 'read',
  predicted: 'read',
  labels: 'read',
  totals: 'update',
  confusion: 'update',
  rows: 'int',
  classes: 'int',
})
