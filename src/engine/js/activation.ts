import { Activation } from '../../../assembly/codes.js'
import { expm1Negative, gaussian, normalTail, sigmoid, softplus, tanh } from './math.js'
import type { Views } from './views.js'

const { abs, fround: f, max, min } = Math

/** geluTanh's exponent is x (A + B x^2). */
const A = f(1.59576917)
const B = f(0.0713548139)
const THREE_B = f(0.214064434)
const FIFTH = f(0.2)
const DENSITY = f(0.398942292)
const NORMAL_LIMIT = 15
const SIGMOID_LIMIT = 120

const hardSigmoid = (x: number) => min(max(f(f(x * FIFTH) + 0.5), 0), 1)

const elu = (x: number, slope: number) => (x < 0 ? expm1Negative(x) * slope : x)

const silu = (x: number) => max(x, -SIGMOID_LIMIT) * sigmoid(x)

/** f'(x) of silu. */
function siluSlope(input: number): number {
  const x = max(min(input, SIGMOID_LIMIT), -SIGMOID_LIMIT)
  const s = sigmoid(x)
  return f(s * f(1 + f(x * f(1 - s))))
}

function gelu(x: number): number {
  const t = min(abs(x), NORMAL_LIMIT)
  return max(x, -NORMAL_LIMIT) * normal(x, normalTail(t, gaussian(t)))
}

/** f'(x) of gelu. */
function geluSlope(input: number): number {
  const x = max(min(input, NORMAL_LIMIT), -NORMAL_LIMIT)
  const g = gaussian(abs(x))
  return f(normal(x, normalTail(abs(x), g)) + f(x * f(g * DENSITY)))
}

/** Phi(x) given Phi(-|x|). */
const normal = (x: number, tail: number) => (x < 0 ? tail : f(1 - tail))

const exponent = (x: number) => f(x * f(A + f(B * f(x * x))))

function geluTanh(input: number): number {
  const x = max(input, -NORMAL_LIMIT)
  return x * sigmoid(exponent(x))
}

/** f'(x) of geluTanh. */
function geluTanhSlope(input: number): number {
  const x = max(min(input, NORMAL_LIMIT), -NORMAL_LIMIT)
  const s = sigmoid(exponent(x))
  const slopes = f(A + f(THREE_B * f(x * x)))
  return f(s + f(f(f(x * s) * f(1 - s)) * slopes))
}

// Loops of their own, since V8 gives up inlining where one function calls for too much of it.

/** y[i] = tanh(x[i]) by index, for `count` floats. */
export function tanhSpan(f32: Float32Array, x: number, y: number, count: number): void {
  for (let i = 0; i < count; i++) f32[y + i] = tanh(f32[x + i]!)
}

/** y[i] = 1 / (1 + e^-x[i]) by index, for `count` floats. */
export function sigmoidSpan(f32: Float32Array, x: number, y: number, count: number): void {
  for (let i = 0; i < count; i++) f32[y + i] = sigmoid(f32[x + i]!)
}

/** y = f(x), `count` floats each; x and y may be the same memory. */
export function activate(
  memory: Views,
  x: number,
  y: number,
  count: number,
  activation: number,
  slope: number,
): void {
  const { f32 } = memory
  x >>>= 2
  y >>>= 2
  switch (activation) {
    case Activation.Relu:
      for (let i = 0; i < count; i++) f32[y + i] = Math.max(f32[x + i]!, 0)
      break
    case Activation.LeakyRelu:
      for (let i = 0; i < count; i++) {
        const value = f32[x + i]!
        f32[y + i] = value < 0 ? value * slope : value
      }
      break
    case Activation.Tanh:
      tanhSpan(f32, x, y, count)
      break
    case Activation.Sigmoid:
      sigmoidSpan(f32, x, y, count)
      break
    case Activation.HardSigmoid:
      for (let i = 0; i < count; i++) f32[y + i] = hardSigmoid(f32[x + i]!)
      break
    case Activation.Softplus:
      for (let i = 0; i < count; i++) f32[y + i] = softplus(f32[x + i]!)
      break
    case Activation.Elu:
      for (let i = 0; i < count; i++) f32[y + i] = elu(f32[x + i]!, slope)
      break
    case Activation.Silu:
      for (let i = 0; i < count; i++) f32[y + i] = silu(f32[x + i]!)
      break
    case Activation.Gelu:
      for (let i = 0; i < count; i++) f32[y + i] = gelu(f32[x + i]!)
      break
    case Activation.GeluTanh:
      for (let i = 0; i < count; i++) f32[y + i] = geluTanh(f32[x + i]!)
      break
    default:
      f32.copyWithin(y, x, x + count)
  }
}

/** dx = dy f'(x) from y = f(x) or, for silu, gelu and geluTanh, from x; dx may be the same memory as dy, x or y. */
export function activateBackward(
  memory: Views,
  x: number,
  y: number,
  dy: number,
  dx: number,
  count: number,
  activation: number,
  slope: number,
): void {
  const { f32 } = memory
  x >>>= 2
  y >>>= 2
  dy >>>= 2
  dx >>>= 2
  switch (activation) {
    case Activation.Relu:
      for (let i = 0; i < count; i++) f32[dx + i] = f32[y + i]! <= 0 ? 0 : f32[dy + i]!
      break
    case Activation.LeakyRelu:
      for (let i = 0; i < count; i++) {
        f32[dx + i] = f32[y + i]! <= 0 ? f32[dy + i]! * slope : f32[dy + i]!
      }
      break
    case Activation.Tanh:
      for (let i = 0; i < count; i++) {
        const value = f32[y + i]!
        f32[dx + i] = f32[dy + i]! * f(1 - f(value * value))
      }
      break
    case Activation.Sigmoid:
      for (let i = 0; i < count; i++) {
        const value = f32[y + i]!
        f32[dx + i] = f32[dy + i]! * f(value * f(1 - value))
      }
      break
    case Activation.HardSigmoid:
      for (let i = 0; i < count; i++) {
        const value = f32[y + i]!
        f32[dx + i] = value <= 0 || value >= 1 ? 0 : f32[dy + i]! * FIFTH
      }
      break
    case Activation.Softplus:
      for (let i = 0; i < count; i++) f32[dx + i] = f32[dy + i]! * -expm1Negative(-f32[y + i]!)
      break
    case Activation.Elu:
      for (let i = 0; i < count; i++) {
        const value = f32[y + i]!
        f32[dx + i] = value <= 0 ? f32[dy + i]! * f(value + slope) : f32[dy + i]!
      }
      break
    case Activation.Silu:
      for (let i = 0; i < count; i++) f32[dx + i] = f32[dy + i]! * siluSlope(f32[x + i]!)
      break
    case Activation.Gelu:
      for (let i = 0; i < count; i++) f32[dx + i] = f32[dy + i]! * geluSlope(f32[x + i]!)
      break
    case Activation.GeluTanh:
      for (let i = 0; i < count; i++) f32[dx + i] = f32[dy + i]! * geluTanhSlope(f32[x + i]!)
      break
    default:
      f32.copyWithin(dx, dy, dy + count)
  }
}
