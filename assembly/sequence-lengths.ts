import { shareBegin, shareEnd } from './threads'

/**
 * lengths[b] = 1 + the last step t at which the features x[t, b, :] are not all `value`, or 0 where there is none: x
 * [steps, batch, features], lengths int32 [batch].
 */
export function sequenceLengths(
  x: usize,
  lengths: usize,
  steps: i32,
  batch: i32,
  features: i32,
  value: f32,
): void {
  const end = shareEnd(batch, 16)
  const row = (<usize>features) << 2
  for (let b = shareBegin(batch, 16); b < end; b++) {
    let length = steps
    while (length > 0 && isFilled(x + (<usize>(length - 1) * <usize>batch + <usize>b) * row, row, value))
      length--
    store<i32>(lengths + ((<usize>b) << 2), length)
  }
}

function isFilled(x: usize, bytes: usize, value: f32): bool {
  for (let p: usize = 0; p < bytes; p += 4) if (load<f32>(x + p) != value) return false
  return true
}
