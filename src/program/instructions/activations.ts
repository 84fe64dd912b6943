/** Activation functions, softmax and log-softmax. */
import { define } from './define.js'

/** y = f(x); `slope` is leaky ReLU's, or ELU's factor. x and y may be the same memory. */
export const activate = define(
  8,
  'activate',
  { x: 'read', y: 'write', count: 'int', activation: 'int', slope: 'float' },
  (v) => v.count,
)

/**
 * dx = dy * f'(x), with f' computed from the input x for silu, gelu and geluTanh, and from the output y = f(x) for all
 * others; the one that is not used may be left out. dy and dx may be the same.
 */
export const activateBackward = define(
  9,
  'activateBackward',
  { x: 'read', y: 'read', dy: 'read', dx: 'write', count: 'int', activation: 'int', slope: 'float' },
  (v) => 2 * v.count,
)

/** y[r, :] = softmax(x[r, :]) */
export const softmax = define(
  10,
  'softmax',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** dx[r, :] = y * (dy - sum(y * dy)), rows of a softmax's output y. */
export const softmaxBackward = define(
  11,
  'softmaxBackward',
  { y: 'read', dy: 'read', dx: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** y[r, :] = log(softmax(x[r, :])) */
export const logSoftmax = define(
  33,
  'logSoftmax',
  { x: 'read', y: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)

/** dx[r, :] = dy - exp(y) * sum(dy), rows of a log-softmax's output y. */
export const logSoftmaxBackward = define(
  34,
  'logSoftmaxBackward',
  { y: 'read', dy: 'read', dx: 'write', rows: 'int', classes: 'int' },
  (v) => 4 * v.rows * v.classes,
)
