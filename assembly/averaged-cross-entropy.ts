import { firstEqual, labelAt } from './cross-entropy'
import { expNegative, log } from './math'
import { exponentials, ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/** y[i] = (x[0, i] + x[1, i] + ...) / steps for x [steps, size], added in increasing step. */
export function averageSteps(x: usize, y: usize, steps: i32, size: i32): void {
  const end = (<usize>shareEnd(size, 16)) << 2
  const row = (<usize>size) << 2
  const divisor = <f32>steps
  let i = (<usize>shareBegin(size, 16)) << 2
  for (; i + 16 <= end; i += 16) {
    let sum = v128.load(x + i)
    for (let t = 1; t < steps; t++) sum = f32x4.add(sum, v128.load(x + i + <usize>t * row))
    v128.store(y + i, f32x4.div(sum, f32x4.splat(divisor)))
  }
  for (; i < end; i += 4) {
    let sum = load<f32>(x + i)
    for (let t = 1; t < steps; t++) sum += load<f32>(x + i + <usize>t * row)
    store<f32>(y + i, sum / divisor)
  }
}

/**
 * Cross-entropy of a softmax averaged over the steps (Aalto 2016): with p_t = softmax(logits[t, r]) and l = labels[r],
 *
 *   loss[r] = -log((p_0[l] + p_1[l] + ...) / steps)
 *   dlogits[t, r, i] = w_t (p_t[i] - [i = l]) / rows,   w_t = p_t[l] / (p_0[l] + p_1[l] + ...)
 *
 * worked out from the logarithms of p_t[l], so that nothing underflows. `p` [steps, rows, classes] holds the p_t on entry
 * and dlogits on return, or with `backward` 0 is 0; `average` [rows, classes] is their mean, of which predicted[r] is the
 * first largest; `logs` [steps, rows] is working memory. Labels and predicted are int32.
 */
export function averagedCrossEntropy(
  logits: usize,
  average: usize,
  labels: usize,
  p: usize,
  logs: usize,
  loss: usize,
  predicted: usize,
  steps: i32,
  rows: i32,
  classes: i32,
): void {
  const row = (<usize>classes) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const offset = (<usize>r) << 2
    const label = (<usize>labelAt(labels + offset, classes)) << 2
    const scores = average + <usize>r * row
    store<i32>(predicted + offset, firstEqual(scores, classes, rowMaximum(scores, classes)))

    let largest: f32 = -Infinity
    for (let t = 0; t < steps; t++) {
      const x = logits + <usize>(t * rows + r) * row
      const maximum = rowMaximum(x, classes)
      const value = load<f32>(x + label) - maximum - logarithm(exponentials(x, 0, classes, maximum))
      store<f32>(logs + ((<usize>(t * rows)) << 2) + offset, value)
      if (value > largest) largest = value
    }
    let sum: f32 = 0
    for (let t = 0; t < steps; t++) {
      const at = logs + ((<usize>(t * rows)) << 2) + offset
      const part = f32x4.extract_lane(expNegative(f32x4.splat(load<f32>(at) - largest)), 0)
      store<f32>(at, part)
      sum += part
    }
    store<f32>(loss + offset, logarithm(<f32>steps) - largest - logarithm(sum))
    if (p == 0) continue
    for (let t = 0; t < steps; t++) {
      const weight = load<f32>(logs + ((<usize>(t * rows)) << 2) + offset) / sum / <f32>rows
      const d = p + <usize>(t * rows + r) * row
      const labelled = (load<f32>(d + label) - 1) * weight
      for (let i: usize = 0; i < row; i += 4) store<f32>(d + i, load<f32>(d + i) * weight)
      store<f32>(d + label, labelled)
    }
  }
}

// @ts-ignore: decorator
@inline
function logarithm(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0)
}
