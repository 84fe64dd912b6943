/** What the layers' backward passes share. */
import { GemmFlag } from '../../assembly/codes.js'
import * as instruction from '../program/instructions.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import type { Parameter } from './initialisers.js'
import type { EmitContext, GradientSum } from './layer.js'

/** The flag of a product that goes on with a sum. */
export const going = ({ isStarted }: GradientSum): number => (isStarted ? GemmFlag.Accumulate : 0)

/** Emits the gradient of a parameter that was added to every row of what `dy` is the gradient of: the sum of its rows. */
export function emitBiasGradient(context: EmitContext, bias: Parameter, dy: Tensor, rows: number): void {
  const sum = context.gradientSumOf(bias)
  if (!sum) return
  const [columns] = bias.tensor.shape as [number]
  const accumulate = sum.isStarted ? 1 : 0
  context.program.emit(instruction.columnSum, { x: dy, y: sum.tensor, rows, columns, accumulate })
}

/** Where a gradient goes; for a parameter that is not trained a place from which nobody reads it. */
export function gradientOrSpare(context: EmitContext, parameter: Parameter): Tensor {
  const { name, tensor } = parameter
  return context.gradientOf(parameter) ?? createTensor('transient', `${name}.gradient`, tensor.shape)
}
