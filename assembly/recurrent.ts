/**
 * What the recurrent layers share. Sequences lie time first: x [steps, batch, ...]; states lie in steps + 1 slots, so
 * that those before and after every step are the same buffer one slot apart: step t reads slot t and writes t + 1, or
 * from the last step to the first (RecurrentFlag.Reverse) reads t + 1 and writes t.
 *
 * An instruction runs over all time steps and is split among threads by samples, so that nothing inside it waits.
 */
import { addSpan } from './add'
import { gemmPacked, PACKED_SCRATCH } from './gemm-packed'
import { loadLanes, storeLanes } from './lanes'
import { sigmoid, tanh } from './math'
import { multiplySpan } from './multiply'
import { RecurrentFlag } from './codes'
import { scratch } from './scratch'

/** 2^-90: a state's gradient below it has vanished. */
const VANISHED: f32 = 8.077935669463161e-28

/** Samples whose recurrent product and gates are computed together, while both are in the L1 cache. */
export const BLOCK: i32 = 8

/** Of `steps` steps, the one that comes `position`-th. */
// @ts-ignore: decorator
@inline
export function stepAt(position: i32, steps: i32, flags: i32): i32 {
  return flags & RecurrentFlag.Reverse ? steps - 1 - position : position
}

/** Slot of the state before step t. */
// @ts-ignore: decorator
@inline
export function slotBefore(t: i32, flags: i32): usize {
  return <usize>(flags & RecurrentFlag.Reverse ? t + 1 : t)
}

/** Slot of the state after step t. */
// @ts-ignore: decorator
@inline
export function slotAfter(t: i32, flags: i32): usize {
  return <usize>(flags & RecurrentFlag.Reverse ? t : t + 1)
}

/** Whether step t of sample r is padding: `valid` float32 [steps, batch] is 0 there; address 0 where none is. */
// @ts-ignore: decorator
@inline
export function isPadding(valid: usize, r: i32, t: i32, batch: i32): bool {
  return valid != 0 && load<f32>(valid + ((<usize>t * <usize>batch + <usize>r) << 2)) == 0
}

/** A gate's activation: the sigmoid, or clip(0.2 x + 0.5, 0, 1). */
// @ts-ignore: decorator
@inline
export function gate(x: v128, hard: bool): v128 {
  if (!hard) return sigmoid(x)
  const line = f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5))
  return f32x4.pmax(f32x4.pmin(line, f32x4.splat(1)), f32x4.splat(0))
}

/** x[i] = s(x[i]) for `count` gates. */
export function gateSpan(x: usize, count: i32, hard: bool): void {
  const end = x + ((<usize>(count & ~3)) << 2)
  if (hard) for (; x < end; x += 16) v128.store(x, gate(v128.load(x), true))
  else for (; x < end; x += 16) v128.store(x, gate(v128.load(x), false))
  const rest = count & 3
  if (rest > 0) storeLanes(x, rest, gate(loadLanes(x, rest), hard))
}

/** y[i] = tanh(x[i]) for `count` floats; x and y may be the same memory. */
export function tanhSpan(x: usize, y: usize, count: i32): void {
  const end = x + ((<usize>(count & ~3)) << 2)
  for (; x < end; x += 16) {
    v128.store(y, tanh(v128.load(x)))
    y += 16
  }
  const rest = count & 3
  if (rest > 0) storeLanes(y, rest, tanh(loadLanes(x, rest)))
}

/** dx = dy s'(x) of a gate from its output y: dy (y (1 - y)), or 0.2 dy where 0 < y < 1. */
// @ts-ignore: decorator
@inline
export function gateBackward(y: v128, dy: v128, hard: bool): v128 {
  const one = f32x4.splat(1)
  if (!hard) return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)))
  const inside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one))
  return v128.and(f32x4.mul(dy, f32x4.splat(0.2)), inside)
}

/** dx = dy tanh'(x) from y = tanh(x). */
// @ts-ignore: decorator
@inline
export function tanhBackward(y: v128, dy: v128): v128 {
  return f32x4.mul(dy, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)))
}

/**
 * The gradient of a state on its way back through time, 0 where its magnitude is below 2^-90: too small to move a weight of
 * ordinary size, and a few steps further it would be denormal, which takes processors up to a hundred times as long to
 * compute with.
 */
// @ts-ignore: decorator
@inline
export function unlessVanished(gradient: v128): v128 {
  return v128.andnot(gradient, f32x4.lt(f32x4.abs(gradient), f32x4.splat(VANISHED)))
}

/**
 * dh += dz W^T for `rows` rows, dz [rows, k] with rows `dzRow` bytes apart, packed W^T [k, hidden], dh [rows, hidden];
 * where there is a `mask` [rows, hidden] of recurrent dropout, dh += mask * (dz W^T).
 */
export function addStateGradient(
  dz: usize,
  dzRow: usize,
  packed: usize,
  dh: usize,
  mask: usize,
  rows: i32,
  hidden: i32,
  k: i32,
): void {
  const row = (<usize>hidden) << 2
  if (!mask) {
    gemmPacked(dz, dzRow, packed, dh, row, rows, hidden, k)
    return
  }
  const product = workspace()
  const count = rows * hidden
  memory.fill(product, 0, (<usize>count) << 2)
  gemmPacked(dz, dzRow, packed, product, row, rows, hidden, k)
  multiplySpan(product, mask, product, count)
  addSpan(product, dh, count)
}

/** Scratch memory for BLOCK rows of one value a unit. */
export function workspace(): usize {
  return scratch() + PACKED_SCRATCH
}
