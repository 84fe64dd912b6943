import { RecurrentFlag } from '../../../assembly/codes.js'
import { tanhSpan } from './activation.js'
import { addSpan } from './add.js'
import { gemmPacked } from './gemm-packed.js'
import { multiplySpan } from './multiply.js'
import {
  addStateGradient,
  isPadding,
  slotAfter,
  slotBefore,
  stepAt,
  tanhBackward,
  unlessVanished,
} from './recurrent.js'
import type { Views } from './views.js'

/** The simple recurrent network over all steps; assembly/simple-rnn.ts has the formulas and shapes. */
export function simpleRnn(
  memory: Views,
  z: number,
  packed: number,
  h: number,
  mask: number,
  masked: number,
  valid: number,
  steps: number,
  batch: number,
  hidden: number,
  flags: number,
): void {
  const { f32 } = memory
  const relu = (flags & RecurrentFlag.Relu) !== 0
  const slot = batch * hidden
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = (h >>> 2) + slotBefore(t, flags) * slot
    const after = (h >>> 2) + slotAfter(t, flags) * slot
    const zStep = (z >>> 2) + t * slot
    if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
      let state = before
      if (mask !== 0) {
        state = (masked >>> 2) + t * slot
        multiplySpan(f32, before, mask >>> 2, state, slot)
      }
      gemmPacked(f32, state, hidden, packed >>> 2, f32, zStep, hidden, batch, hidden, hidden)
    }
    for (let r = 0; r < batch; r++) {
      const at = r * hidden
      if (isPadding(memory, valid, r, t, batch)) {
        f32.copyWithin(after + at, before + at, before + at + hidden)
        continue
      }
      if (relu) for (let j = at; j < at + hidden; j++) f32[after + j] = Math.max(f32[zStep + j]!, 0)
      else tanhSpan(f32, zStep + at, after + at, hidden)
    }
  }
}

/** The gradients of `simpleRnn`; see assembly/simple-rnn.ts. */
export function simpleRnnBackward(
  memory: Views,
  z: number,
  packed: number,
  h: number,
  dy: number,
  dh: number,
  mask: number,
  valid: number,
  steps: number,
  batch: number,
  hidden: number,
  flags: number,
  truncate: number,
): void {
  const { f32 } = memory
  const relu = (flags & RecurrentFlag.Relu) !== 0
  const slot = batch * hidden
  const d = dh >>> 2
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const after = (h >>> 2) + slotAfter(t, flags) * slot
    const zStep = (z >>> 2) + t * slot
    if (dy !== 0) addSpan(f32, (dy >>> 2) + t * slot, d, slot)
    for (let r = 0; r < batch; r++) {
      const at = r * hidden
      if (isPadding(memory, valid, r, t, batch)) {
        f32.fill(0, zStep + at, zStep + at + hidden)
        continue
      }
      for (let j = at; j < at + hidden; j++) {
        const y = f32[after + j]!
        const gradient = unlessVanished(f32[d + j]!)
        f32[zStep + j] = !relu ? tanhBackward(y, gradient) : y <= 0 ? 0 : gradient
        f32[d + j] = 0
      }
    }
    if (truncate > 0 && position > 0 && position % truncate === 0) f32.fill(0, d, d + slot)
    else if (position > 0 || !(flags & RecurrentFlag.ZeroState)) {
      addStateGradient(f32, zStep, hidden, packed >>> 2, f32, d, mask >>> 2, batch, hidden, hidden)
    }
  }
}
