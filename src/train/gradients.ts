import type { Parameter } from '../nn/initialisers.js'
import type { GradientSum } from '../nn/layer.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'

/**
 * The gradients of a training step's parameters while the step is emitted. A parameter that is used several times has one
 * sum, to which each use adds its gradient as it is emitted, the last use first. The parts of a batch go on with one sum.
 */
export class Gradients {
  private readonly sums = new Map<Parameter, Tensor>()
  private waiting: { readonly gradient: Tensor; readonly sum: Tensor }[] = []

  /**
   * @param kept where the parts of a batch have their sums, by parameter
   * @param isFirst whether this is the batch's first part, or all of it
   */
  constructor(
    private readonly program: ProgramBuilder,
    private readonly kept: ReadonlyMap<Parameter, Tensor>,
    private readonly isFirst: boolean,
  ) {}

  /** For instructions that go on with a sum. */
  sum(parameter: Parameter): GradientSum {
    const known = this.sums.get(parameter)
    const { name, tensor: values } = parameter
    const tensor =
      known ?? this.kept.get(parameter) ?? createTensor('transient', `${name}.gradient`, values.shape)
    this.sums.set(parameter, tensor)
    return { tensor, isStarted: known !== undefined || !this.isFirst }
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
