import { isFirstThread, shareBegin, shareEnd } from './threads'

/**
 * What each row of a batch counts in its loss. A row is a sample or, time first, a step of one. With l = labels[r]
 *
 *   v[r] = weights[r] * mask[r] * classWeights[l], or 0 where l = ignored
 *   w[r] = v[r], or where `steps` is given v[r] / (the sum of v over the steps of row r's sample)
 *   divisor[0] = scale, or where `summed` is 1 scale * (the sum of v; of the samples that have a v, with `steps`)
 *
 * and the loss of the batch is the sum of w[r] * term[r] over divisor[0]. weights, mask, labels and classWeights may be
 * address 0: then all are 1, and no row is ignored. A label that is neither a class nor `ignored` makes w NaN where there
 * are classWeights. labels int32 [rows], weights, mask and w float32 [rows], classWeights [classes]. Sums are taken in
 * float64 in increasing r and rounded once.
 */
export function lossWeights(
  labels: usize,
  weights: usize,
  mask: usize,
  classWeights: usize,
  w: usize,
  divisor: usize,
  rows: i32,
  classes: i32,
  ignored: i32,
  steps: i32,
  scale: f32,
  summed: i32,
): void {
  const sumsAll = summed != 0 && isFirstThread()
  // A sample's steps lie `samples` rows apart.
  const samples = steps ? rows / steps : rows
  const begin = shareBegin(samples, 16)
  const end = shareEnd(samples, 16)
  let total: f64 = 0
  for (let b = 0; b < samples; b++) {
    const isMine = b >= begin && b < end
    if (!isMine && !sumsAll) continue
    let sum: f64 = 0
    for (let r = b; r < rows; r += samples) {
      const value = weightOf((<usize>r) << 2, labels, weights, mask, classWeights, classes, ignored)
      sum += <f64>value
      if (isMine) store<f32>(w + ((<usize>r) << 2), value)
    }
    total += steps ? <f64>i32(sum != 0) : sum
    if (!steps || !isMine || sum == 0) continue
    for (let r = b; r < rows; r += samples) {
      const at = w + ((<usize>r) << 2)
      store<f32>(at, load<f32>(at) / <f32>sum)
    }
  }
  if (isFirstThread()) store<f32>(divisor, summed ? <f32>(<f64>scale * total) : scale)
}

/** v of the row whose numbers lie `at` bytes from the start. */
function weightOf(
  at: usize,
  labels: usize,
  weights: usize,
  mask: usize,
  classWeights: usize,
  classes: i32,
  ignored: i32,
): f32 {
  const label = labels ? load<i32>(labels + at) : 0
  if (labels != 0 && label == ignored) return 0
  let value: f32 = weights ? load<f32>(weights + at) : 1
  if (mask) value *= load<f32>(mask + at)
  if (!classWeights) return value
  return <u32>label < <u32>classes ? value * load<f32>(classWeights + ((<usize>label) << 2)) : NaN
}

/**
 * Adds a batch of such losses to running totals, on one thread and in the order of the rows: totals[0] += sum of loss,
 * totals[2] += divisor[0], totals[3] = the batch's loss, their quotient, or 0 where the divisor is. Rows of weight 0 count
 * nowhere; totals[4] += number of the others, and where there are labels and predicted, int32 [rows], totals[1] += how many
 * of these are equal. totals are float64 [5], `confusion` is int32 [classes, classes] += 1 at [label, predicted], or address 0.
 */
export function tallyWeighted(
  loss: usize,
  weights: usize,
  divisor: usize,
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
  let counted = 0
  for (let r: usize = 0; r < (<usize>rows) << 2; r += 4) {
    if (load<f32>(weights + r) == 0) continue
    counted++
    sum += <f64>load<f32>(loss + r)
    if (!labels) continue
    const label = load<u32>(labels + r)
    const guess = load<u32>(predicted + r)
    hits += i32(label == guess)
    if (!confusion || label >= <u32>classes || guess >= <u32>classes) continue
    const cell = confusion + ((<usize>(label * <u32>classes + guess)) << 2)
    store<i32>(cell, load<i32>(cell) + 1)
  }
  const share = <f64>load<f32>(divisor)
  store<f64>(totals, load<f64>(totals) + sum)
  store<f64>(totals, load<f64>(totals, 8) + <f64>hits, 8)
  store<f64>(totals, load<f64>(totals, 16) + share, 16)
  store<f64>(totals, share == 0 ? 0 : sum / share, 24)
  store<f64>(totals, load<f64>(totals, 32) + <f64>counted, 32)
}
