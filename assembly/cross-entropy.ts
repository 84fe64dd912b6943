import { loadTail, storeTail, sumLanes } from './lanes'
import { divideRow, exponentials, logOf, ROW_GRAIN, rowMaximum } from './softmax'
import { isFirstThread, shareBegin, shareEnd } from './threads'

/**
 * Mean softmax cross-entropy of integer labels. With m the row's maximum, p = softmax(logits[r]) and l = labels[r]:
 *
 *   loss[r] = log(sum over j of e^(logits[r, j] - m)) - (logits[r, l] - m)
 *   dlogits[r, i] = (p[i] - [i = l]) / rows
 *   predicted[r] = the first i with logits[r, i] = m
 *
 * With label smoothing s (Szegedy et al. 2016) the target [i = l] becomes t[i] = (1 - s) [i = l] + s / classes:
 *
 *   loss[r] = log(sum over j of e^(logits[r, j] - m)) - (c + s (mean over j of (logits[r, j] - m) - c)),  c = logits[r, l] - m
 *   dlogits[r, i] = (p[i] - t[i]) / rows
 *
 * logits and dlogits [rows, classes], which may be the same memory; dlogits = 0 leaves the gradient out. labels and
 * predicted [rows] are int32, loss [rows] float32. A row with a NaN or +infinity has a NaN loss and gradient.
 */
export function softmaxCrossEntropy(
  logits: usize,
  labels: usize,
  dlogits: usize,
  loss: usize,
  predicted: usize,
  rows: i32,
  classes: i32,
  smoothing: f32,
): void {
  const rowBytes = (<usize>classes) << 2
  const share = smoothing / <f32>classes
  const end = shareEnd(rows, ROW_GRAIN)
  for (let r = shareBegin(rows, ROW_GRAIN); r < end; r++) {
    const x = logits + <usize>r * rowBytes
    const y = dlogits != 0 ? dlogits + <usize>r * rowBytes : 0
    const offset = (<usize>r) << 2
    const label = (<usize>labelAt(labels + offset, classes)) << 2
    const maximum = rowMaximum(x, classes)
    let labelled = load<f32>(x + label) - maximum
    if (smoothing != 0) labelled += smoothing * (meanDifference(x, classes, maximum) - labelled)
    store<i32>(predicted + offset, firstEqual(x, classes, maximum))
    const sum = exponentials(x, y, classes, maximum)
    store<f32>(loss + offset, logOf(sum) - labelled)
    if (y == 0) continue
    const gradient = (load<f32>(y + label) / sum - (1 - smoothing + share)) / <f32>rows
    divideRow(y, classes, sum, <f32>rows)
    if (smoothing != 0) subtract(y, classes, share / <f32>rows)
    store<f32>(y + label, gradient)
  }
}

/** The label at `address`; one that is none of the classes is taken for the last, so that memory beyond is left alone. */
// @ts-ignore: decorator
@inline
export function labelAt(address: usize, classes: i32): i32 {
  return <i32>min<u32>(load<u32>(address), <u32>(classes - 1))
}

/** The mean of x[i] - maximum. */
// @ts-ignore: decorator
@inline
function meanDifference(x: usize, classes: i32, maximum: f32): f32 {
  const maxima = f32x4.splat(maximum)
  let sum = f32x4.splat(0)
  const end = x + ((<usize>(classes & ~3)) << 2)
  for (; x < end; x += 16) sum = f32x4.add(sum, f32x4.sub(v128.load(x), maxima))
  const rest = classes & 3
  if (rest > 0) sum = f32x4.add(sum, f32x4.sub(loadTail(x, rest, maxima), maxima))
  return sumLanes(sum) / <f32>classes
}

/** x[i] -= value */
// @ts-ignore: decorator
@inline
function subtract(x: usize, count: i32, value: f32): void {
  const values = f32x4.splat(value)
  const end = x + ((<usize>(count & ~3)) << 2)
  for (; x < end; x += 16) v128.store(x, f32x4.sub(v128.load(x), values))
  const rest = count & 3
  if (rest > 0) storeTail(x, rest, f32x4.sub(loadTail(x, rest, values), values))
}

/** The first i with x[i] = value, else 0. */
export function firstEqual(x: usize, classes: i32, value: f32): i32 {
  const values = f32x4.splat(value)
  const whole = classes & ~3
  for (let i = 0; i < whole; i += 4) {
    const equal = i32x4.bitmask(f32x4.eq(v128.load(x + ((<usize>i) << 2)), values))
    if (equal != 0) return i + ctz(equal)
  }
  const rest = classes & 3
  if (rest == 0) return 0
  const tail = loadTail(x + ((<usize>whole) << 2), rest, f32x4.splat(NaN))
  const equal = i32x4.bitmask(f32x4.eq(tail, values))
  return equal != 0 ? whole + ctz(equal) : 0
}

/**
 * Adds a batch to running totals, on one thread and in the order of the rows: totals[0] += sum of the losses,
 * totals[1] += number of rows with predicted = label, totals[2] += rows, totals[3] = the batch's mean loss (float64);
 * confusion [classes, classes] += 1 at [label, predicted] (int32).
 */
export function tally(
  loss: usize,
  predicted: usize,
  labels: usize,
  totals: usize,
  confusion: usize,
  rows: i32,
  classes: i32,
): void {
  if (!isFirstThread()) return
  let sum: f64 = 0
  let hits = 0
  for (let r: usize = 0; r < (<usize>rows) << 2; r += 4) {
    const label = labelAt(labels + r, classes)
    const guess = labelAt(predicted + r, classes)
    sum += <f64>load<f32>(loss + r)
    hits += i32(label == guess)
    const cell = confusion + ((<usize>(label * classes + guess)) << 2)
    store<i32>(cell, load<i32>(cell) + 1)
  }
  store<f64>(totals, load<f64>(totals) + sum)
  store<f64>(totals, load<f64>(totals, 8) + <f64>hits, 8)
  store<f64>(totals, load<f64>(totals, 16) + <f64>rows, 16)
  store<f64>(totals, sum / <f64>rows, 24)
}
