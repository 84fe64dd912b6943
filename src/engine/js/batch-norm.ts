import type { Views } from './views.js'

const f = Math.fround

/** mean and inverse = 1 / sqrt(variance + epsilon) of every channel, and the running figures; see assembly/batch-norm.ts. */
export function batchNormStatistics(
  { f32 }: Views,
  x: number,
  mean: number,
  inverse: number,
  runningMean: number,
  runningVariance: number,
  rows: number,
  channels: number,
  epsilon: number,
  momentum: number,
): void {
  const keep = f(1 - momentum)
  for (let c = 0; c < channels; c++) {
    const from = (x >>> 2) + c
    let sum = 0
    for (let r = 0; r < rows; r++) sum = f(sum + f32[from + r * channels]!)
    const average = f(sum / f(rows))
    let squares = 0
    for (let r = 0; r < rows; r++) {
      const d = f(f32[from + r * channels]! - average)
      squares = f(squares + f(d * d))
    }
    f32[(mean >>> 2) + c] = average
    f32[(inverse >>> 2) + c] = 1 / f(Math.sqrt(f(f(squares / f(rows)) + epsilon)))
    const meanAt = (runningMean >>> 2) + c
    f32[meanAt] = f(keep * f32[meanAt]!) + f(momentum * average)
    if (rows === 1) continue
    const varianceAt = (runningVariance >>> 2) + c
    f32[varianceAt] = f(keep * f32[varianceAt]!) + f(momentum * f(squares / f(rows - 1)))
  }
}

/** inverse = 1 / sqrt(variance + epsilon), [channels]. */
export function inverseDeviation(
  { f32 }: Views,
  variance: number,
  inverse: number,
  channels: number,
  epsilon: number,
): void {
  for (let c = 0; c < channels; c++) {
    f32[(inverse >>> 2) + c] = 1 / f(Math.sqrt(f(f32[(variance >>> 2) + c]! + epsilon)))
  }
}

/** y = (x - mean) (scale inverse) + shift */
export function batchNorm(
  { f32 }: Views,
  x: number,
  mean: number,
  inverse: number,
  scale: number,
  shift: number,
  y: number,
  rows: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c++) {
    const factor = f(f32[(scale >>> 2) + c]! * f32[(inverse >>> 2) + c]!)
    for (let r = 0; r < rows; r++) {
      const at = r * channels + c
      const d = f(f32[(x >>> 2) + at]! - f32[(mean >>> 2) + c]!)
      f32[(y >>> 2) + at] = f(d * factor) + f32[(shift >>> 2) + c]!
    }
  }
}

/** dscale = sum of dy h, dshift = sum of dy, where h = (x - mean) inverse. */
export function batchNormGradients(
  { f32 }: Views,
  x: number,
  dy: number,
  mean: number,
  inverse: number,
  dscale: number,
  dshift: number,
  rows: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c++) {
    let sum = 0
    let along = 0
    for (let r = 0; r < rows; r++) {
      const at = r * channels + c
      const gradient = f32[(dy >>> 2) + at]!
      const h = f(f(f32[(x >>> 2) + at]! - f32[(mean >>> 2) + c]!) * f32[(inverse >>> 2) + c]!)
      along = f(along + f(gradient * h))
      sum = f(sum + gradient)
    }
    f32[(dscale >>> 2) + c] = along
    f32[(dshift >>> 2) + c] = sum
  }
}

/** dx = (scale inverse) ((dy - dshift (1 / rows)) - h (dscale (1 / rows))); dx may be the same memory as dy. */
export function batchNormInput(
  { f32 }: Views,
  x: number,
  dy: number,
  mean: number,
  inverse: number,
  scale: number,
  dscale: number,
  dshift: number,
  dx: number,
  rows: number,
  channels: number,
): void {
  const part = f(1 / f(rows))
  for (let c = 0; c < channels; c++) {
    const spread = f32[(inverse >>> 2) + c]!
    const factor = f(f32[(scale >>> 2) + c]! * spread)
    const common = f(f32[(dshift >>> 2) + c]! * part)
    const slope = f(f32[(dscale >>> 2) + c]! * part)
    for (let r = 0; r < rows; r++) {
      const at = r * channels + c
      const h = f(f(f32[(x >>> 2) + at]! - f32[(mean >>> 2) + c]!) * spread)
      f32[(dx >>> 2) + at] = factor * f(f(f32[(dy >>> 2) + at]! - common) - f(h * slope))
    }
  }
}
