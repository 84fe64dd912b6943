/** What makes a batch of a data set. */
import { define } from './define.js'

/** y[r, j] = (source[indices[r], j] - mean[j]) * scale[j] from float32; without mean and scale y = source. */
export const gather = define(
  3,
  'gather',
  {
    source: 'read',
    indices: 'read',
    mean: 'read',
    scale: 'read',
    y: 'write',
    rows: 'int',
    size: 'int',
    count: 'int',
  },
  (v) => 2 * v.rows * v.size,
)

/**
 * y[r, j] = (source[indices[r], j] / 255 - mean[j]) * scale[j] from uint8; without mean and scale y = source / 255.
 */
export const gatherBytes = define(
  4,
  'gatherBytes',
  {
    source: 'read',
    indices: 'read',
    mean: 'read',
    scale: 'read',
    y: 'write',
    rows: 'int',
    size: 'int',
    count: 'int',
  },
  (v) => 2 * v.rows * v.size,
)

/** y[r] = labels[indices[r]], uint8 to int32. */
export const gatherLabels = define(5, 'gatherLabels', {
  labels: 'read',
  indices: 'read',
  y: 'write',
  rows: 'int',
  count: 'int',
})

/** x = a random order of 0 .. count - 1 (int32), drawn for *step. */
export const permutation = define(19, 'permutation', {
  x: 'write',
  count: 'int',
  seed: 'int',
  stream: 'int',
  step: 'read',
})

/**
 * y = x with every image moved, turned, made larger and bent at random, as in assembly/augment.ts; then
 * (y - mean) * scale where these are given. `rotate` is in turns, `shift` and `radius` are in pixels.
 */
export const augment = define(
  51,
  'augment',
  {
    x: 'read',
    y: 'write',
    mean: 'read',
    scale: 'read',
    rows: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    shift: 'int',
    rotate: 'float',
    zoom: 'float',
    radius: 'int',
    sigma: 'float',
    alpha: 'float',
    seed: 'int',
    stream: 'int',
    step: 'read',
  },
  (v) => v.rows * v.height * v.width * (12 + 9 * v.channels + (v.radius === 0 ? 0 : 16 * v.radius + 10)),
)
