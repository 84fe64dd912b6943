import { shareBegin, shareEnd } from './threads'

/**
 * y[i * yOuter + j * yInner + k] = x[i * xOuter + j * xInner + k] for i < outer, j < inner, k < size, strides in
 * elements: swaps the axes of batch and time, cuts columns or rows out, or puts them side by side.
 */
export function copyBlocks(
  x: usize,
  y: usize,
  outer: i32,
  inner: i32,
  size: i32,
  xOuter: i32,
  xInner: i32,
  yOuter: i32,
  yInner: i32,
): void {
  const begin = shareBegin(outer, 1)
  const end = shareEnd(outer, 1)
  const xStep = (<usize>xInner) << 2
  const yStep = (<usize>yInner) << 2
  for (let i = begin; i < end; i++) {
    let from = x + <usize>i * ((<usize>xOuter) << 2)
    let to = y + <usize>i * ((<usize>yOuter) << 2)
    for (let j = 0; j < inner; j++) {
      copyFloats(from, to, size)
      from += xStep
      to += yStep
    }
  }
}

/** Blocks are often shorter than a call of memory.copy is long. */
// @ts-ignore: decorator
@inline
function copyFloats(x: usize, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2)
  for (; x + 16 <= end; x += 16) {
    v128.store(y, v128.load(x))
    y += 16
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(x))
    y += 4
  }
}
