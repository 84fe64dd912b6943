import { optional } from '../schema/schema.js'
import { atLeast } from '../schema/values.js'

/**
 * Regularisation of a layer's weights (not of its biases): l1 * sum |w| + l2 * sum w^2 is added to the loss, in training
 * and evaluation, and its gradient to the weights' gradients before any clipping.
 */
export interface PenaltyOptions {
  /** 0 by default. */
  readonly l1?: number
  /** 0 by default. */
  readonly l2?: number
}

/** A parameter's regularisation. */
export type Penalty = Required<PenaltyOptions>

/** The optional fields of a layer with `PenaltyOptions`. */
export const penaltyFields = { l1: optional(atLeast(0)), l2: optional(atLeast(0)) }

/** The regularisation that a layer's description asks for, if any. */
export function penaltyOf({ l1 = 0, l2 = 0 }: PenaltyOptions): Penalty | null {
  return l1 === 0 && l2 === 0 ? null : { l1, l2 }
}
