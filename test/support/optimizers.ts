import type { Engine } from '../../src/engine/engine.js'
import { buildOptimizer, type OptimizerSpec } from '../../src/optim/index.js'
import { operands, ProgramBuilder } from '../../src/program/builder.js'
import { createTensor, type Tensor } from '../../src/program/tensor.js'
import { type Data, runInstruction } from './run.js'

/**
 * A parameter vector and the optimizer's memory for it, as arrays that `step` updates in place: their first `count`
 * elements, and no other.
 */
export class Descent {
  private readonly optimizer
  private readonly slots: Float32Array[]
  private steps = 0

  constructor(
    private readonly engine: Engine,
    spec: OptimizerSpec,
    readonly parameter: Float32Array,
    private readonly count = parameter.length,
  ) {
    this.optimizer = buildOptimizer(spec)
    this.slots = this.optimizer.slots.map(() => new Float32Array(parameter.length))
  }

  /** Everything that must come out the same on every engine. */
  get memory(): Float32Array[] {
    return [this.parameter, ...this.slots]
  }

  step(gradient: Float32Array, rate: number): void {
    const { optimizer, parameter, slots } = this
    const scalars = Float32Array.from(optimizer.scalars(++this.steps, rate))
    const arrays = new Map<Tensor, Data>()
    const tensorOf = (values: Data) => {
      const tensor = createTensor('state', '', [this.count])
      arrays.set(tensor, values)
      return tensor
    }
    const program = new ProgramBuilder('update')
    optimizer.emit(program, {
      ...{ parameter: tensorOf(parameter), gradient: tensorOf(gradient) },
      ...{ slots: slots.map(tensorOf), scalars: tensorOf(scalars) },
    })
    for (const instruction of program.instructions) {
      const memory = Object.fromEntries(
        operands(instruction).map(({ name, tensor }) => [name, arrays.get(tensor)]),
      )
      runInstruction(this.engine, instruction.type, { ...instruction.arguments, ...memory } as never)
    }
  }
}
