/**
 * The one table of instructions: the wasm interpreter and the js one are both written from it when the project is built,
 * so that an argument is named, typed and put in order here alone.
 */
export * from './instructions/activations.js'
export * from './instructions/convolution.js'
export * from './instructions/data.js'
export type { ArgumentKind, InstructionType } from './instructions/define.js'
export * from './instructions/elements.js'
export * from './instructions/ids.js'
export * from './instructions/initialisers.js'
export * from './instructions/losses.js'
export * from './instructions/normalisation.js'
export * from './instructions/optimizers.js'
export * from './instructions/products.js'
export * from './instructions/recurrent.js'
export * from './instructions/threads.js'
