import { firstEqual, labelAt } from './cross-entropy'
import { loadLanes, sumLanes } from './lanes'
import { logOf, ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/** Keras's `epsilon`: probabilities are clipped to EPSILON .. 1 - EPSILON. */
const EPSILON: f32 = 1e-7

/**
 * Keras's categorical cross-entropy of scores that are not negative, such as the outputs of sigmoids, and need not sum to
 * 1. With s the sum of scores[r] and l = labels[r]:
 *
 *   p = clip(scores[r, l] / s, 1e-7, 1 - 1e-7),   loss[r] = -log p
 *   dscores[r, i] = (1 / s - [i = l] / scores[r, l]) / rows, or 0 where the clip is active, as where all scores are 0,
 *                   or where 1 / scores[r, l] is no float32
 *   predicted[r] = the first i with the largest score
 *
 * scores and dscores [rows, classes]; dscores = 0 leaves the gradient out. labels and predicted are int32.
 */
export function categoricalCrossEntropy(
  scores: usize,
  labels: usize,
  dscores: usize,
  loss: usize,
  predicted: usize,
  rows: i32,
  classes: i32,
): void {
  const row = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const x = scores + <usize>r * row
    const offset = (<usize>r) << 2
    const label = (<usize>labelAt(labels + offset, classes)) << 2
    store<i32>(predicted + offset, firstEqual(x, classes, rowMaximum(x, classes)))
    const sum = rowSum(x, classes)
    const score = load<f32>(x + label)
    const share: f32 = sum == 0 ? 0 : score / sum
    const isClipped = share < EPSILON || share > 1 - EPSILON || <f32>1 / score == <f32>Infinity
    const p = share < EPSILON ? EPSILON : share > 1 - EPSILON ? 1 - EPSILON : share
    store<f32>(loss + offset, -logOf(p))
    if (dscores == 0) continue
    const d = dscores + <usize>r * row
    const others: f32 = isClipped ? 0 : <f32>1 / sum / <f32>rows
    for (let i: usize = 0; i < row; i += 4) store<f32>(d + i, others)
    if (!isClipped) store<f32>(d + label, (<f32>1 / sum - <f32>1 / score) / <f32>rows)
  }
}

/** y[r, i] = x[r, i] / (the sum of x[r]), both [rows, classes]; 0 where the sum is. */
export function normaliseRows(x: usize, y: usize, rows: i32, classes: i32): void {
  const row = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const from = x + <usize>r * row
    const to = y + <usize>r * row
    const sum = rowSum(from, classes)
    const divisor: f32 = sum == 0 ? 1 : sum
    for (let i: usize = 0; i < row; i += 4) store<f32>(to + i, load<f32>(from + i) / divisor)
  }
}

/** In four partial sums. */
function rowSum(x: usize, classes: i32): f32 {
  let sum = f32x4.splat(0)
  for (let i = 0; i < classes; i += 4) {
    sum = f32x4.add(sum, loadLanes(x, min(4, classes - i)))
    x += 16
  }
  return sumLanes(sum)
}
