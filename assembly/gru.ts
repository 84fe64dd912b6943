import { addSpan } from './add'
import { gemmPacked } from './gemm-packed'
import { loadLanes, storeLanes } from './lanes'
import { multiplySpan } from './multiply'
import { tanh } from './math'
import { RecurrentFlag } from './codes'
import {
  addStateGradient,
  BLOCK,
  gateBackward,
  gateSpan,
  isPadding,
  slotAfter,
  slotBefore,
  stepAt,
  tanhBackward,
  unlessVanished,
  workspace,
} from './recurrent'
import { shareBegin, shareEnd } from './threads'

/**
 * GRU (Cho et al. 2014), gates in blocks r, u, n (u is the update gate, often called z), with a = x Wx + b:
 *
 *   r = s(a_r + h Wh_r),   u = s(a_u + h Wh_u)
 *   n = tanh(a_n + r (h Wh_n + b_hn))     reset after the recurrent product
 *   n = tanh(a_n + (r h) Wh_n)            or before it (RecurrentFlag.ResetBefore)
 *   h' = (1 - u) n + u h
 *
 * On entry z [steps, batch, 3 hidden] holds a and slot 0 of h [steps + 1, batch, hidden] the initial state (the last slot
 * in reverse); on return z holds r, u and n, h all states, and `inner` [steps, batch, hidden] what the reset gate meets:
 * h Wh_n + b_hn, or r h. `packed` is Wh's blocks r and u, `packedCandidate` Wh_n, `bias` b_hn or 0. `mask`, `masked` and
 * `valid` as in `lstm`.
 */
export function gru(
  z: usize,
  packed: usize,
  packedCandidate: usize,
  bias: usize,
  h: usize,
  inner: usize,
  mask: usize,
  masked: usize,
  valid: usize,
  steps: i32,
  batch: i32,
  hidden: i32,
  flags: i32,
): void {
  const row = (<usize>hidden) << 2
  const zRow = row * 3
  const slot = row * <usize>batch
  const hard = (flags & RecurrentFlag.HardGates) != 0
  const resetBefore = (flags & RecurrentFlag.ResetBefore) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = h + slotBefore(t, flags) * slot
    const after = h + slotAfter(t, flags) * slot
    const multiplied = position > 0 || !(flags & RecurrentFlag.ZeroState)
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const at = <usize>r * row
      const zBlock = z + (<usize>t * <usize>batch + <usize>r) * zRow
      const innerBlock = inner + <usize>t * slot + at
      let state = before + at
      if (mask && multiplied) {
        const product = masked + <usize>t * slot + at
        multiplySpan(state, mask + at, product, rows * hidden)
        state = product
      }
      if (multiplied) gemmPacked(state, row, packed, zBlock, zRow, rows, 2 * hidden, hidden)
      for (let i = 0; i < rows; i++) {
        const p = <usize>i * row
        const zAt = zBlock + <usize>i * zRow
        gateSpan(zAt, 2 * hidden, hard)
        if (resetBefore) multiplySpan(zAt, state + p, innerBlock + p, hidden)
        else if (bias) memory.copy(innerBlock + p, bias, row)
        else memory.fill(innerBlock + p, 0, row)
      }
      if (multiplied) {
        if (resetBefore) {
          gemmPacked(innerBlock, row, packedCandidate, zBlock + 2 * row, zRow, rows, hidden, hidden)
        } else gemmPacked(state, row, packedCandidate, innerBlock, row, rows, hidden, hidden)
      }
      for (let i = 0; i < rows; i++) {
        const p = <usize>i * row
        if (isPadding(valid, r + i, t, batch)) memory.copy(after + at + p, before + at + p, row)
        else {
          const zAt = zBlock + <usize>i * zRow
          cell(zAt, innerBlock + p, before + at + p, after + at + p, hidden, resetBefore)
        }
      }
    }
  }
}

/** The candidate and the new state from the gates r and u. */
function cell(z: usize, inner: usize, hBefore: usize, h: usize, hidden: i32, resetBefore: bool): void {
  const block = (<usize>hidden) << 2
  const end = z + ((<usize>(hidden & ~3)) << 2)
  for (; z < end; z += 16) {
    cellLanes(z, block, inner, hBefore, h, 4, resetBefore)
    inner += 16
    hBefore += 16
    h += 16
  }
  const rest = hidden & 3
  if (rest > 0) cellLanes(z, block, inner, hBefore, h, rest, resetBefore)
}

// @ts-ignore: decorator
@inline
function cellLanes(
  z: usize,
  block: usize,
  inner: usize,
  hBefore: usize,
  h: usize,
  count: i32,
  resetBefore: bool,
): void {
  let candidate = loadLanes(z + 2 * block, count)
  if (!resetBefore) {
    candidate = f32x4.add(candidate, f32x4.mul(loadLanes(z, count), loadLanes(inner, count)))
  }
  const n = tanh(candidate)
  storeLanes(z + 2 * block, count, n)
  const u = loadLanes(z + block, count)
  const kept = f32x4.mul(u, loadLanes(hBefore, count))
  storeLanes(h, count, f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), u), n), kept))
}

/**
 * With dh' the gradient after a step, dy's part for it included, and da_n = dh' (1 - u) (1 - n^2):
 *
 *   da_u = dh' (h - n) s'(u)
 *   after:   da_r = da_n inner s'(r),              dinner = da_n r
 *   before:  da_r = drh h s'(r),                   drh = da_n Wh_n^T
 *   dh = dh' u + [da_r da_u] Wh_ru^T + (dinner Wh_n^T, or drh r)
 *
 * z holds the gates on entry and da on return; `inner` becomes dinner where the reset comes after the product and stays
 * as it is where it comes before. `packed` is (Wh_r, Wh_u)^T and `packedCandidate` Wh_n^T; `dy`, `dh` and `truncate` as in
 * `lstmBackward`.
 */
export function gruBackward(
  z: usize,
  packed: usize,
  packedCandidate: usize,
  h: usize,
  inner: usize,
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
  const zRow = row * 3
  const slot = row * <usize>batch
  const hard = (flags & RecurrentFlag.HardGates) != 0
  const resetBefore = (flags & RecurrentFlag.ResetBefore) != 0
  const begin = shareBegin(batch, 4)
  const end = shareEnd(batch, 4)
  const dReset = workspace() + <usize>BLOCK * row
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const before = h + slotBefore(t, flags) * slot
    const cut = truncate > 0 && position > 0 && position % truncate == 0
    const multiplied = position > 0 || !(flags & RecurrentFlag.ZeroState)
    for (let r = begin; r < end; r += BLOCK) {
      const rows = min(BLOCK, end - r)
      const at = <usize>r * row
      const zBlock = z + (<usize>t * <usize>batch + <usize>r) * zRow
      const innerBlock = inner + <usize>t * slot + at
      const dhBlock = dh + at
      const maskBlock: usize = mask ? mask + at : 0
      if (dy) addSpan(dy + <usize>t * slot + at, dhBlock, rows * hidden)
      for (let i = 0; i < rows; i++) {
        const p = <usize>i * row
        const zAt = zBlock + <usize>i * zRow
        if (isPadding(valid, r + i, t, batch)) {
          memory.fill(zAt, 0, zRow)
          if (!resetBefore) memory.fill(innerBlock + p, 0, row)
        } else cellBackward(zAt, innerBlock + p, before + at + p, dhBlock + p, hidden, hard, resetBefore)
      }
      if (resetBefore) {
        memory.fill(dReset, 0, <usize>rows * row)
        if (multiplied) {
          addStateGradient(zBlock + 2 * row, zRow, packedCandidate, dReset, maskBlock, rows, hidden, hidden)
        }
        for (let i = 0; i < rows; i++) {
          const p = <usize>i * row
          resetBackward(zBlock + <usize>i * zRow, before + at + p, dReset + p, dhBlock + p, hidden, hard)
        }
      }
      if (cut) memory.fill(dhBlock, 0, <usize>rows * row)
      else if (multiplied) {
        addStateGradient(zBlock, zRow, packed, dhBlock, maskBlock, rows, hidden, 2 * hidden)
        if (!resetBefore) {
          addStateGradient(innerBlock, row, packedCandidate, dhBlock, maskBlock, rows, hidden, hidden)
        }
      }
    }
  }
}

function cellBackward(
  z: usize,
  inner: usize,
  hBefore: usize,
  dh: usize,
  hidden: i32,
  hard: bool,
  resetBefore: bool,
): void {
  const block = (<usize>hidden) << 2
  const end = z + ((<usize>(hidden & ~3)) << 2)
  for (; z < end; z += 16) {
    cellBackwardLanes(z, block, inner, hBefore, dh, 4, hard, resetBefore)
    inner += 16
    hBefore += 16
    dh += 16
  }
  const rest = hidden & 3
  if (rest > 0) cellBackwardLanes(z, block, inner, hBefore, dh, rest, hard, resetBefore)
}

/** Leaves in dh the part that passes by the gates, dh' u. */
// @ts-ignore: decorator
@inline
function cellBackwardLanes(
  z: usize,
  block: usize,
  inner: usize,
  hBefore: usize,
  dh: usize,
  count: i32,
  hard: bool,
  resetBefore: bool,
): void {
  const u = loadLanes(z + block, count)
  const n = loadLanes(z + 2 * block, count)
  const d = unlessVanished(loadLanes(dh, count))
  const dCandidate = tanhBackward(n, f32x4.mul(d, f32x4.sub(f32x4.splat(1), u)))
  storeLanes(z + 2 * block, count, dCandidate)
  const change = f32x4.sub(loadLanes(hBefore, count), n)
  storeLanes(z + block, count, gateBackward(u, f32x4.mul(d, change), hard))
  storeLanes(dh, count, f32x4.mul(d, u))
  if (resetBefore) return
  const r = loadLanes(z, count)
  storeLanes(z, count, gateBackward(r, f32x4.mul(dCandidate, loadLanes(inner, count)), hard))
  storeLanes(inner, count, f32x4.mul(dCandidate, r))
}

/** da_r = drh h s'(r) in place of r, and dh += drh r. */
function resetBackward(z: usize, h: usize, drh: usize, dh: usize, hidden: i32, hard: bool): void {
  for (let j = 0; j < hidden; j += 4) {
    const count = min(4, hidden - j)
    const r = loadLanes(z, count)
    const d = loadLanes(drh, count)
    storeLanes(z, count, gateBackward(r, f32x4.mul(d, loadLanes(h, count)), hard))
    storeLanes(dh, count, f32x4.add(loadLanes(dh, count), f32x4.mul(d, r)))
    z += 16
    h += 16
    drh += 16
    dh += 16
  }
}
