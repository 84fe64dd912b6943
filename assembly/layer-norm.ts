/**
 * Layer normalisation (Ba, Kiros and Hinton 2016): every row is brought to mean 0 and variance 1, then scaled and
 * shifted column by column. x, y, dy, dx [rows, columns]; mean, inverse [rows]; scale, shift [columns].
 *
 *   mean = sum of x / n                             inverse = 1 / sqrt(sum of (x - mean)^2 / n + epsilon)    n = columns
 *   y = ((x - mean) inverse) scale + shift
 *
 *   dshift = sum over rows of dy                    dscale = sum over rows of dy h            h = (x - mean) inverse
 *   dx = inverse ((g - (sum of g) / n) - h ((sum of g h) / n))                                g = dy scale
 *
 * Sums along a row use four partial sums: column j goes to number j mod 4, all start from +0, and they are combined
 * (0 + 1) + (2 + 3). Sums over rows go in increasing order from +0. Threads share the columns for those, else the rows.
 */
import { loadLanes, loadTail, storeLanes, sumLanes } from './lanes'
import { shareBegin, shareEnd } from './threads'

/** y from x, and where they are not 0 mean and inverse. */
export function layerNorm(
  x: usize,
  scale: usize,
  shift: usize,
  y: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
): void {
  const end = shareEnd(rows, 1)
  const row = (<usize>columns) << 2
  const count = <f32>columns
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const from = x + <usize>r * row
    const to = y + <usize>r * row
    let sum = f32x4.splat(0)
    // Lanes beyond the last column hold +0, which leaves a sum that started from +0 as it was.
    for (let c = 0; c < columns; c += 4) {
      sum = f32x4.add(sum, loadLanes(from + ((<usize>c) << 2), columns - c))
    }
    const average = sumLanes(sum) / count
    const averages = f32x4.splat(average)
    let squares = f32x4.splat(0)
    let c = 0
    for (; c + 4 <= columns; c += 4) {
      const d = f32x4.sub(v128.load(from + ((<usize>c) << 2)), averages)
      squares = f32x4.add(squares, f32x4.mul(d, d))
    }
    if (c < columns) {
      // Here they hold the mean, so that they add nothing either.
      const d = f32x4.sub(loadTail(from + ((<usize>c) << 2), columns - c, averages), averages)
      squares = f32x4.add(squares, f32x4.mul(d, d))
    }
    const spread: f32 = <f32>1 / sqrt<f32>(sumLanes(squares) / count + epsilon)
    if (mean) store<f32>(mean + ((<usize>r) << 2), average)
    if (inverse) store<f32>(inverse + ((<usize>r) << 2), spread)
    const spreads = f32x4.splat(spread)
    for (c = 0; c < columns; c += 4) {
      const at = (<usize>c) << 2
      const left = columns - c
      const h = f32x4.mul(f32x4.sub(loadLanes(from + at, left), averages), spreads)
      const scaled = f32x4.mul(h, loadLanes(scale + at, left))
      storeLanes(to + at, left, f32x4.add(scaled, loadLanes(shift + at, left)))
    }
  }
}

/** dscale and dshift from x and dy. */
export function layerNormGradients(
  x: usize,
  dy: usize,
  mean: usize,
  inverse: usize,
  dscale: usize,
  dshift: usize,
  rows: i32,
  columns: i32,
): void {
  const begin = shareBegin(columns, 4)
  const end = shareEnd(columns, 4)
  const row = (<usize>columns) << 2
  memory.fill(dscale + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2)
  memory.fill(dshift + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2)
  for (let r = 0; r < rows; r++) {
    const average = v128.load32_splat(mean + ((<usize>r) << 2))
    const spread = v128.load32_splat(inverse + ((<usize>r) << 2))
    for (let c = begin; c < end; c += 4) {
      const at = (<usize>c) << 2
      const left = end - c
      const gradient = loadLanes(dy + at, left)
      const h = f32x4.mul(f32x4.sub(loadLanes(x + at, left), average), spread)
      storeLanes(dscale + at, left, f32x4.add(loadLanes(dscale + at, left), f32x4.mul(gradient, h)))
      storeLanes(dshift + at, left, f32x4.add(loadLanes(dshift + at, left), gradient))
    }
    x += row
    dy += row
  }
}

/** dx from x and dy; dx may be the same memory as dy. */
export function layerNormInput(
  x: usize,
  dy: usize,
  mean: usize,
  inverse: usize,
  scale: usize,
  dx: usize,
  rows: i32,
  columns: i32,
): void {
  const end = shareEnd(rows, 1)
  const row = (<usize>columns) << 2
  const count = <f32>columns
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const offset = <usize>r * row
    const average = v128.load32_splat(mean + ((<usize>r) << 2))
    const spread = v128.load32_splat(inverse + ((<usize>r) << 2))
    let sum = f32x4.splat(0)
    let along = sum
    for (let c = 0; c < columns; c += 4) {
      const at = (<usize>c) << 2
      const left = columns - c
      const h = f32x4.mul(f32x4.sub(loadLanes(x + offset + at, left), average), spread)
      // Lanes beyond the last column are zeros of either sign, h being finite.
      const g = f32x4.mul(loadLanes(dy + offset + at, left), loadLanes(scale + at, left))
      sum = f32x4.add(sum, g)
      along = f32x4.add(along, f32x4.mul(g, h))
    }
    const common = f32x4.splat(sumLanes(sum) / count)
    const slope = f32x4.splat(sumLanes(along) / count)
    for (let c = 0; c < columns; c += 4) {
      const at = (<usize>c) << 2
      const left = columns - c
      const h = f32x4.mul(f32x4.sub(loadLanes(x + offset + at, left), average), spread)
      const g = f32x4.mul(loadLanes(dy + offset + at, left), loadLanes(scale + at, left))
      const centred = f32x4.sub(f32x4.sub(g, common), f32x4.mul(h, slope))
      storeLanes(dx + offset + at, left, f32x4.mul(spread, centred))
    }
  }
}
