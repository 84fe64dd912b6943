import { RecurrentFlag } from '../../../assembly/codes.js'
import { tanhSpan } from './activation.js'
import { addSpan } from './add.js'
import { gemmPacked } from './gemm-packed.js'
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

/** The gradient of (reset gate x state), kept between calls and made anew only for a larger layer. */
let dReset = new Float32Array(0)

/** A GRU over all steps; assembly/gru.ts has the formulas and shapes. */
export function gru(
  memory: Views,
  z: number,
  packed: number,
  packedCandidate: number,
  bias: number,
  h: number,
  inner: number,
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
  const resetBefore = (flags & RecurrentFlag.ResetBefore) !== 0
  const slot = batch * hidden
  const width = 3 * hidden
  for (let position = 0; position < steps; position++) {
    const t = stepAt(position, steps, flags)
    const before = (h >>> 2) + slotBefore(t, flags) * slot
    const after = (h >>> 2) + slotAfter(t, flags) * slot
    const zStep = (z >>> 2) + t * slot * 3
    const innerStep = (inner >>> 2) + t * slot
    const multiplied = position > 0 || !(flags & RecurrentFlag.ZeroState)
    let state = before
    if (mask !== 0 && multiplied) {
      state = (masked >>> 2) + t * slot
      multiplySpan(f32, before, mask >>> 2, state, slot)
    }
    if (multiplied) gemmPacked(f32, state, hidden, packed >>> 2, f32, zStep, width, batch, 2 * hidden, hidden)
    for (let r = 0; r < batch; r++) {
      const reset = zStep + r * width
      const to = innerStep + r * hidden
      gateSpan(f32, reset, 2 * hidden, hard)
      if (resetBefore) {
        for (let j = 0; j < hidden; j++) f32[to + j] = f32[reset + j]! * f32[state + r * hidden + j]!
      } else if (bias !== 0) f32.copyWithin(to, bias >>> 2, (bias >>> 2) + hidden)
      else f32.fill(0, to, to + hidden)
    }
    if (multiplied) {
      const [from, to, row] = resetBefore
        ? [innerStep, zStep + 2 * hidden, width]
        : [state, innerStep, hidden]
      gemmPacked(f32, from, hidden, packedCandidate >>> 2, f32, to, row, batch, hidden, hidden)
    }
    for (let r = 0; r < batch; r++) {
      if (isPadding(memory, valid, r, t, batch)) {
        f32.copyWithin(after + r * hidden, before + r * hidden, before + (r + 1) * hidden)
        continue
      }
      const reset = zStep + r * width
      const update = reset + hidden
      const candidate = update + hidden
      const unit = r * hidden
      if (!resetBefore) {
        for (let j = 0; j < hidden; j++) {
          f32[candidate + j] = f32[candidate + j]! + f(f32[reset + j]! * f32[innerStep + unit + j]!)
        }
      }
      tanhSpan(f32, candidate, candidate, hidden)
      for (let j = 0; j < hidden; j++) {
        const u = f32[update + j]!
        const previous = f32[before + unit + j]!
        f32[after + unit + j] = f(f(1 - u) * f32[candidate + j]!) + f(u * previous)
      }
    }
  }
}

/** The gradients of `gru`; see assembly/gru.ts. */
export function gruBackward(
  memory: Views,
  z: number,
  packed: number,
  packedCandidate: number,
  h: number,
  inner: number,
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
  const hard = (flags & RecurrentFlag.HardGates) !== 0
  const resetBefore = (flags & RecurrentFlag.ResetBefore) !== 0
  const slot = batch * hidden
  const width = 3 * hidden
  const d = dh >>> 2
  for (let position = steps - 1; position >= 0; position--) {
    const t = stepAt(position, steps, flags)
    const before = (h >>> 2) + slotBefore(t, flags) * slot
    const zStep = (z >>> 2) + t * slot * 3
    const innerStep = (inner >>> 2) + t * slot
    const multiplied = position > 0 || !(flags & RecurrentFlag.ZeroState)
    if (dy !== 0) addSpan(f32, (dy >>> 2) + t * slot, d, slot)
    for (let r = 0; r < batch; r++) {
      const row = zStep + r * width
      if (isPadding(memory, valid, r, t, batch)) {
        f32.fill(0, row, row + width)
        if (!resetBefore) f32.fill(0, innerStep + r * hidden, innerStep + (r + 1) * hidden)
        continue
      }
      for (let j = 0; j < hidden; j++) {
        const unit = r * hidden + j
        const at = row + j
        const u = f32[at + hidden]!
        const n = f32[at + 2 * hidden]!
        const gradient = unlessVanished(f32[d + unit]!)
        const dCandidate = tanhBackward(n, f(gradient * f(1 - u)))
        f32[at + 2 * hidden] = dCandidate
        f32[at + hidden] = gateBackward(u, f(gradient * f(f32[before + unit]! - n)), hard)
        f32[d + unit] = gradient * u
        if (resetBefore) continue
        const reset = f32[at]!
        f32[at] = gateBackward(reset, f(dCandidate * f32[innerStep + unit]!), hard)
        f32[innerStep + unit] = dCandidate * reset
      }
    }
    if (resetBefore) {
      if (dReset.length < slot) dReset = new Float32Array(slot)
      dReset.fill(0, 0, slot)
      if (multiplied) {
        const from = packedCandidate >>> 2
        const dCandidate = zStep + 2 * hidden
        addStateGradient(f32, dCandidate, width, from, dReset, 0, mask >>> 2, batch, hidden, hidden)
      }
      for (let r = 0; r < batch; r++) {
        for (let j = 0; j < hidden; j++) {
          const unit = r * hidden + j
          const at = zStep + r * width + j
          const reset = f32[at]!
          f32[at] = gateBackward(reset, f(dReset[unit]! * f32[before + unit]!), hard)
          f32[d + unit] = f32[d + unit]! + f(dReset[unit]! * reset)
        }
      }
    }
    if (truncate > 0 && position > 0 && position % truncate === 0) f32.fill(0, d, d + slot)
    else if (multiplied) {
      addStateGradient(f32, zStep, width, packed >>> 2, f32, d, mask >>> 2, batch, hidden, 2 * hidden)
      if (!resetBefore) {
        const from = packedCandidate >>> 2
        addStateGradient(f32, innerStep, hidden, from, f32, d, mask >>> 2, batch, hidden, hidden)
      }
    }
  }
}
