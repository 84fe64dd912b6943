import { isPlainObject, leaf, type Schema } from '../../schema/schema.js'
import type { LayerOptions } from '../layer.js'
import type { ActivationLayerSpec } from './activation.js'
import type { BatchNormSpec } from './batch-norm.js'
import type { BidirectionalSpec } from './bidirectional.js'
import type { Conv1dSpec } from './conv1d.js'
import type { Conv2dSpec } from './conv2d.js'
import type { DenseSpec } from './dense.js'
import type { DropoutSpec } from './dropout.js'
import type { EmbeddingSpec } from './embedding.js'
import type { FlattenSpec } from './flatten.js'
import type { FramingSpec } from './framings.js'
import type { GruSpec } from './gru.js'
import type { LayerNormSpec } from './layer-norm.js'
import type { LstmSpec } from './lstm.js'
import type { MaskingSpec } from './masking.js'
import type { AveragePool2dSpec, GlobalAveragePool2dSpec, MaxPool2dSpec } from './pool2d.js'
import type { ReshapeSpec } from './reshape.js'
import type { SimpleRnnSpec } from './simple-rnn.js'
import type { TiedDenseSpec } from './tied-dense.js'

/**
 * The description of a layer: plain data, so that a model can be written as JSON. It holds descriptions of layers itself
 * where layers hold layers.
 */
export type BuiltInLayerSpec =
  | ActivationLayerSpec
  | AveragePool2dSpec
  | BatchNormSpec
  | BidirectionalSpec
  | ConcatenateSpec
  | Conv1dSpec
  | Conv2dSpec
  | DenseSpec
  | DropoutSpec
  | EmbeddingSpec
  | FlattenSpec
  | FramingSpec
  | GlobalAveragePool2dSpec
  | GruSpec
  | LayerNormSpec
  | LstmSpec
  | MaskingSpec
  | MaxPool2dSpec
  | ReshapeSpec
  | SimpleRnnSpec
  | TiedDenseSpec
  | TimeDistributedSpec

/** The description of a layer that `defineLayer` has defined, with its own options beside these. */
export interface OwnLayerSpec extends LayerOptions {
  readonly type: `${string}:${string}`
  readonly [option: string]: unknown
}

/** A layer of the library, or of one's own. */
export type LayerSpec = BuiltInLayerSpec | OwnLayerSpec

export interface ConcatenateSpec extends LayerOptions {
  readonly type: 'concatenate'
  readonly branches: readonly (readonly LayerSpec[])[]
}

export interface TimeDistributedSpec extends LayerOptions {
  readonly type: 'timeDistributed'
  readonly layer: LayerSpec
}

/** A field that holds a layer; its own fields are checked when it is built. */
export const layerSpec: Schema<LayerSpec> = leaf(
  'a layer such as dense(10)',
  (value) => isPlainObject(value) && typeof value.type === 'string',
)
