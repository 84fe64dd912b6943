import type { ProgramBuilder } from '../program/builder.js'
import type { Tensor } from '../program/tensor.js'
import type { Schedule } from './schedules.js'

/** What one update works on: a parameter, its gradient, the optimizer's own memory for it, and the step's numbers. */
export interface Update {
  readonly parameter: Tensor
  readonly gradient: Tensor
  /** One tensor of the parameter's shape for each of `Optimizer.slots`, zero at the start of training. */
  readonly slots: readonly Tensor[]
  /** The floats of `Optimizer.scalars`, written by the host before each step. */
  readonly scalars: Tensor
}

/** An update rule: what it remembers for every parameter, and the instructions of one step. */
export interface Optimizer {
  /** Names of the tensors that it keeps beside each parameter, such as `velocity`. */
  readonly slots: readonly string[]
  /** Learning rate. */
  readonly rate: Schedule
  /** Whether the rate depends on validation losses. */
  readonly followsValidation: boolean
  /**
   * The numbers that all updates of step t = 1, 2, ... share at this learning rate, always equally many: functions of t
   * alone, so that a resumed training has the same ones.
   */
  scalars(t: number, rate: number): readonly number[]
  emit(program: ProgramBuilder, update: Update): void
}
