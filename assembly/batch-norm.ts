/**
 * Batch normalisation (Ioffe and Szegedy 2015): every channel is brought to mean 0 and variance 1 over all rows of a
 * batch, then scaled and shifted. x, y, dy, dx [rows, channels]; all others [channels].
 *
 *   mean = sum of x / n                             inverse = 1 / sqrt(sum of (x - mean)^2 / n + epsilon)       n = rows
 *   y = (x - mean) (scale inverse) + shift
 *
 *   dshift = sum of dy                              dscale = sum of dy h                      h = (x - mean) inverse
 *   dx = (scale inverse) ((dy - dshift (1 / n)) - h (dscale (1 / n)))
 *
 * Inference takes a running mean and a running variance instead of the batch's: running = (1 - momentum) running +
 * momentum batch, the batch's variance then divided by n - 1. A single row says nothing of the variance, which then stays.
 *
 * Sums start from +0 and go over the rows in increasing order; threads share the channels for them and the rows for the
 * rest.
 */
import { loadLanes, storeLanes } from './lanes'
import { shareBegin, shareEnd } from './threads'

/** mean and inverse from x, and the running figures. */
export function batchNormStatistics(
  x: usize,
  mean: usize,
  inverse: usize,
  runningMean: usize,
  runningVariance: usize,
  rows: i32,
  channels: i32,
  epsilon: f32,
  momentum: f32,
): void {
  const begin = shareBegin(channels, 4)
  const end = shareEnd(channels, 4)
  const row = (<usize>channels) << 2
  const offset = (<usize>begin) << 2
  const bytes = (<usize>(end - begin)) << 2
  x += offset
  mean += offset
  inverse += offset
  memory.fill(mean, 0, bytes)
  memory.fill(inverse, 0, bytes)
  const count = f32x4.splat(<f32>rows)
  const width = end - begin
  for (let r = 0; r < rows; r++) {
    const from = x + <usize>r * row
    for (let c = 0; c < width; c += 4) {
      const at = (<usize>c) << 2
      const left = width - c
      storeLanes(mean + at, left, f32x4.add(loadLanes(mean + at, left), loadLanes(from + at, left)))
    }
  }
  for (let c = 0; c < width; c += 4) {
    const at = mean + ((<usize>c) << 2)
    storeLanes(at, width - c, f32x4.div(loadLanes(at, width - c), count))
  }
  for (let r = 0; r < rows; r++) {
    const from = x + <usize>r * row
    for (let c = 0; c < width; c += 4) {
      const at = (<usize>c) << 2
      const left = width - c
      const d = f32x4.sub(loadLanes(from + at, left), loadLanes(mean + at, left))
      storeLanes(inverse + at, left, f32x4.add(loadLanes(inverse + at, left), f32x4.mul(d, d)))
    }
  }
  const keep = f32x4.sub(f32x4.splat(1), f32x4.splat(momentum))
  const take = f32x4.splat(momentum)
  const one = f32x4.splat(1)
  for (let c = 0; c < width; c += 4) {
    const at = (<usize>c) << 2
    const left = width - c
    const squares = loadLanes(inverse + at, left)
    const old = loadLanes(runningMean + offset + at, left)
    const next = f32x4.add(f32x4.mul(keep, old), f32x4.mul(take, loadLanes(mean + at, left)))
    storeLanes(runningMean + offset + at, left, next)
    if (rows > 1) {
      const variance = f32x4.div(squares, f32x4.splat(<f32>(rows - 1)))
      const known = loadLanes(runningVariance + offset + at, left)
      storeLanes(
        runningVariance + offset + at,
        left,
        f32x4.add(f32x4.mul(keep, known), f32x4.mul(take, variance)),
      )
    }
    const deviation = f32x4.sqrt(f32x4.add(f32x4.div(squares, count), f32x4.splat(epsilon)))
    storeLanes(inverse + at, left, f32x4.div(one, deviation))
  }
}

/** inverse = 1 / sqrt(variance + epsilon), [channels]. */
export function inverseDeviation(variance: usize, inverse: usize, channels: i32, epsilon: f32): void {
  const end = shareEnd(channels, 16)
  const one = f32x4.splat(1)
  for (let c = shareBegin(channels, 16); c < end; c += 4) {
    const at = (<usize>c) << 2
    const left = end - c
    const sum = f32x4.add(loadLanes(variance + at, left), f32x4.splat(epsilon))
    storeLanes(inverse + at, left, f32x4.div(one, f32x4.sqrt(sum)))
  }
}

/** y from x. */
export function batchNorm(
  x: usize,
  mean: usize,
  inverse: usize,
  scale: usize,
  shift: usize,
  y: usize,
  rows: i32,
  channels: i32,
): void {
  const end = shareEnd(rows, 1)
  const row = (<usize>channels) << 2
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const from = x + <usize>r * row
    const to = y + <usize>r * row
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2
      const left = channels - c
      const d = f32x4.sub(loadLanes(from + at, left), loadLanes(mean + at, left))
      const factor = f32x4.mul(loadLanes(scale + at, left), loadLanes(inverse + at, left))
      storeLanes(to + at, left, f32x4.add(f32x4.mul(d, factor), loadLanes(shift + at, left)))
    }
  }
}

/** dscale and dshift from x and dy. */
export function batchNormGradients(
  x: usize,
  dy: usize,
  mean: usize,
  inverse: usize,
  dscale: usize,
  dshift: usize,
  rows: i32,
  channels: i32,
): void {
  const begin = shareBegin(channels, 4)
  const end = shareEnd(channels, 4)
  const row = (<usize>channels) << 2
  memory.fill(dscale + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2)
  memory.fill(dshift + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2)
  for (let r = 0; r < rows; r++) {
    for (let c = begin; c < end; c += 4) {
      const at = (<usize>c) << 2
      const left = end - c
      const gradient = loadLanes(dy + at, left)
      const d = f32x4.sub(loadLanes(x + at, left), loadLanes(mean + at, left))
      const term = f32x4.mul(gradient, f32x4.mul(d, loadLanes(inverse + at, left)))
      storeLanes(dscale + at, left, f32x4.add(loadLanes(dscale + at, left), term))
      storeLanes(dshift + at, left, f32x4.add(loadLanes(dshift + at, left), gradient))
    }
    x += row
    dy += row
  }
}

/** dx from x, dy, dscale and dshift; dx may be the same memory as dy. */
export function batchNormInput(
  x: usize,
  dy: usize,
  mean: usize,
  inverse: usize,
  scale: usize,
  dscale: usize,
  dshift: usize,
  dx: usize,
  rows: i32,
  channels: i32,
): void {
  const end = shareEnd(rows, 1)
  const row = (<usize>channels) << 2
  const part = f32x4.splat(<f32>1 / <f32>rows)
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const offset = <usize>r * row
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2
      const left = channels - c
      const spread = loadLanes(inverse + at, left)
      const h = f32x4.mul(f32x4.sub(loadLanes(x + offset + at, left), loadLanes(mean + at, left)), spread)
      const centred = f32x4.sub(
        loadLanes(dy + offset + at, left),
        f32x4.mul(loadLanes(dshift + at, left), part),
      )
      const along = f32x4.mul(h, f32x4.mul(loadLanes(dscale + at, left), part))
      const factor = f32x4.mul(loadLanes(scale + at, left), spread)
      storeLanes(dx + offset + at, left, f32x4.mul(factor, f32x4.sub(centred, along)))
    }
  }
}
