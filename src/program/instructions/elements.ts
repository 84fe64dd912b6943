/** Copies, sums and random masks, element by element. */
import { define } from './define.js'

/** y[i] = x[i] */
export const copy = define(2, 'copy', { x: 'read', y: 'write', count: 'int' })

/** y[i * yOuter + j * yInner + k] = x[i * xOuter + j * xInner + k] for i < outer, j < inner, k < size. */
export const copyBlocks = define(53, 'copyBlocks', {
  x: 'read',
  y: 'update',
  outer: 'int',
  inner: 'int',
  size: 'int',
  xOuter: 'int',
  xInner: 'int',
  yOuter: 'int',
  yInner: 'int',
})

/** y[i] += x[i] */
export const add = define(52, 'add', { x: 'read', y: 'update', count: 'int' }, (v) => v.count)

/** z[i] = x[i] * y[i], or where `accumulate` is 1 z[i] += x[i] * y[i]. */
export const multiply = define(
  73,
  'multiply',
  { x: 'read', y: 'read', z: 'update', count: 'int', accumulate: 'int' },
  (v) => v.count,
)

/** y[i] = x[i] * factor; zeros where the factor is 0, whatever x is. x and y may be the same. */
export const scale = define(
  74,
  'scale',
  { x: 'read', y: 'write', count: 'int', factor: 'float' },
  (v) => v.count,
)

/** y[r, :] = x[r, :] * factors[r]; zeros where the factor is 0, whatever x is. x and y may be the same. */
export const scaleRows = define(
  75,
  'scaleRows',
  { x: 'read', factors: 'read', y: 'write', rows: 'int', size: 'int' },
  (v) => v.rows * v.size,
)

/**
 * y[i] = x[i] * scale where the random word of element i is at least `threshold` (as uint32), else 0. The word comes
 * from Philox keyed by (seed, stream) and counted by (element, *step), so forward and backward pass see one mask.
 */
export const dropout = define(
  14,
  'dropout',
  {
    x: 'read',
    y: 'write',
    count: 'int',
    threshold: 'int',
    scale: 'float',
    seed: 'int',
    stream: 'int',
    step: 'read',
  },
  (v) => v.count,
)
