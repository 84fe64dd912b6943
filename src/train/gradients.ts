import type { Parameter } from '../nn/initialisers.js'
import type { GradientSum } from '../nn/layer.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'

/**
 * The gradients of a training step's parameters while the step is emitted. A parameter that is used several times has one
 * sum, to which each use adds its gradient as it is emitted, the last use first.
 */
export class Gradients {
  private readonly sums = new Map<Parameter, Tensor>()
  private waiting: { readonly gradient: Tensor; readonly sum: Tensor }[] = []

  constructor(private readonly program: ProgramBuilder) {}

  /** For instructions that go on with a sum. */
  sum(parameter: Parameter): GradientSum {
    const known = this.sums.get(parameter)
    const tensor = known ?? createTensor('transient', `${parameter.name}.gradient`, parameter.tensor.shape)
    this.sums.set(parameter, tensor)
    return { tensor, isStarted: known !== undefined }
  }

  /** For instructions that write a gradient: where `addUp` finds it. */
  apart(parameter: Parameter): Tensor {
    const { tensor: sum, isStarted } = this.sum(parameter)
    if (!isStarted) return sum
    const gradient = createTensor('transient', `${parameter.name}.gradient`, sum.shape)
    this.waiting.push({ gradient, sum })
    return gradient
  }

  /** Emits the sums of what was written apart. */
  addUp(origin: string): void {
    this.program.from(origin)
    for (const { gradient: x, sum: y } of this.waiting) {
      this.program.emit(instruction.add, { x, y, count: sizeOf(y.shape) })
    }
    this.waiting = []
  }

  /** Those of `parameters` that have a gradient, with it. */
  take(parameters: readonly Parameter[]): [Parameter, Tensor][] {
    return parameters.flatMap((parameter) => {
      const gradient = this.sums.get(parameter)
      return gradient ? [[parameter, gradient] as [Parameter, Tensor]] : []
    })
  }
}
