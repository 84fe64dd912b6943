import { RecurrentFlag } from '../../../assembly/codes.js'
import { sigmoidSpan } from './activation.js'
import { gemmPacked } from './gemm-packed.js'
import type { Views } from './views.js'

/** What the recurrent layers share; the twin of assembly/recurrent.ts. */

const f = Math.fround
const FIFTH = f(0.2)

/** A state's gradient below it has vanished. */
const VANISHED = 2 ** -90

/** Working memory, kept between calls and made anew only for a larger layer. */
let product = new Float32Array(0)

/** Of `steps` steps, the one that comes `position`-th. */
export function stepAt(position: number, steps: number, flags: number): number {
  return flags & RecurrentFlag.Reverse ? steps - 1 - position : position
}

/** Slot of the state before step t. */
export function slotBefore(t: number, flags: number): number {
  return flags & RecurrentFlag.Reverse ? t + 1 : t
}

/** Slot of the state after step t. */
export function slotAfter(t: number, flags: number): number {
  return flags & RecurrentFlag.Reverse ? t : t + 1
}

/** Whether step t of sample r is padding: `valid` float32 [steps, batch] is 0 there; address 0 where none is. */
export function isPadding({ f32 }: Views, valid: number, r: number, t: number, batch: number): boolean {
  return valid !== 0 && f32[(valid >>> 2) + t * batch + r] === 0
}

/** The activation of `count` gates in place: the sigmoid, or clip(0.2 x + 0.5, 0, 1). */
export function gateSpan(f32: Float32Array, x: number, count: number, hard: boolean): void {
  if (!hard) {
    sigmoidSpan(f32, x, x, count)
    return
  }
  for (let i = x; i < x + count; i++) f32[i] = Math.max(Math.min(f(f(f32[i]! * FIFTH) + 0.5), 1), 0)
}

/** dx = dy s'(x) of a gate from its output y: dy (y (1 - y)), or 0.2 dy where 0 < y < 1. */
export function gateBackward(y: number, dy: number, hard: boolean): number {
  if (!hard) return f(dy * f(y * f(1 - y)))
  return y > 0 && y < 1 ? f(dy * FIFTH) : 0
}

/** dx = dy tanh'(x) from y = tanh(x). */
export function tanhBackward(y: number, dy: number): number {
  return f(dy * f(1 - f(y * y)))
}

/**
 * The gradient of a state on its way back through time, 0 where its magnitude is below 2^-90: too small to move a weight of
 * ordinary size, and a few steps further it would be denormal, which takes processors up to a hundred times as long to
 * compute with.
 */
export function unlessVanished(gradient: number): number {
  return Math.abs(gradient) < VANISHED ? 0 : gradient
}

/**
 * out += dz W^T for `rows` rows, or with a dropout `mask` (0 where there is none) out += mask * (dz W^T): dz [rows, k]
 * with rows dzRow elements apart, packed W^T [k, hidden] and mask [rows, hidden] in `f32`, out [rows, hidden] from index
 * `at`.
 */
export function addStateGradient(
  f32: Float32Array,
  dz: number,
  dzRow: number,
  packed: number,
  out: Float32Array,
  at: number,
  mask: number,
  rows: number,
  hidden: number,
  k: number,
): void {
  if (mask === 0) {
    gemmPacked(f32, dz, dzRow, packed, out, at, hidden, rows, hidden, k)
    return
  }
  const size = rows * hidden
  if (product.length < size) product = new Float32Array(size)
  product.fill(0, 0, size)
  gemmPacked(f32, dz, dzRow, packed, product, 0, hidden, rows, hidden, k)
  for (let i = 0; i < size; i++) out[at + i] = out[at + i]! + f(product[i]! * f32[mask + i]!)
}
