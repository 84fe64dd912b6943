import { ModelError } from '../errors.js'
import * as instruction from '../program/instructions.js'
import { sizeOf } from '../program/tensor.js'
import { description } from '../schema/description.js'
import { optional } from '../schema/schema.js'
import { atLeast, between, truth } from '../schema/values.js'
import type { Optimizer } from './optimizer.js'
import { type Rate, rate, scheduled } from './schedules.js'

export interface SgdOptions {
  /** Learning rate. */
  readonly learningRate: Rate
  /** 0 by default: plain gradient descent. */
  readonly momentum?: number
  /** Nesterov's accelerated form; needs momentum. */
  readonly nesterov?: boolean
  /** Factor of the parameters that is added to their gradients: L2 regularisation with half this factor. */
  readonly weightDecay?: number
}

export interface SgdSpec extends SgdOptions {
  readonly type: 'sgd'
}

export const described = description<SgdSpec>('sgd', {
  learningRate: rate,
  momentum: optional(between(0, 1)),
  nesterov: optional(truth),
  weightDecay: optional(atLeast(0)),
})

/** Stochastic gradient descent; the formula is in assembly/sgd.ts. */
export function sgd(options: SgdOptions): SgdSpec {
  return described.create({}, options)
}

export function buildSgd(spec: SgdSpec): Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = spec
  if (nesterov && momentum === 0) {
    throw new ModelError('sgd: nesterov needs a momentum above 0, found 0.')
  }
  return {
    slots: momentum === 0 ? [] : ['velocity'],
    ...scheduled(spec),
    scalars: (_, rate) => [rate],
    emit(program, { parameter, gradient, slots: [velocity = null], scalars }) {
      program.emit(instruction.sgd, {
        ...{ parameter, gradient, velocity, count: sizeOf(parameter.shape), rate: scalars },
        ...{ momentum, weightDecay, nesterov: nesterov ? 1 : 0 },
      })
    },
  }
}
