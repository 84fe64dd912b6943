import { loadSome, storeSome } from './lanes'
import { shareBegin, shareEnd } from './threads'

/**
 * Adam (Kingma and Ba 2015, algorithm 1), with L2 weight decay added to the gradient or decoupled from it (AdamW,
 * Loshchilov and Hutter 2019), and with the largest second moment so far (AMSGrad, Reddi et al. 2018). In step t = 1, 2, ...:
 *
 *   g = gradient + weightDecay * p    or, decoupled,    p = p - (rate * weightDecay) * p,   g = gradient
 *   m = beta1 * m + (1 - beta1) * g
 *   v = beta2 * v + (1 - beta2) * (g * g)
 *   w = v    or, where there is `largest`,    w = largest = max(v, largest)
 *   p = p - (rate / (1 - beta1^t)) * m / (sqrt(w) * (1 / sqrt(1 - beta2^t)) + epsilon)
 *
 * parameter, gradient, mean (m), square (v), largest [count]; largest is 0 (none) without AMSGrad. `scalars` is the
 * address of three floats: rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t) and rate * weightDecay, which is read where
 * `decoupled` is 1. The constants' complements are arguments, since 1 - beta loses digits in float32.
 */
export function adam(
  parameter: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  largest: usize,
  count: i32,
  scalars: usize,
  beta1: f32,
  complement1: f32,
  beta2: f32,
  complement2: f32,
  epsilon: f32,
  weightDecay: f32,
  decoupled: i32,
): void {
  const rate = v128.load32_splat(scalars)
  const correction = v128.load32_splat(scalars, 4)
  const decay = decoupled ? v128.load32_splat(scalars, 8) : f32x4.splat(weightDecay)
  const decays = decoupled != 0 || weightDecay != 0
  const b1 = f32x4.splat(beta1)
  const c1 = f32x4.splat(complement1)
  const b2 = f32x4.splat(beta2)
  const c2 = f32x4.splat(complement2)
  const eps = f32x4.splat(epsilon)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  const offset = (<usize>begin) << 2
  let p = parameter + offset
  let g = gradient + offset
  let m = mean + offset
  let v = square + offset
  let w = largest != 0 ? largest + offset : 0
  const end = p + ((<usize>(size & ~3)) << 2)
  while (p < end) {
    step(p, g, m, v, w, 4, rate, correction, b1, c1, b2, c2, eps, decay, decays, decoupled)
    p += 16
    g += 16
    m += 16
    v += 16
    if (w != 0) w += 16
  }
  const rest = size & 3
  if (rest > 0) step(p, g, m, v, w, rest, rate, correction, b1, c1, b2, c2, eps, decay, decays, decoupled)
}

/** The update of `width` elements at these addresses. */
// @ts-ignore: decorator
@inline
function step(
  parameter: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  largest: usize,
  width: i32,
  rate: v128,
  correction: v128,
  beta1: v128,
  complement1: v128,
  beta2: v128,
  complement2: v128,
  epsilon: v128,
  decay: v128,
  decays: bool,
  decoupled: i32,
): void {
  let p = loadSome(parameter, width)
  let g = loadSome(gradient, width)
  if (decays) {
    const decayed = f32x4.mul(decay, p)
    if (decoupled) p = f32x4.sub(p, decayed)
    else g = f32x4.add(g, decayed)
  }
  const m = f32x4.add(f32x4.mul(beta1, loadSome(mean, width)), f32x4.mul(complement1, g))
  const g2 = f32x4.mul(g, g)
  const v = f32x4.add(f32x4.mul(beta2, loadSome(square, width)), f32x4.mul(complement2, g2))
  storeSome(mean, width, m)
  storeSome(square, width, v)
  let w = v
  if (largest != 0) {
    // v < largest ? largest : v, which keeps a NaN in v.
    w = f32x4.pmax(v, loadSome(largest, width))
    storeSome(largest, width, w)
  }
  const scale = f32x4.add(f32x4.mul(f32x4.sqrt(w), correction), epsilon)
  storeSome(parameter, width, f32x4.sub(p, f32x4.div(f32x4.mul(rate, m), scale)))
}
