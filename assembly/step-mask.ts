import { shareBegin, shareEnd } from './threads'

/**
 * Which steps of sequences count: masks float32 [steps, batch], 1 where a step is valid and 0 where it is padding.
 */

/**
 * mask[t, b] = 0 where the features x[t, b, :] are all `value`, else 1, for x [steps, batch, features]; with `trailing` only
 * at the end of a sequence, after its last step that is not all `value`.
 */
export function stepMask(
  x: usize,
  mask: usize,
  steps: i32,
  batch: i32,
  features: i32,
  value: f32,
  trailing: i32,
): void {
  const end = shareEnd(batch, 16)
  const row = (<usize>features) << 2
  for (let b = shareBegin(batch, 16); b < end; b++) {
    let isInside = false
    for (let t = steps - 1; t >= 0; t--) {
      const at = <usize>t * <usize>batch + <usize>b
      isInside = (isInside && trailing != 0) || !isFilled(x + at * row, row, value)
      store<f32>(mask + (at << 2), isInside ? 1 : 0)
    }
  }
}

function isFilled(x: usize, bytes: usize, value: f32): bool {
  for (let p: usize = 0; p < bytes; p += 4) if (load<f32>(x + p) != value) return false
  return true
}

/** begun[t, b] = 1 from the first valid step of sample b on, the last one with `reverse`, which runs from the last step. */
export function begunMask(mask: usize, begun: usize, steps: i32, batch: i32, reverse: i32): void {
  const end = shareEnd(batch, 16)
  for (let b = shareBegin(batch, 16); b < end; b++) {
    let has: f32 = 0
    for (let i = 0; i < steps; i++) {
      const t = reverse ? steps - 1 - i : i
      const at = (<usize>t * <usize>batch + <usize>b) << 2
      if (load<f32>(mask + at) != 0) has = 1
      store<f32>(begun + at, has)
    }
  }
}
