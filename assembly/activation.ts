import { loadTail, storeTail } from './lanes'
import { expm1Negative, gaussian, normalTail, sigmoid, softplus, tanh } from './math'
import { Activation } from './codes'
import { shareBegin, shareEnd } from './threads'

/**
 * Activation functions, element by element. A NaN stays NaN in every one of them:
 *
 *   relu       y = 0 for x <= 0, else x          dx = 0 for y <= 0, else dy
 *   leakyRelu  y = slope x for x < 0, else x     dx = slope dy for y <= 0, else dy
 *   tanh       y = tanh(x)                       dx = dy (1 - y y)
 *   sigmoid    y = 1 / (1 + e^-x)                dx = dy (y (1 - y))
 *   hardSigmoid  y = 0.2 x + 0.5 within 0 .. 1   dx = 0.2 dy for 0 < y < 1, else 0
 *   softplus   y = log(1 + e^x)                  dx = dy (1 - e^-y)
 *   elu        y = slope (e^x - 1) for x < 0, else x
 *                                                dx = dy (y + slope) for y <= 0, else dy
 *   silu       y = x s with s = sigmoid(x)       dx = dy (s (1 + x (1 - s)))
 *   gelu       y = x Phi(x)                      dx = dy (Phi(x) + x phi(x))
 *   geluTanh   y = x s with s = sigmoid(u), u = x (A + B x^2)
 *                                                dx = dy (s + x s (1 - s) (A + 3 B x^2))
 *
 * Phi and phi are the normal distribution and its density; A = 2 sqrt(2 / pi), B = 0.044715 A: that x s is
 * x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) of Hendrycks and Gimpel 2016. The last three derivatives come from the
 * input x, all others from the output y; leaky ReLU's and ELU's therefore need slope >= 0.
 *
 * Largest errors in units in the last place: those of math.ts for tanh, sigmoid and softplus; elu 1.5, silu 2.6, gelu 5
 * while Phi or the sigmoid is not denormal (x > -12.9 and -87); geluTanh 2.6 for x > -1, below that 3 |u|, since rounding u
 * moves its exponential.
 */

const A = memory.data<f32>([1.59576917])
const B = memory.data<f32>([0.0713548139])
const THREE_B = memory.data<f32>([0.214064434])
const FIFTH = memory.data<f32>([0.2])
const DENSITY = memory.data<f32>([0.398942292])
/** Beyond these Phi, or the sigmoid, is 0 or 1, and x is no longer needed to tell by how much. */
const NORMAL_LIMIT = memory.data<f32>([15])
const SIGMOID_LIMIT = memory.data<f32>([120])

/** y = f(x), `count` floats each; x and y may be the same memory. */
export function activate(x: usize, y: usize, count: i32, activation: i32, slope: f32): void {
  const begin = shareBegin(count, 16)
  const offset = (<usize>begin) << 2
  activateSpan(x + offset, y + offset, shareEnd(count, 16) - begin, activation, slope)
}

/** `activate` of the whole span, not of a thread's share of it: for kernels that finish their own output. */
export function activateSpan(x: usize, y: usize, count: i32, activation: i32, slope: f32): void {
  const slopes = f32x4.splat(slope)
  switch (activation) {
    case Activation.Relu:
      each(x, y, count, Activation.Relu, slopes)
      break
    case Activation.LeakyRelu:
      each(x, y, count, Activation.LeakyRelu, slopes)
      break
    case Activation.Tanh:
      each(x, y, count, Activation.Tanh, slopes)
      break
    case Activation.Sigmoid:
      each(x, y, count, Activation.Sigmoid, slopes)
      break
    case Activation.HardSigmoid:
      each(x, y, count, Activation.HardSigmoid, slopes)
      break
    case Activation.Softplus:
      each(x, y, count, Activation.Softplus, slopes)
      break
    case Activation.Elu:
      each(x, y, count, Activation.Elu, slopes)
      break
    case Activation.Silu:
      each(x, y, count, Activation.Silu, slopes)
      break
    case Activation.Gelu:
      each(x, y, count, Activation.Gelu, slopes)
      break
    case Activation.GeluTanh:
      each(x, y, count, Activation.GeluTanh, slopes)
      break
    default:
      if (x != y) memory.copy(y, x, (<usize>count) << 2)
  }
}

/**
 * dx = dy f'(x) from y = f(x) or, for silu, gelu and geluTanh, from x, `count` floats each; dx may be the same memory as
 * dy, x or y.
 */
export function activateBackward(
  x: usize,
  y: usize,
  dy: usize,
  dx: usize,
  count: i32,
  activation: i32,
  slope: f32,
): void {
  const begin = shareBegin(count, 16)
  const offset = (<usize>begin) << 2
  const size = shareEnd(count, 16) - begin
  x += offset
  y += offset
  dy += offset
  dx += offset
  const slopes = f32x4.splat(slope)
  switch (activation) {
    case Activation.Relu:
      eachBackward(y, dy, dx, size, Activation.Relu, slopes)
      break
    case Activation.LeakyRelu:
      eachBackward(y, dy, dx, size, Activation.LeakyRelu, slopes)
      break
    case Activation.Tanh:
      eachBackward(y, dy, dx, size, Activation.Tanh, slopes)
      break
    case Activation.Sigmoid:
      eachBackward(y, dy, dx, size, Activation.Sigmoid, slopes)
      break
    case Activation.HardSigmoid:
      eachBackward(y, dy, dx, size, Activation.HardSigmoid, slopes)
      break
    case Activation.Softplus:
      eachBackward(y, dy, dx, size, Activation.Softplus, slopes)
      break
    case Activation.Elu:
      eachBackward(y, dy, dx, size, Activation.Elu, slopes)
      break
    case Activation.Silu:
      eachBackward(x, dy, dx, size, Activation.Silu, slopes)
      break
    case Activation.Gelu:
      eachBackward(x, dy, dx, size, Activation.Gelu, slopes)
      break
    case Activation.GeluTanh:
      eachBackward(x, dy, dx, size, Activation.GeluTanh, slopes)
      break
    default:
      if (dx != dy) memory.copy(dx, dy, (<usize>size) << 2)
  }
}

/** Inlined with a constant `activation`, so that each function has its own loop. */
// @ts-ignore: decorator
@inline
function each(x: usize, y: usize, count: i32, activation: i32, slope: v128): void {
  const end = x + ((<usize>(count & ~3)) << 2)
  for (; x < end; x += 16, y += 16) v128.store(y, forward(v128.load(x), activation, slope))
  const rest = count & 3
  if (rest > 0) storeTail(y, rest, forward(loadTail(x, rest, f32x4.splat(0)), activation, slope))
}

// @ts-ignore: decorator
@inline
function eachBackward(from: usize, dy: usize, dx: usize, count: i32, activation: i32, slope: v128): void {
  const end = from + ((<usize>(count & ~3)) << 2)
  for (; from < end; from += 16, dy += 16, dx += 16) {
    v128.store(dx, backward(v128.load(from), v128.load(dy), activation, slope))
  }
  const rest = count & 3
  if (rest > 0) {
    const zero = f32x4.splat(0)
    const tail = backward(loadTail(from, rest, zero), loadTail(dy, rest, zero), activation, slope)
    storeTail(dx, rest, tail)
  }
}

// @ts-ignore: decorator
@inline
function forward(x: v128, activation: i32, slope: v128): v128 {
  if (activation == Activation.Tanh) return tanh(x)
  if (activation == Activation.Sigmoid) return sigmoid(x)
  if (activation == Activation.Softplus) return softplus(x)
  // a < b ? b : a, written pmax(a, b), keeps a NaN in `a`; so does pmin.
  if (activation == Activation.Silu)
    return f32x4.mul(f32x4.pmax(x, f32x4.neg(all(SIGMOID_LIMIT))), sigmoid(x))
  if (activation == Activation.Gelu) {
    const t = f32x4.pmin(f32x4.abs(x), all(NORMAL_LIMIT))
    return f32x4.mul(f32x4.pmax(x, f32x4.neg(all(NORMAL_LIMIT))), normal(x, normalTail(t, gaussian(t))))
  }
  if (activation == Activation.GeluTanh) {
    const bounded = f32x4.pmax(x, f32x4.neg(all(NORMAL_LIMIT)))
    return f32x4.mul(bounded, sigmoid(exponent(bounded)))
  }
  const zero = f32x4.splat(0)
  if (activation == Activation.HardSigmoid) {
    const line = f32x4.add(f32x4.mul(x, all(FIFTH)), f32x4.splat(0.5))
    return f32x4.pmin(f32x4.pmax(line, zero), f32x4.splat(1))
  }
  if (activation == Activation.Elu) {
    return v128.bitselect(f32x4.mul(expm1Negative(f32x4.pmin(x, zero)), slope), x, f32x4.lt(x, zero))
  }
  if (activation == Activation.Relu) return v128.andnot(x, f32x4.le(x, zero))
  return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, zero))
}

/** f' dy from `y`: the input of silu, gelu and geluTanh, the output of all others. */
// @ts-ignore: decorator
@inline
function backward(y: v128, dy: v128, activation: i32, slope: v128): v128 {
  const one = f32x4.splat(1)
  if (activation == Activation.Tanh) return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(y, y)))
  if (activation == Activation.Sigmoid) return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)))
  if (activation == Activation.Softplus) return f32x4.mul(dy, f32x4.neg(expm1Negative(f32x4.neg(y))))
  if (activation == Activation.Silu) {
    const x = within(y, SIGMOID_LIMIT)
    const s = sigmoid(x)
    return f32x4.mul(dy, f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s)))))
  }
  if (activation == Activation.Gelu) {
    const x = within(y, NORMAL_LIMIT)
    const t = f32x4.abs(x)
    const g = gaussian(t)
    const density = f32x4.mul(g, all(DENSITY))
    return f32x4.mul(dy, f32x4.add(normal(x, normalTail(t, g)), f32x4.mul(x, density)))
  }
  if (activation == Activation.GeluTanh) {
    const x = within(y, NORMAL_LIMIT)
    const s = sigmoid(exponent(x))
    const slopes = f32x4.add(all(A), f32x4.mul(all(THREE_B), f32x4.mul(x, x)))
    const rise = f32x4.mul(f32x4.mul(f32x4.mul(x, s), f32x4.sub(one, s)), slopes)
    return f32x4.mul(dy, f32x4.add(s, rise))
  }
  const flat = f32x4.le(y, f32x4.splat(0))
  if (activation == Activation.HardSigmoid) {
    return v128.andnot(f32x4.mul(dy, all(FIFTH)), v128.or(flat, f32x4.ge(y, one)))
  }
  if (activation == Activation.Elu) return v128.bitselect(f32x4.mul(dy, f32x4.add(y, slope)), dy, flat)
  if (activation == Activation.Relu) return v128.andnot(dy, flat)
  return v128.bitselect(f32x4.mul(dy, slope), dy, flat)
}

// @ts-ignore: decorator
@inline
function all(constant: usize): v128 {
  return v128.load_splat<f32>(constant)
}

/** x between -limit and limit. */
// @ts-ignore: decorator
@inline
function within(x: v128, limit: usize): v128 {
  return f32x4.pmin(f32x4.pmax(x, f32x4.neg(all(limit))), all(limit))
}

/** Phi(x) given Phi(-|x|). */
// @ts-ignore: decorator
@inline
function normal(x: v128, tail: v128): v128 {
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)))
}

/** The exponent u of geluTanh. */
// @ts-ignore: decorator
@inline
function exponent(x: v128): v128 {
  return f32x4.mul(x, f32x4.add(all(A), f32x4.mul(all(B), f32x4.mul(x, x))))
}
