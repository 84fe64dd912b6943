import { Activation } from '../../../assembly/opcodes.js'
import { sigmoid, tanh } from './math.js'
import type { Views } from './views.js'

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
      for (let i = 0; i < count; i++) f32[y + i] = tanh(f32[x + i]!)
      break
    case Activation.Sigmoid:
      for (let i = 0; i < count; i++) f32[y + i] = sigmoid(f32[x + i]!)
      break
    default:
      f32.copyWithin(y, x, x + count)
  }
}

/** dx = dy f'(x) from y = f(x), `count` floats each; dx may be the same memory as dy or y. */
export function activateBackward(
  memory: Views,
  y: number,
  dy: number,
  dx: number,
  count: number,
  activation: number,
  slope: number,
): void {
  const { f32 } = memory
  const f = Math.fround
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
    default:
      f32.copyWithin(dx, dy, dy + count)
  }
}
