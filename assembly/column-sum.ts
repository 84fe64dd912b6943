import { shareBegin, shareEnd } from './threads'

/** y[c] = sum over r of x[r, c] for x [rows, columns], in increasing r, from +0 or where `accumulate` is set from y. */
export function columnSum(x: usize, y: usize, rows: i32, columns: i32, accumulate: i32): void {
  const end = shareEnd(columns, 16)
  const row = (<usize>columns) << 2
  let c = shareBegin(columns, 16)
  x += (<usize>c) << 2
  y += (<usize>c) << 2
  // 16 columns, a cache line, at a time: four sums hide the latency of an addition.
  for (; c + 16 <= end; c += 16) {
    let s0 = f32x4.splat(0)
    let s1 = s0
    let s2 = s0
    let s3 = s0
    if (accumulate) {
      s0 = v128.load(y)
      s1 = v128.load(y, 16)
      s2 = v128.load(y, 32)
      s3 = v128.load(y, 48)
    }
    let p = x
    for (let r = 0; r < rows; r++) {
      s0 = f32x4.add(s0, v128.load(p))
      s1 = f32x4.add(s1, v128.load(p, 16))
      s2 = f32x4.add(s2, v128.load(p, 32))
      s3 = f32x4.add(s3, v128.load(p, 48))
      p += row
    }
    v128.store(y, s0)
    v128.store(y, s1, 16)
    v128.store(y, s2, 32)
    v128.store(y, s3, 48)
    x += 64
    y += 64
  }
  for (; c + 4 <= end; c += 4) {
    let s = accumulate ? v128.load(y) : f32x4.splat(0)
    let p = x
    for (let r = 0; r < rows; r++) {
      s = f32x4.add(s, v128.load(p))
      p += row
    }
    v128.store(y, s)
    x += 16
    y += 16
  }
  for (; c < end; c++) {
    let s: f32 = accumulate ? load<f32>(y) : 0
    let p = x
    for (let r = 0; r < rows; r++) {
      s += load<f32>(p)
      p += row
    }
    store<f32>(y, s)
    x += 4
    y += 4
  }
}
