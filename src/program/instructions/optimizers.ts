/** Updates of parameters, penalties and the clipping of gradients. */
import { define } from './define.js'

/**
 * g = gradient + weightDecay * p; with momentum v = momentum * v + g, and g = v or with Nesterov g + momentum * v;
 * p -= *rate * g.
 */
export const sgd = define(
  20,
  'sgd',
  {
    parameter: 'update',
    gradient: 'read',
    velocity: 'update',
    count: 'int',
    rate: 'read',
    momentum: 'float',
    weightDecay: 'float',
    nesterov: 'int',
  },
  (v) => (v.momentum === 0 ? 2 : 4) * v.count,
)

/** v = decay * v + complement * g^2; p -= *rate * g / (sqrt(v) + epsilon), or / sqrt(v + epsilon) where `inside` is 1. */
export const rmsprop = define(
  21,
  'rmsprop',
  {
    parameter: 'update',
    gradient: 'read',
    square: 'update',
    count: 'int',
    rate: 'read',
    decay: 'float',
    complement: 'float',
    epsilon: 'float',
    inside: 'int',
  },
  (v) => 9 * v.count,
)

/** v += g^2; p -= *rate * g / (sqrt(start + v) + epsilon). */
export const adagrad = define(
  22,
  'adagrad',
  {
    parameter: 'update',
    gradient: 'read',
    square: 'update',
    count: 'int',
    rate: 'read',
    start: 'float',
    epsilon: 'float',
  },
  (v) => 8 * v.count,
)

/**
 * One step of Adam, AdamW (`decoupled` 1) or AMSGrad (with `largest`), as in assembly/adam.ts; `scalars` are
 * rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t) and rate * weightDecay.
 */
export const adam = define(
  23,
  'adam',
  {
    parameter: 'update',
    gradient: 'read',
    mean: 'update',
    square: 'update',
    largest: 'update',
    count: 'int',
    scalars: 'read',
    beta1: 'float',
    complement1: 'float',
    beta2: 'float',
    complement2: 'float',
    epsilon: 'float',
    weightDecay: 'float',
    decoupled: 'int',
  },
  (v) => 12 * v.count,
)

/** gradient += l1 * sign(parameter) + 2 * l2 * parameter. */
export const regularise = define(
  24,
  'regularise',
  { parameter: 'read', gradient: 'update', count: 'int', l1: 'float', l2: 'float' },
  (v) => 4 * v.count,
)

/** sums[b] = sum of (l1 + l2 |x|) |x| over the PENALTY_BLOCK elements of block b, in float64. */
export const penalty = define(
  25,
  'penalty',
  { x: 'read', sums: 'write', count: 'int', l1: 'float', l2: 'float' },
  (v) => 4 * v.count,
)

/** Adds the sum of the float64 `sums` [blocks] to each row's loss in the running totals of `tally`. */
export const addPenalty = define(
  26,
  'addPenalty',
  { sums: 'read', totals: 'update', blocks: 'int', rows: 'int' },
  (v) => v.blocks,
)

/** x = min(max(x, -limit), limit) */
export const clipValue = define(
  27,
  'clipValue',
  { x: 'update', count: 'int', limit: 'float' },
  (v) => 2 * v.count,
)

/** x *= limit / norm where norm = sqrt(sum of the float64 `squares` [blocks]) > limit. */
export const clipNorm = define(
  28,
  'clipNorm',
  { x: 'update', squares: 'read', count: 'int', blocks: 'int', limit: 'float' },
  (v) => v.count,
)
