import { addSpan } from './add'
import { firstEqual, labelAt } from './cross-entropy'
import { expNegative } from './math'
import { isPadding } from './recurrent'
import { exponentials, logOf, ROW_GRAIN, rowMaximum } from './softmax'
import { shareBegin, shareEnd } from './threads'

/**
 * y[i] = (x[0, i] + x[1, i] + ...) / steps for x [steps, size], added in increasing step. Where `valid` [steps, rows] is
 * given x is [steps, rows, size / rows], and each row is averaged over its steps that are valid: 0 where none is.
 */
export function averageSteps(x: usize, y: usize, valid: usize, steps: i32, rows: i32, size: i32): void {
  if (valid) {
    averageValidSteps(x, y, valid, steps, rows, size / rows)
    return
  }
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

function averageValidSteps(x: usize, y: usize, valid: usize, steps: i32, rows: i32, width: i32): void {
  const bytes = (<usize>width) << 2
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const to = y + <usize>r * bytes
    let count: f32 = 0
    memory.fill(to, 0, bytes)
    for (let t = 0; t < steps; t++) {
      const at = <usize>(t * rows + r)
      if (load<f32>(valid + (at << 2)) == 0) continue
      addSpan(x + at * bytes, to, width)
      count++
    }
    if (count > 0) for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) / count)
  }
}

/**
 * Cross-entropy of a softmax averaged over the steps (Aalto 2016): with p_t = softmax(logits[t, r]) and l = labels[r],
 *
 *   loss[r] = -log((p_0[l] + p_1[l] + ...) / steps)
 *   dlogits[t, r, i] = w_t (p_t[i] - [i = l]) / rows,   w_t = p_t[l] / (p_0[l] + p_1[l] + ...)
 *
 * worked out from the logarithms of p_t[l], so that nothing underflows. Steps where `valid` [steps, rows] is given and 0
 * are left out of both sums and of `steps`, and get no gradient. With the weights [rows] and the divisor of `lossWeights` the
 * loss is multiplied by weights[r] and its gradient by weights[r] / divisor[0] instead of 1 / rows; a row of weight 0 has
 * loss and gradient 0. `p` [steps, rows, classes] holds the p_t on entry
 * and dlogits on return, or with `backward` 0 is 0; `average` [rows, classes] is their mean, of which predicted[r] is the
 * first largest; `logs` [steps, rows] is working memory. Labels and predicted are int32.
 */
export function averagedCrossEntropy(
  logits: usize,
  average: usize,
  labels: usize,
  valid: usize,
  weights: usize,
  divisor: usize,
  p: usize,
  logs: usize,
  loss: usize,
  predicted: usize,
  steps: i32,
  rows: i32,
  classes: i32,
): void {
  const row = (<usize>classes) << 2
  const share = weights ? load<f32>(divisor) : <f32>rows
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const offset = (<usize>r) << 2
    const rowWeight = weights ? load<f32>(weights + offset) : <f32>1
    const label = (<usize>labelAt(labels + offset, classes)) << 2
    const scores = average + <usize>r * row
    store<i32>(predicted + offset, firstEqual(scores, classes, rowMaximum(scores, classes)))

    if (rowWeight == 0) {
      store<f32>(loss + offset, 0)
      if (p) for (let t = 0; t < steps; t++) memory.fill(p + <usize>(t * rows + r) * row, 0, row)
      continue
    }
    let largest: f32 = -Infinity
    let count: f32 = 0
    for (let t = 0; t < steps; t++) {
      if (isPadding(valid, r, t, rows)) continue
      count++
      const x = logits + <usize>(t * rows + r) * row
      const maximum = rowMaximum(x, classes)
      const value = load<f32>(x + label) - maximum - logOf(exponentials(x, 0, classes, maximum))
      store<f32>(logs + ((<usize>(t * rows)) << 2) + offset, value)
      if (value > largest) largest = value
    }
    let sum: f32 = 0
    for (let t = 0; t < steps; t++) {
      if (isPadding(valid, r, t, rows)) continue
      const at = logs + ((<usize>(t * rows)) << 2) + offset
      const part = f32x4.extract_lane(expNegative(f32x4.splat(load<f32>(at) - largest)), 0)
      store<f32>(at, part)
      sum += part
    }
    store<f32>(loss + offset, (logOf(count) - largest - logOf(sum)) * rowWeight)
    if (p == 0) continue
    for (let t = 0; t < steps; t++) {
      const d = p + <usize>(t * rows + r) * row
      if (isPadding(valid, r, t, rows)) {
        memory.fill(d, 0, row)
        continue
      }
      const weight = (load<f32>(logs + ((<usize>(t * rows)) << 2) + offset) / sum / share) * rowWeight
      const labelled = (load<f32>(d + label) - 1) * weight
      for (let i: usize = 0; i < row; i += 4) store<f32>(d + i, load<f32>(d + i) * weight)
      store<f32>(d + label, labelled)
    }
  }
}
