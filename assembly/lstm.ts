import { addSpan } from './add'
import { gemmPacked } from './gemm-packed'
import { loadLanes, storeLanes } from './lanes'
import { multiplySpan } from './multiply'
import { tanh } from './math'
import { RecurrentFlag } from './codes'
import {
  addStateGradient,
  BLOCK,
  gateSpan,
  gateBackward,
  isPadding,
  slotAfter,
  slotBefore,
  stepAt,
  tanhBackward,
  tanhSpan,
  unlessVanished,
} from './recurrent'
import { shareBegin, shareEnd } from './threads'

/**
 * LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000), gates in blocks i, f, g, o:
 *
 *   z = x Wx + b + h Wh
 *   i = s(z_i), f = s(z_f), g = tanh(z_g), o = s(z_o)
 *   c' = f c + i g,   h' = o tanh(c')
 *
 * On entry z [steps, batch, 4 hidden] holds x Wx + b and slot 0 of h and c [steps + 1, batch, hidden] the initial state
 * (the last slot in reverse); on return z holds the activated gates, which the backward pass needs, and h and c all
 * states. `packed` is Wh by `pack`. With a dropout `mask` [batch, hidden] the product takes h * mask, which is kept in
 * `masked` [steps, batch, hidden] for the weights' gradient. Where `valid` float32 [steps, batch] is 0 a step is
 * padding: states are carried over, and so are their gradients.
 */
export function lstm(
  z: usize,
  packed: usize,
  h: usize,
  c: usize,
  mask: usize,
  masked: usize,
  valid: usize,
  steps: i32,
  batch: i32,
  hidden: i32,
  flags: i32,
): void {
  const row = (<usize>hidden) << 2
  const zRow = row << 2
  const slot = row * <usize>batch
  const hard = (flags & RecurrentFlag.HardGates) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = slotBefore(t, flags) * slot
    const after = slotAfter(t, flags) * slot
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const zBlock = z + (<usize>t * <usize>batch + <usize>r) * zRow
      const at = <usize>r * row
      if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
        let state = h + before + at
        if (mask) {
          const product = masked + <usize>t * slot + at
          multiplySpan(state, mask + at, product, rows * hidden)
          state = product
        }
        gemmPacked(state, row, packed, zBlock, zRow, rows, 4 * hidden, hidden)
      }
      for (let i = 0; i < rows; i++) {
        const p = at + <usize>i * row
        if (isPadding(valid, r + i, t, batch)) {
          memory.copy(h + after + p, h + before + p, row)
          memory.copy(c + after + p, c + before + p, row)
        } else {
          cell(zBlock + <usize>i * zRow, c + before + p, c + after + p, h + after + p, hidden, hard)
        }
      }
    }
  }
}

function cell(z: usize, cBefore: usize, c: usize, h: usize, hidden: i32, hard: bool): void {
  const block = (<usize>hidden) << 2
  // One function a loop: all five in one loop do not fit the registers, and measured 1.2 times as long.
  gateSpan(z, 2 * hidden, hard)
  tanhSpan(z + 2 * block, z + 2 * block, hidden)
  gateSpan(z + 3 * block, hidden, hard)
  const end = z + ((<usize>(hidden & ~3)) << 2)
  for (; z < end; z += 16) {
    cellLanes(z, block, cBefore, c, h, 4)
    cBefore += 16
    c += 16
    h += 16
  }
  const rest = hidden & 3
  if (rest > 0) cellLanes(z, block, cBefore, c, h, rest)
}

// @ts-ignore: decorator
@inline
function cellLanes(z: usize, block: usize, cBefore: usize, c: usize, h: usize, count: i32): void {
  const i = loadLanes(z, count)
  const f = loadLanes(z + block, count)
  const g = loadLanes(z + 2 * block, count)
  const o = loadLanes(z + 3 * block, count)
  const next = f32x4.add(f32x4.mul(f, loadLanes(cBefore, count)), f32x4.mul(i, g))
  storeLanes(c, count, next)
  storeLanes(h, count, f32x4.mul(o, tanh(next)))
}

/**
 * With dh' and dc' the gradients after a step, dy's part for it included:
 *
 *   do = dh' tanh(c'),   dc' += dh' o (1 - tanh(c')^2)
 *   di = dc' g,  df = dc' c,  dg = dc' i,   dc = dc' f
 *   dz = the gates' gradients through their activations,   dh = dz Wh^T
 *
 * z holds the gates on entry and dz on return. dh and dc [batch, hidden] hold the gradients of the final state on entry
 * and of the initial state on return (without meaning after ZeroState); dy [steps, batch, hidden] is 0 where no step's
 * output is used. `packed` is Wh^T. With `truncate` no gradient passes between steps k truncate - 1 and k truncate.
 */
export function lstmBackward(
  z: usize,
  packed: usize,
  c: usize,
  dy: usize,
  dh: usize,
  dc: usize,
  mask: usize,
  valid: usize,
  steps: i32,
  batch: i32,
  hidden: i32,
  flags: i32,
  truncate: i32,
): void {
  const row = (<usize>hidden) << 2
  const zRow = row << 2
  const slot = row * <usize>batch
  const hard = (flags & RecurrentFlag.HardGates) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const before = slotBefore(t, flags) * slot
    const after = slotAfter(t, flags) * slot
    const cut = truncate > 0 && position > 0 && position % truncate == 0
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const zBlock = z + (<usize>t * <usize>batch + <usize>r) * zRow
      const at = <usize>r * row
      if (dy) addSpan(dy + <usize>t * slot + at, dh + at, rows * hidden)
      for (let i = 0; i < rows; i++) {
        const p = at + <usize>i * row
        const zAt = zBlock + <usize>i * zRow
        if (isPadding(valid, r + i, t, batch)) memory.fill(zAt, 0, zRow)
        else cellBackward(zAt, c + before + p, c + after + p, dh + p, dc + p, hidden, hard)
      }
      if (cut) {
        memory.fill(dh + at, 0, <usize>rows * row)
        memory.fill(dc + at, 0, <usize>rows * row)
      } else if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
        addStateGradient(zBlock, zRow, packed, dh + at, mask ? mask + at : 0, rows, hidden, 4 * hidden)
      }
    }
  }
}

function cellBackward(
  z: usize,
  cBefore: usize,
  c: usize,
  dh: usize,
  dc: usize,
  hidden: i32,
  hard: bool,
): void {
  const block = (<usize>hidden) << 2
  const end = z + ((<usize>(hidden & ~3)) << 2)
  for (; z < end; z += 16) {
    cellBackwardLanes(z, block, cBefore, c, dh, dc, 4, hard)
    cBefore += 16
    c += 16
    dh += 16
    dc += 16
  }
  const rest = hidden & 3
  if (rest > 0) cellBackwardLanes(z, block, cBefore, c, dh, dc, rest, hard)
}

/** Leaves dh zero: all of it has gone through the gates. */
// @ts-ignore: decorator
@inline
function cellBackwardLanes(
  z: usize,
  block: usize,
  cBefore: usize,
  c: usize,
  dh: usize,
  dc: usize,
  count: i32,
  hard: bool,
): void {
  const i = loadLanes(z, count)
  const f = loadLanes(z + block, count)
  const g = loadLanes(z + 2 * block, count)
  const o = loadLanes(z + 3 * block, count)
  const after = tanh(loadLanes(c, count))
  const dNext = unlessVanished(loadLanes(dh, count))
  const d = f32x4.add(unlessVanished(loadLanes(dc, count)), tanhBackward(after, f32x4.mul(dNext, o)))
  storeLanes(z, count, gateBackward(i, f32x4.mul(d, g), hard))
  storeLanes(z + block, count, gateBackward(f, f32x4.mul(d, loadLanes(cBefore, count)), hard))
  storeLanes(z + 2 * block, count, tanhBackward(g, f32x4.mul(d, i)))
  storeLanes(z + 3 * block, count, gateBackward(o, f32x4.mul(dNext, after), hard))
  storeLanes(dc, count, f32x4.mul(d, f))
  storeLanes(dh, count, f32x4.splat(0))
}
