import { firstEqual } from './cross-entropy'
import { keepTail, loadLanes, storeLanes, sumLanes } from './lanes'
import { scaleSpan } from './multiply'
import { exponentials, logOf, ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/**
 * Softmax cross-entropy with weights. With m the maximum of logits[r], e[i] = e^(logits[r, i] - m), w and d the row's weight
 * and the batch's divisor of `lossWeights`, and target q:
 *
 *   q[i] = (1 - smoothing) [i = labels[r]] + smoothing / classes, or targets[r, i] where these are given
 *   q[i] *= classWeights[i] where these are given
 *   loss[r] = w ((sum of q) log(sum of e) - sum of q[i] (logits[r, i] - m))
 *   dlogits[r, i] = e[i] ((w / d) (sum of q) / (sum of e)) - (w / d) q[i]
 *   predicted[r] = the first i with logits[r, i] = m
 *
 * logits, targets and dlogits [rows, classes], dlogits 0 or the same memory as logits; weights and loss [rows], labels and
 * predicted int32 [rows], divisor [1]. A row of weight 0 has loss and gradient 0, whatever its label and logits; any other
 * whose label is no class is NaN. Sums are taken in four partial sums, class i in partial i mod 4. Without targets,
 * classWeights and smoothing q is 1 at the label, and nothing is summed but e: a vocabulary may be large.
 */
export function weightedCrossEntropy(
  logits: usize,
  labels: usize,
  targets: usize,
  classWeights: usize,
  weights: usize,
  divisor: usize,
  dlogits: usize,
  loss: usize,
  predicted: usize,
  rows: i32,
  classes: i32,
  smoothing: f32,
): void {
  const rowBytes = (<usize>classes) << 2
  const isPlain = !targets && !classWeights && smoothing == 0
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const start = <usize>r * rowBytes
    const offset = (<usize>r) << 2
    const x = logits + start
    const y = dlogits ? dlogits + start : 0
    const maximum = rowMaximum(x, classes)
    store<i32>(predicted + offset, firstEqual(x, classes, maximum))
    let weight = load<f32>(weights + offset)
    if (weight == 0) {
      store<f32>(loss + offset, 0)
      if (y) memory.fill(y, 0, rowBytes)
      continue
    }
    let label = targets ? 0 : load<i32>(labels + offset)
    if (<u32>label >= <u32>classes) {
      label = 0
      weight = NaN
    }
    const at = (<usize>label) << 2
    const row = targets ? targets + start : 0
    let whole: f32 = 1
    let part = load<f32>(x + at) - maximum
    if (!isPlain) {
      whole = eachTarget(Do.Sum, x, maximum, row, classWeights, label, classes, smoothing)
      part = eachTarget(Do.Project, x, maximum, row, classWeights, label, classes, smoothing)
    }
    const sum = exponentials(x, y, classes, maximum)
    store<f32>(loss + offset, weight * (whole * logOf(sum) - part))
    if (!y) continue
    const rate = weight / load<f32>(divisor)
    scaleSpan(y, y, classes, (rate * whole) / sum)
    if (isPlain) store<f32>(y + at, load<f32>(y + at) - rate)
    else eachTarget(Do.Subtract, y, rate, row, classWeights, label, classes, smoothing)
  }
}

/** What is done with the targets of a row, in one loop for all three: the core is small. */
const enum Do {
  /** The sum of q. */
  Sum,
  /** The sum of q[i] (x[i] - value). */
  Project,
  /** x[i] -= value q[i] */
  Subtract,
}

function eachTarget(
  what: Do,
  x: usize,
  value: f32,
  targets: usize,
  classWeights: usize,
  label: i32,
  classes: i32,
  smoothing: f32,
): f32 {
  const values = f32x4.splat(value)
  const share = f32x4.splat(smoothing / <f32>classes)
  let sum = f32x4.splat(0)
  for (let left = classes; left > 0; left -= 4, x += 16) {
    const i = classes - left
    const from = (<usize>i) << 2
    let q: v128
    if (targets) q = loadLanes(targets + from, left)
    else {
      const isLabel = i32x4.eq(i32x4.splat(label - i), i32x4(0, 1, 2, 3))
      q = f32x4.add(v128.and(f32x4.splat(1 - smoothing), isLabel), share)
      if (left < 4) q = keepTail(left, q)
    }
    if (classWeights) q = f32x4.mul(q, loadLanes(classWeights + from, left))
    if (what == Do.Sum) sum = f32x4.add(sum, q)
    else {
      const lanes = loadLanes(x, left)
      if (what == Do.Project) sum = f32x4.add(sum, f32x4.mul(q, f32x4.sub(lanes, values)))
      else storeLanes(x, left, f32x4.sub(lanes, f32x4.mul(values, q)))
    }
  }
  return sumLanes(sum)
}
