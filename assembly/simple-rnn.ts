import { addSpan } from './add'
import { gemmPacked } from './gemm-packed'
import { loadLanes, storeLanes } from './lanes'
import { multiplySpan } from './multiply'
import { tanh } from './math'
import { RecurrentFlag } from './codes'
import {
  addStateGradient,
  BLOCK,
  isPadding,
  slotAfter,
  slotBefore,
  stepAt,
  tanhBackward,
  unlessVanished,
} from './recurrent'
import { shareBegin, shareEnd } from './threads'

/**
 * The simple recurrent network (Elman 1990): h' = tanh(x Wx + b + h Wh), or ReLU in place of tanh.
 *
 * On entry z [steps, batch, hidden] holds x Wx + b, which is overwritten, and slot 0 of h [steps + 1, batch, hidden] the
 * initial state (the last slot in reverse); on return h holds all states. `packed`, `mask`, `masked` and `valid` as in
 * `lstm`.
 */
export function simpleRnn(
  z: usize,
  packed: usize,
  h: usize,
  mask: usize,
  masked: usize,
  valid: usize,
  steps: i32,
  batch: i32,
  hidden: i32,
  flags: i32,
): void {
  const row = (<usize>hidden) << 2
  const slot = row * <usize>batch
  const relu = (flags & RecurrentFlag.Relu) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = h + slotBefore(t, flags) * slot
    const after = h + slotAfter(t, flags) * slot
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const at = <usize>r * row
      const zBlock = z + <usize>t * slot + at
      if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
        let state = before + at
        if (mask) {
          const product = masked + <usize>t * slot + at
          multiplySpan(state, mask + at, product, rows * hidden)
          state = product
        }
        gemmPacked(state, row, packed, zBlock, row, rows, hidden, hidden)
      }
      cell(zBlock, after + at, rows * hidden, relu)
      for (let i = 0; i < rows; i++) {
        const p = at + <usize>i * row
        if (isPadding(valid, r + i, t, batch)) memory.copy(after + p, before + p, row)
      }
    }
  }
}

function cell(z: usize, h: usize, count: i32, relu: bool): void {
  const end = z + ((<usize>(count & ~3)) << 2)
  for (; z < end; z += 16) {
    v128.store(h, activate(v128.load(z), relu))
    h += 16
  }
  const rest = count & 3
  if (rest > 0) storeLanes(h, rest, activate(loadLanes(z, rest), relu))
}

// @ts-ignore: decorator
@inline
function activate(z: v128, relu: bool): v128 {
  return relu ? v128.andnot(z, f32x4.le(z, f32x4.splat(0))) : tanh(z)
}

/**
 * dz = dh' f'(z),  dh = dz Wh^T. On return z holds dz; `dy`, `dh`, `packed` and `truncate` as in `lstmBackward`.
 */
export function simpleRnnBackward(
  z: usize,
  packed: usize,
  h: usize,
  dy: usize,
  dh: usize,
  mask: usize,
  valid: usize,
  steps: i32,
  batch: i32,
  hidden: i32,
  flags: i32,
  truncate: i32,
): void {
  const row = (<usize>hidden) << 2
  const slot = row * <usize>batch
  const relu = (flags & RecurrentFlag.Relu) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const after = h + slotAfter(t, flags) * slot
    const cut = truncate > 0 && position > 0 && position % truncate == 0
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const at = <usize>r * row
      const zBlock = z + <usize>t * slot + at
      if (dy) addSpan(dy + <usize>t * slot + at, dh + at, rows * hidden)
      for (let i = 0; i < rows; i++) {
        const p = <usize>i * row
        if (isPadding(valid, r + i, t, batch)) memory.fill(zBlock + p, 0, row)
        else cellBackward(after + at + p, dh + at + p, zBlock + p, hidden, relu)
      }
      if (cut) memory.fill(dh + at, 0, <usize>rows * row)
      else if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
        addStateGradient(zBlock, row, packed, dh + at, mask ? mask + at : 0, rows, hidden, hidden)
      }
    }
  }
}

function cellBackward(h: usize, dh: usize, dz: usize, hidden: i32, relu: bool): void {
  const end = h + ((<usize>(hidden & ~3)) << 2)
  for (; h < end; h += 16) {
    cellBackwardLanes(h, dh, dz, 4, relu)
    dh += 16
    dz += 16
  }
  const rest = hidden & 3
  if (rest > 0) cellBackwardLanes(h, dh, dz, rest, relu)
}

/** Leaves dh zero: all of it has gone through the activation. */
// @ts-ignore: decorator
@inline
function cellBackwardLanes(h: usize, dh: usize, dz: usize, count: i32, relu: bool): void {
  const y = loadLanes(h, count)
  const dy = unlessVanished(loadLanes(dh, count))
  storeLanes(dz, count, relu ? v128.andnot(dy, f32x4.le(y, f32x4.splat(0))) : tanhBackward(y, dy))
  storeLanes(dh, count, f32x4.splat(0))
}
