import * as instruction from '../program/instructions.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import { description } from '../schema/description.js'
import { optional } from '../schema/schema.js'
import { atLeast, between, positive, truth } from '../schema/values.js'
import { power } from './functions.js'
import type { Optimizer } from './optimizer.js'
import { type Rate, rate, scheduled } from './schedules.js'

export interface AdamOptions {
  /** Learning rate; 0.001 suits many networks. */
  readonly learningRate: Rate
  /** Share of the mean gradient that is kept from step to step; 0.9 by default. */
  readonly beta1?: number
  /** Share of the mean squared gradient that is kept; 0.999 by default. */
  readonly beta2?: number
  /** Added to the root of the corrected mean square; 1e-8 by default. */
  readonly epsilon?: number
  /** Divide by the largest mean square so far (AMSGrad). */
  readonly amsgrad?: boolean
}

export interface AdamSpec extends AdamOptions {
  readonly type: 'adam'
  /** Factor of the parameters that is added to their gradients: L2 regularisation with half this factor. */
  readonly weightDecay?: number
}

export interface AdamWSpec extends AdamOptions {
  readonly type: 'adamw'
  /** Factor of the parameters that, times the learning rate, is taken off them in each step; 0.01 by default. */
  readonly weightDecay?: number
}

const fields = {
  learningRate: rate,
  beta1: optional(between(0, 1)),
  beta2: optional(between(0, 1)),
  epsilon: optional(positive),
  amsgrad: optional(truth),
  weightDecay: optional(atLeast(0)),
}

export const describedAdam = description<AdamSpec>('adam', fields)
export const describedAdamW = description<AdamWSpec>('adamw', fields)

/** Adam, or with `amsgrad` AMSGrad; the formula is in assembly/adam.ts. */
export function adam(options: Omit<AdamSpec, 'type'>): AdamSpec {
  return describedAdam.create({}, options)
}

/** Adam with weight decay apart from the gradients; the formula is in assembly/adam.ts. */
export function adamw(options: Omit<AdamWSpec, 'type'>): AdamWSpec {
  return describedAdamW.create({}, options)
}

export function buildAdam(spec: AdamSpec | AdamWSpec): Optimizer {
  const decoupled = spec.type === 'adamw'
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = spec
  const weightDecay = spec.weightDecay ?? (decoupled ? 0.01 : 0)
  const constants = {
    ...{ beta1, complement1: 1 - beta1, beta2, complement2: 1 - beta2, epsilon },
    ...{ weightDecay, decoupled: decoupled ? 1 : 0 },
  }
  return {
    slots: amsgrad ? ['mean', 'square', 'largest'] : ['mean', 'square'],
    ...scheduled(spec),
    scalars: (t, rate) => [
      rate / (1 - power(beta1, t)),
      1 / Math.sqrt(1 - power(beta2, t)),
      rate * weightDecay,
    ],
    emit(program, { parameter, gradient, slots, scalars }) {
      const [mean, square, largest = null] = slots as [Tensor, Tensor, Tensor?]
      program.emit(instruction.adam, {
        ...{ parameter, gradient, mean, square, largest, count: sizeOf(parameter.shape), scalars },
        ...constants,
      })
    },
  }
}
