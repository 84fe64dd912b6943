/** Recurrent layers over all steps of a sequence, time first. */
import { define } from './define.js'

/**
 * mask[t, b] = 0 where x[t, b, :] is `value` throughout, else 1, time first; with `trailing` 1 only after a sequence's last
 * step that is not.
 */
export const stepMask = define(54, 'stepMask', {
  x: 'read',
  mask: 'write',
  steps: 'int',
  batch: 'int',
  features: 'int',
  value: 'float',
  trailing: 'int',
})

/** begun[t, b] = 1 from the first step on at which mask[t, b] is not 0, or with `reverse` 1 from the last one back; else 0. */
export const begunMask = define(72, 'begunMask', {
  mask: 'read',
  begun: 'write',
  steps: 'int',
  batch: 'int',
  reverse: 'int',
})

/** y[t, i] = x[t, i] * mask[i]: one dropout mask for all steps. x and y may be the same. */
export const maskSteps = define(
  55,
  'maskSteps',
  { x: 'read', mask: 'read', y: 'write', steps: 'int', size: 'int' },
  (v) => v.steps * v.size,
)

/** FLOPs of a recurrent product over a whole sequence, `gates` blocks of units wide. */
const recurrentFlops =
  (gates: number) =>
  (v: { steps: number; batch: number; hidden: number }): number =>
    2 * gates * v.steps * v.batch * v.hidden * v.hidden

/**
 * A simple RNN over all steps; assembly/simple-rnn.ts has the formulas and shapes. Time first, `valid` is a mask as that of
 * `stepMask`, `flags` are RecurrentFlag bits.
 */
export const simpleRnn = define(
  57,
  'simpleRnn',
  {
    z: 'update',
    packed: 'read',
    h: 'update',
    mask: 'read',
    masked: 'write',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(1),
)

/** The gradients of `simpleRnn`: z becomes that of x Wx + b, dh goes from the final to the initial state. */
export const simpleRnnBackward = define(
  58,
  'simpleRnnBackward',
  {
    z: 'update',
    packed: 'read',
    h: 'read',
    dy: 'read',
    dh: 'update',
    mask: 'read',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(1),
)

/** An LSTM over all steps; assembly/lstm.ts has the formulas and shapes. */
export const lstm = define(
  59,
  'lstm',
  {
    z: 'update',
    packed: 'read',
    h: 'update',
    c: 'update',
    mask: 'read',
    masked: 'write',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(4),
)

/** The gradients of `lstm`: z becomes that of x Wx + b, dh and dc go from the final to the initial state. */
export const lstmBackward = define(
  60,
  'lstmBackward',
  {
    z: 'update',
    packed: 'read',
    c: 'read',
    dy: 'read',
    dh: 'update',
    dc: 'update',
    mask: 'read',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(4),
)

/** A GRU over all steps; assembly/gru.ts has the formulas and shapes. */
export const gru = define(
  61,
  'gru',
  {
    z: 'update',
    packed: 'read',
    packedCandidate: 'read',
    bias: 'read',
    h: 'update',
    inner: 'write',
    mask: 'read',
    masked: 'write',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
  },
  recurrentFlops(3),
)

/** The gradients of `gru`: z becomes that of x Wx + b, dh goes from the final to the initial state. */
export const gruBackward = define(
  62,
  'gruBackward',
  {
    z: 'update',
    packed: 'read',
    packedCandidate: 'read',
    h: 'read',
    inner: 'update',
    dy: 'read',
    dh: 'update',
    mask: 'read',
    valid: 'read',
    steps: 'int',
    batch: 'int',
    hidden: 'int',
    flags: 'int',
    truncate: 'int',
  },
  recurrentFlops(3),
)
