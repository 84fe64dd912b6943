/** What gives weights their first values. The generated js interpreter keeps these apart: a model that is in no engine yet needs no others. */
import { define } from './define.js'

/** x[i] = value */
export const fill = define(1, 'fill', { x: 'write', count: 'int', value: 'float' })

/** x[i] uniform in [low, high). */
export const uniform = define(15, 'uniform', {
  x: 'write',
  count: 'int',
  low: 'float',
  high: 'float',
  seed: 'int',
  stream: 'int',
})

/** x[i] normal with this mean and standard deviation. */
export const normal = define(16, 'normal', {
  x: 'write',
  count: 'int',
  mean: 'float',
  deviation: 'float',
  seed: 'int',
  stream: 'int',
})

/** x[r, c] = value where r = c, else 0. */
export const identity = define(17, 'identity', {
  x: 'write',
  rows: 'int',
  columns: 'int',
  value: 'float',
})

/**
 * x = gain * Q, with orthonormal columns where rows >= columns, else orthonormal rows. Q comes from a matrix of normal
 * draws; `work` holds rows * columns floats.
 */
export const orthogonal = define(18, 'orthogonal', {
  x: 'write',
  rows: 'int',
  columns: 'int',
  gain: 'float',
  seed: 'int',
  stream: 'int',
  work: 'write',
})
