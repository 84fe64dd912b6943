import * as instruction from '../program/instructions.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import { description } from '../schema/description.js'
import { optional } from '../schema/schema.js'
import { atLeast, positive } from '../schema/values.js'
import type { Optimizer } from './optimizer.js'
import { type Rate, rate, scheduled } from './schedules.js'

export interface AdagradOptions {
  /** Learning rate. */
  readonly learningRate: Rate
  /** What every sum of squared gradients starts from; 0 by default. */
  readonly initialAccumulatorValue?: number
  /** Added to the root of the sum; 1e-10 by default. */
  readonly epsilon?: number
}

export interface AdagradSpec extends AdagradOptions {
  readonly type: 'adagrad'
}

export const described = description<AdagradSpec>('adagrad', {
  learningRate: rate,
  initialAccumulatorValue: optional(atLeast(0)),
  epsilon: optional(positive),
})

/** Adagrad; the formula is in assembly/adagrad.ts. */
export function adagrad(options: AdagradOptions): AdagradSpec {
  return described.create({}, options)
}

export function buildAdagrad(spec: AdagradSpec): Optimizer {
  const { initialAccumulatorValue: start = 0, epsilon = 1e-10 } = spec
  return {
    slots: ['square'],
    ...scheduled(spec),
    scalars: (_, rate) => [rate],
    emit(program, { parameter, gradient, slots, scalars }) {
      const [square] = slots as [Tensor]
      program.emit(instruction.adagrad, {
        ...{ parameter, gradient, square, count: sizeOf(parameter.shape), rate: scalars },
        ...{ start, epsilon },
      })
    },
  }
}
