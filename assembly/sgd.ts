import { shareBegin, shareEnd } from './threads'

/**
 * Stochastic gradient descent with momentum (Polyak 1964; Nesterov's form as in Sutskever et al. 2013) and L2 weight
 * decay added to the gradient:
 *
 *   g = gradient + weightDecay * p
 *   v = momentum * v + g,   g = v   or   g = g + momentum * v  (Nesterov)        where there is momentum
 *   p = p - rate * g
 *
 * parameter, gradient, velocity [count]; velocity is 0 (none) without momentum; `rate` is the address of one float.
 */
export function sgd(
  parameter: usize,
  gradient: usize,
  velocity: usize,
  count: i32,
  rate: usize,
  momentum: f32,
  weightDecay: f32,
  nesterov: i32,
): void {
  const begin = (<usize>shareBegin(count, 16)) << 2
  const end = (<usize>shareEnd(count, 16)) << 2
  const rateLanes = v128.load32_splat(rate)
  const decayLanes = f32x4.splat(weightDecay)
  const momentumLanes = f32x4.splat(momentum)
  let i = begin
  for (; i + 16 <= end; i += 16) {
    let g = v128.load(gradient + i)
    const p = v128.load(parameter + i)
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(decayLanes, p))
    if (velocity != 0) {
      const v = f32x4.add(f32x4.mul(momentumLanes, v128.load(velocity + i)), g)
      v128.store(velocity + i, v)
      g = nesterov ? f32x4.add(g, f32x4.mul(momentumLanes, v)) : v
    }
    v128.store(parameter + i, f32x4.sub(p, f32x4.mul(rateLanes, g)))
  }
  for (; i < end; i += 4) {
    let g = load<f32>(gradient + i)
    const p = load<f32>(parameter + i)
    if (weightDecay != 0) g += weightDecay * p
    if (velocity != 0) {
      const v = momentum * load<f32>(velocity + i) + g
      store<f32>(velocity + i, v)
      g = nesterov ? g + momentum * v : v
    }
    store<f32>(parameter + i, p - load<f32>(rate) * g)
  }
}
