import { loadSome, storeSome } from './lanes'
import { shareBegin, shareEnd } from './threads'

/**
 * RMSProp (Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning):
 *
 *   v = decay * v + (1 - decay) * (g * g)
 *   p = p - rate * g / (sqrt(v) + epsilon)    or, inside the root,    p = p - rate * g / sqrt(v + epsilon)
 *
 * parameter, gradient (g), square (v) [count]; `rate` is the address of one float; complement = 1 - decay.
 */
export function rmsprop(
  parameter: usize,
  gradient: usize,
  square: usize,
  count: i32,
  rate: usize,
  decay: f32,
  complement: f32,
  epsilon: f32,
  inside: i32,
): void {
  const rates = v128.load32_splat(rate)
  const decays = f32x4.splat(decay)
  const complements = f32x4.splat(complement)
  const epsilons = f32x4.splat(epsilon)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  const offset = (<usize>begin) << 2
  let p = parameter + offset
  let g = gradient + offset
  let v = square + offset
  const end = p + ((<usize>(size & ~3)) << 2)
  while (p < end) {
    step(p, g, v, 4, rates, decays, complements, epsilons, inside)
    p += 16
    g += 16
    v += 16
  }
  const rest = size & 3
  if (rest > 0) step(p, g, v, rest, rates, decays, complements, epsilons, inside)
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
  decay: v128,
  complement: v128,
  epsilon: v128,
  inside: i32,
): void {
  const g = loadSome(gradient, width)
  const g2 = f32x4.mul(g, g)
  const v = f32x4.add(f32x4.mul(decay, loadSome(square, width)), f32x4.mul(complement, g2))
  storeSome(square, width, v)
  const scale = inside ? f32x4.sqrt(f32x4.add(v, epsilon)) : f32x4.add(f32x4.sqrt(v), epsilon)
  const p = loadSome(parameter, width)
  storeSome(parameter, width, f32x4.sub(p, f32x4.div(f32x4.mul(rate, g), scale)))
}
