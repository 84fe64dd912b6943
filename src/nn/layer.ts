import type { ProgramBuilder } from '../program/builder.js'
import type { Tensor } from '../program/tensor.js'
import type { Parameter } from './initialisers.js'

/** The shape of one sample, without the batch axis. */
export type Shape = readonly number[]

/**
 * The order of a value's first axes in memory: batch first, [batch, ...sample], or for samples that are sequences,
 * [steps, ...], time first: [steps, batch, ...].
 */
export type Layout = 'batch' | 'time'

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
  /** [steps, batch]: 0 where a step of a sample's sequence is padding, else 1; absent or null where none is. */
  readonly valid?: Tensor | null
  /** Memory that keeps its contents from batch to batch, zero at the start of an epoch or evaluation. */
  carried(name: string, shape: Shape): Tensor
  /** Whether a parameter is trained by this program. */
  trains(parameter: Parameter): boolean
  /**
   * Where the gradient of a parameter is to be written by one use of it, what was there before being kept elsewhere; null
   * where it is not trained, so that nothing is to be emitted for it.
   */
  gradientOf(parameter: Parameter): Tensor | null
  /** As `gradientOf`, for instructions that can go on with a sum. */
  gradientSumOf(parameter: Parameter): GradientSum | null
  /** Called when a node's backward pass has been emitted; none reads `parameters` any more. */
  nodeDone(name: string, parameters: readonly Parameter[]): void
}

/** The sum of a parameter's gradients so far. */
export interface GradientSum {
  readonly tensor: Tensor
  /** Whether it holds anything yet, to which the next gradient is to be added; else it is to be overwritten. */
  readonly isStarted: boolean
}

/** A layer's output in one program, and how to emit its backward pass. */
export interface Forward {
  /** [batch, ...output], or time first where the layer gives that */
  readonly output: Tensor
  /** Which steps of the output's sequences are valid, where this layer finds that; see `EmitContext.valid`. */
  readonly valid?: Tensor
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
  /** Parameters of other layers that it reads, and trains with them. */
  readonly borrowed?: readonly Parameter[]
  /** The layouts that it takes and gives; `'any'` gives what it is given. Batch first in and out by default. */
  readonly layout?: 'any' | { readonly takes: Layout; readonly gives: Layout }
  /** What its input holds: int32 ids, or by default floats. */
  readonly inputType?: 'i32'
  /** Whether it carries state from batch to batch: the sample at one place then goes on with the one before it. */
  readonly stateful?: boolean
  forward(context: EmitContext, x: Tensor): Forward
}

/** What any layer may be told. */
export interface LayerOptions {
  /** Unique in its model, in place of a name such as `dense_1`; its parameters are then called `name/kernel` and so on. */
  readonly name?: string
  /**
   * False freezes it: its parameters keep their values, no gradient is computed for them, penalties of theirs do not count,
   * and batch normalisation uses and keeps its running statistics. True by default.
   */
  readonly trainable?: boolean
}

/** What every description of a layer has; `LayerSpec` says which there are. */
export interface TypedSpec extends LayerOptions {
  readonly type: string
}

/** Where a layer stands when it is built. */
export interface Place {
  readonly name: string
  /** Number of the layer in its model, from 0, layers inside others counted after the one that holds them. */
  readonly index: number
  readonly input: Shape
  /** Builds a layer inside this one. */
  inner(spec: TypedSpec, name: string, input: Shape): Layer
  /** The layer of the model that is called `name` and stands before this one, if there is one. */
  before(name: string): Layer | undefined
  /** Builds layers inside this one that feed each other, as one layer. */
  chain(specs: readonly TypedSpec[], name: string): Layer
}

/** A shape as messages show it. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}
