import { shareBegin, shareEnd } from './threads'

/** x[i] = value, for `count` floats at `x`. */
export function fill(x: usize, count: i32, value: f32): void {
  const end = x + ((<usize>shareEnd(count, 16)) << 2)
  let p = x + ((<usize>shareBegin(count, 16)) << 2)
  const lanes = f32x4.splat(value)
  for (; p + 16 <= end; p += 16) v128.store(p, lanes)
  for (; p < end; p += 4) store<f32>(p, value)
}

/** y[i] = x[i], for `count` floats; `x` and `y` do not overlap. */
export function copy(x: usize, y: usize, count: i32): void {
  const begin = (<usize>shareBegin(count, 16)) << 2
  const end = (<usize>shareEnd(count, 16)) << 2
  memory.copy(y + begin, x + begin, end - begin)
}
