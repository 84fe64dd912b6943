import { shareBegin, shareEnd } from './threads'

/** y[i] += x[i], for `count` floats: gradients that come from several places. */
export function add(x: usize, y: usize, count: i32): void {
  const begin = shareBegin(count, 16)
  const offset = (<usize>begin) << 2
  addSpan(x + offset, y + offset, shareEnd(count, 16) - begin)
}

/** `add` of the whole span, not of a thread's share of it. */
export function addSpan(x: usize, y: usize, count: i32): void {
  const end = y + ((<usize>count) << 2)
  for (; y + 16 <= end; y += 16) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)))
    x += 16
  }
  for (; y < end; y += 4) {
    store<f32>(y, load<f32>(y) + load<f32>(x))
    x += 4
  }
}
