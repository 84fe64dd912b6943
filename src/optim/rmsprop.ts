import * as instruction from '../program/instructions.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import { description } from '../schema/description.js'
import { optional } from '../schema/schema.js'
import { between, positive, truth } from '../schema/values.js'
import type { Optimizer } from './optimizer.js'
import { type Rate, rate, scheduled } from './schedules.js'

export interface RmspropOptions {
  /** Learning rate. */
  readonly learningRate: Rate
  /** Share of the mean squared gradient that is kept from step to step; 0.9 by default. */
  readonly decay?: number
  /** 1e-8 by default. */
  readonly epsilon?: number
  /** Add `epsilon` to the mean square, inside the root, instead of to the root. */
  readonly epsilonInside?: boolean
}

export interface RmspropSpec extends RmspropOptions {
  readonly type: 'rmsprop'
}

export const described = description<RmspropSpec>('rmsprop', {
  learningRate: rate,
  decay: optional(between(0, 1)),
  epsilon: optional(positive),
  epsilonInside: optional(truth),
})

/** RMSProp; the formula is in assembly/rmsprop.ts. */
export function rmsprop(options: RmspropOptions): RmspropSpec {
  return described.create({}, options)
}

export function buildRmsprop(spec: RmspropSpec): Optimizer {
  const { decay = 0.9, epsilon = 1e-8, epsilonInside = false } = spec
  return {
    slots: ['square'],
    ...scheduled(spec),
    scalars: (_, rate) => [rate],
    emit(program, { parameter, gradient, slots, scalars }) {
      const [square] = slots as [Tensor]
      program.emit(instruction.rmsprop, {
        ...{ parameter, gradient, square, count: sizeOf(parameter.shape), rate: scalars },
        ...{ decay, complement: 1 - decay, epsilon, inside: epsilonInside ? 1 : 0 },
      })
    },
  }
}
