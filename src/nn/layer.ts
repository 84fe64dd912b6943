import type { ProgramBuilder } from '../program/builder.js'
import type { Tensor } from '../program/tensor.js'
import type { Parameter } from './initialisers.js'

/** The shape of one sample, without the batch axis. */
export type Shape = readonly number[]

/** What a layer emits into: one program for one batch size, for training or for inference. */
export interface EmitContext {
  readonly program: ProgramBuilder
  /** Samples in a batch. */
  readonly batch: number
  /** False when the program only predicts: no dropout, nothing kept for a backward pass. */
  readonly training: boolean
  /** Counts training steps, a uint32 in memory: random masks are counted by it. */
  readonly step: Tensor
  readonly seed: number
  /** Where the gradient of a parameter is to be written. */
  gradientOf(parameter: Parameter): Tensor
  /** Called when a layer's backward pass has been emitted: its parameters are no longer read. */
  layerDone(layer: Layer): void
}

/** A layer's output in one program, and how to emit its backward pass. */
export interface Forward {
  /** [batch, ...output] */
  readonly output: Tensor
  /**
   * Emits the gradients of the layer's parameters and returns the gradient of its input, [batch, ...input], or null where
   * that is not needed. `gradient` is that of the output; it may be overwritten.
   */
  backward(gradient: Tensor, needsInput: boolean): Tensor | null
}

/** A layer whose input shape is known. */
export interface Layer {
  /** Unique in its model, such as `dense_1`. */
  readonly name: string
  readonly input: Shape
  readonly output: Shape
  readonly parameters: readonly Parameter[]
  forward(context: EmitContext, x: Tensor): Forward
}

/** Where a layer stands when it is built. */
export interface Place {
  readonly name: string
  /** Number of the layer in its model, from 0. */
  readonly index: number
  readonly input: Shape
}

/** A shape as messages show it. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}
