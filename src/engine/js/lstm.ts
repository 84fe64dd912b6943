import { RecurrentFlag } from '../../../assembly/codes.js'
import { tanhSpan } from './activation.js'
import { addSpan } from './add.js'
import { gemmPacked } from './gemm-packed.js'
import { tanh } from './math.js'
import { multiplySpan } from './multiply.js'
import {
  addStateGradient,
  gateBackward,
  gateSpan,
  isPadding,
  slotAfter,
  slotBefore,
  stepAt,
  tanhBackward,
  unlessVanished,
} from './recurrent.js'
import type { Views } from './views.js'

const f = Math.fround

/** An LSTM over all steps; assembly/lstm.ts has the formulas and shapes. */
export function lstm(
  memory: Views,
  z: number,
  packed: number,
  h: number,
  c: number,
  mask: number,
  masked: number,
  valid: number,
  steps: number,
  batch: number,
  hidden: number,
  flags: number,
): void {
  const { f32 } = memory
  const hard = (flags & RecurrentFlag.HardGates) !== 0
  const slot = batch * hidden
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = slotBefore(t, flags) * slot
    const after = slotAfter(t, flags) * slot
    const zStep = (z >>> 2) + t * slot * 4
    if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
      let state = (h >>> 2) + before
      if (mask !== 0) {
        state = (masked >>> 2) + t * slot
        multiplySpan(f32, (h >>> 2) + before, mask >>> 2, state, slot)
      }
      gemmPacked(f32, state, hidden, packed >>> 2, f32, zStep, 4 * hidden, batch, 4 * hidden, hidden)
    }
    for (let r = 0; r < batch; r++) {
      const row = zStep + r * 4 * hidden
      const hBefore = (h >>> 2) + before + r * hidden
      const hAfter = (h >>> 2) + after + r * hidden
      const cBefore = (c >>> 2) + before + r * hidden
      const cAfter = (c >>> 2) + after + r * hidden
      if (isPadding(memory, valid, r, t, batch)) {
        f32.copyWithin(hAfter, hBefore, hBefore + hidden)
        f32.copyWithin(cAfter, cBefore, cBefore + hidden)
        continue
      }
      gateSpan(f32, row, 2 * hidden, hard)
      tanhSpan(f32, row + 2 * hidden, row + 2 * hidden, hidden)
      gateSpan(f32, row + 3 * hidden, hidden, hard)
      for (let j = 0; j < hidden; j++) {
        const i = f32[row + j]!
        const forget = f32[row + hidden + j]!
        const g = f32[row + 2 * hidden + j]!
        f32[cAfter + j] = f(forget * f32[cBefore + j]!) + f(i * g)
      }
      tanhSpan(f32, cAfter, hAfter, hidden)
      for (let j = 0; j < hidden; j++) f32[hAfter + j] = f32[row + 3 * hidden + j]! * f32[hAfter + j]!
    }
  }
}

/** The gradients of `lstm`; see assembly/lstm.ts. */
export function lstmBackward(
  memory: Views,
  z: number,
  packed: number,
  c: number,
  dy: number,
  dh: number,
  dc: number,
  mask: number,
  valid: number,
  steps: number,
  batch: number,
  hidden: number,
  flags: number,
  truncate: number,
): void {
  const { f32 } = memory
  const hard = (flags & RecurrentFlag.HardGates) !== 0
  const slot = batch * hidden
  const dH = dh >>> 2
  const dC = dc >>> 2
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const before = (c >>> 2) + slotBefore(t, flags) * slot
    const after = (c >>> 2) + slotAfter(t, flags) * slot
    const zStep = (z >>> 2) + t * slot * 4
    if (dy !== 0) addSpan(f32, (dy >>> 2) + t * slot, dH, slot)
    for (let r = 0; r < batch; r++) {
      const row = zStep + r * 4 * hidden
      if (isPadding(memory, valid, r, t, batch)) {
        f32.fill(0, row, row + 4 * hidden)
        continue
      }
      for (let j = 0; j < hidden; j++) {
        const at = row + j
        const unit = r * hidden + j
        const i = f32[at]!
        const forget = f32[at + hidden]!
        const g = f32[at + 2 * hidden]!
        const o = f32[at + 3 * hidden]!
        const squashed = tanh(f32[after + unit]!)
        const dNext = unlessVanished(f32[dH + unit]!)
        const d = f(unlessVanished(f32[dC + unit]!) + tanhBackward(squashed, f(dNext * o)))
        f32[at] = gateBackward(i, f(d * g), hard)
        f32[at + hidden] = gateBackward(forget, f(d * f32[before + unit]!), hard)
        f32[at + 2 * hidden] = tanhBackward(g, f(d * i))
        f32[at + 3 * hidden] = gateBackward(o, f(dNext * squashed), hard)
        f32[dC + unit] = d * forget
        f32[dH + unit] = 0
      }
    }
    if (truncate > 0 && position > 0 && position % truncate === 0) {
      f32.fill(0, dH, dH + slot)
      f32.fill(0, dC, dC + slot)
    } else if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
      addStateGradient(f32, zStep, 4 * hidden, packed >>> 2, f32, dH, mask >>> 2, batch, hidden, 4 * hidden)
    }
  }
}
