import { loadTail, storeTail } from './lanes'
import { sigmoid, tanh } from './math'
import { Activation } from './opcodes'
import { shareBegin, shareEnd } from './threads'

/**
 * Activation functions, element by element. A NaN stays NaN in every one of them:
 *
 *   relu       y = 0 for x <= 0, else x          dx = 0 for y <= 0, else dy
 *   leakyRelu  y = slope x for x < 0, else x     dx = slope dy for y <= 0, else dy
 *   tanh       y = tanh(x)                       dx = dy (1 - y y)
 *   sigmoid    y = 1 / (1 + e^-x)                dx = dy (y (1 - y))
 *
 * All derivatives come from the output y; leaky ReLU's therefore needs slope >= 0.
 */

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
    default:
      if (x != y) memory.copy(y, x, (<usize>count) << 2)
  }
}

/** dx = dy f'(x) from y = f(x), `count` floats each; dx may be the same memory as dy or y. */
export function activateBackward(
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
function eachBackward(y: usize, dy: usize, dx: usize, count: i32, activation: i32, slope: v128): void {
  const end = y + ((<usize>(count & ~3)) << 2)
  for (; y < end; y += 16, dy += 16, dx += 16) {
    v128.store(dx, backward(v128.load(y), v128.load(dy), activation, slope))
  }
  const rest = count & 3
  if (rest > 0) {
    const zero = f32x4.splat(0)
    const tail = backward(loadTail(y, rest, zero), loadTail(dy, rest, zero), activation, slope)
    storeTail(dx, rest, tail)
  }
}

// @ts-ignore: decorator
@inline
function forward(x: v128, activation: i32, slope: v128): v128 {
  if (activation == Activation.Tanh) return tanh(x)
  if (activation == Activation.Sigmoid) return sigmoid(x)
  const zero = f32x4.splat(0)
  if (activation == Activation.Relu) return v128.andnot(x, f32x4.le(x, zero))
  return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, zero))
}

// @ts-ignore: decorator
@inline
function backward(y: v128, dy: v128, activation: i32, slope: v128): v128 {
  const one = f32x4.splat(1)
  if (activation == Activation.Tanh) return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(y, y)))
  if (activation == Activation.Sigmoid) return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)))
  const flat = f32x4.le(y, f32x4.splat(0))
  if (activation == Activation.Relu) return v128.andnot(dy, flat)
  return v128.bitselect(f32x4.mul(dy, slope), dy, flat)
}
