import type { ProgramBuilder } from '../program/builder.js'
import type { Tensor } from '../program/tensor.js'

/** What one update works on: a parameter, its gradient, the optimizer's own memory for it, and the learning rate. */
export interface Update {
  readonly parameter: Tensor
  readonly gradient: Tensor
  /** One tensor of the parameter's shape for each of `Optimizer.slots`, zero at the start of training. */
  readonly slots: readonly Tensor[]
  /** One float32 in memory, written by the host before each step. */
  readonly rate: Tensor
}

/** An update rule: what it remembers for every parameter, and the instructions of one step. */
export interface Optimizer {
  /** Names of the tensors that it keeps beside each parameter, such as `velocity`. */
  readonly slots: readonly string[]
  /** Learning rate. */
  readonly rate: number
  emit(program: ProgramBuilder, update: Update): void
}
