import { loadSome, storeSome } from './lanes'
import { shareBegin, shareEnd } from './threads'

/**
 * Adagrad (Duchi, Hazan and Singer 2011):
 *
 *   v = v + g * g
 *   p = p - rate * g / (sqrt(start + v) + epsilon)
 *
 * parameter, gradient (g), square (v) [count]; `rate` is the address of one float. v starts at 0, so `start` is what
 * other descriptions give the sum of squares to start with.
 */
export function adagrad(
  parameter: usize,
  gradient: usize,
  square: usize,
  count: i32,
  rate: usize,
  start: f32,
  epsilon: f32,
): void {
  const rates = v128.load32_splat(rate)
  const starts = f32x4.splat(start)
  const epsilons = f32x4.splat(epsilon)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  const offset = (<usize>begin) << 2
  let p = parameter + offset
  let g = gradient + offset
  let v = square + offset
  const end = p + ((<usize>(size & ~3)) << 2)
  while (p < end) {
    step(p, g, v, 4, rates, starts, epsilons)
    p += 16
    g += 16
    v += 16
  }
  const rest = size & 3
  if (rest > 0) step(p, g, v, rest, rates, starts, epsilons)
}

/** The update of `width` elements at these addresses. */
// @ts-ignore: decorator
@inline
function step(
  parameter: usize,
  gradient: usize,
  square: usize,
  width: i32,
  rate: v128,
  start: v128,
  epsilon: v128,
): void {
  const g = loadSome(gradient, width)
  const v = f32x4.add(loadSome(square, width), f32x4.mul(g, g))
  storeSome(square, width, v)
  const scale = f32x4.add(f32x4.sqrt(f32x4.add(start, v)), epsilon)
  const p = loadSome(parameter, width)
  storeSome(parameter, width, f32x4.sub(p, f32x4.div(f32x4.mul(rate, g), scale)))
}
