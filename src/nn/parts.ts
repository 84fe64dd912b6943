/** What layers and losses of one's own are made of. See docs/custom.md. */
import { optional } from '../schema/schema.js'
import { atLeast, between, finite, oneOf, positive, text, truth, wholeNumber } from '../schema/values.js'
import { activation } from './activations.js'
import { initialiser } from './initialisers.js'

export { GemmFlag } from '../../assembly/codes.js'
export * as instruction from '../program/instructions.js'
export { createTensor, reshape, sizeOf, slice } from '../program/tensor.js'
export { emitBiasGradient, going } from './gradients.js'
export { createParameter } from './initialisers.js'

/** What an option may be. */
export const fields = {
  ...{
    activation,
    atLeast,
    between,
    finite,
    initializer: initialiser,
    oneOf,
    optional,
    positive,
    text,
    truth,
    wholeNumber,
  },
}
