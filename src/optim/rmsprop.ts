import { between, checkFields, positive, truth } from '../nn/fields.js'
import * as instruction from '../program/instructions.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import type { Optimizer } from './optimizer.js'
import { isRate, learningRate, type Rate } from './schedules.js'

export interface RmspropOptions {
  /** Learning rate. */
  readonly rate: Rate
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

/** RMSProp; the formula is in assembly/rmsprop.ts. */
export function rmsprop(options: RmspropOptions): RmspropSpec {
  return { type: 'rmsprop', ...options }
}

export function buildRmsprop(spec: RmspropSpec): Optimizer {
  checkFields(
    'rmsprop',
    spec,
    { rate: isRate },
    { decay: between(0, 1), epsilon: positive, epsilonInside: truth },
  )
  const { decay = 0.9, epsilon = 1e-8, epsilonInside = false } = spec
  return {
    slots: ['square'],
    ...learningRate(spec),
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
