import type { LayerBuilder } from './builder.js'
import type { Layer, Shape } from './layer.js'
import type { NetworkNode } from './network.js'

/** What an input holds: float32 numbers (bytes become such), or int32 ids. */
export type InputType = 'float32' | 'int32'

/** An input of a model: its name, the shape of one sample, and what it holds. */
export interface ModelInput {
  readonly name: string
  readonly shape: Shape
  readonly type: InputType
}

/** A network whose layers are built. */
export interface Built {
  readonly inputs: readonly ModelInput[]
  /** Shapes by name, in order. */
  readonly outputs: ReadonlyMap<string, Shape>
  /** Each once. */
  readonly layers: readonly Layer[]
  readonly nodes: readonly NetworkNode[]
  /** All nodes by name; a layer only at the first of its uses. */
  readonly rows: readonly { readonly name: string; readonly output: Shape; readonly layer: Layer | null }[]
  /** Numbers of the outputs' values. */
  readonly given: readonly number[]
  readonly builder: LayerBuilder
}
