import { ModelError } from '../../errors.js'
import { show } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import { type ActivationLayerSpec, buildActivation } from './activation.js'
import { type BatchNormSpec, buildBatchNorm } from './batch-norm.js'
import { type BidirectionalSpec, buildBidirectional } from './bidirectional.js'
import { buildConcatenate, type ConcatenateSpec } from './concatenate.js'
import { buildConv2d, type Conv2dSpec } from './conv2d.js'
import { buildDense, type DenseSpec } from './dense.js'
import { buildDropout, type DropoutSpec } from './dropout.js'
import { buildFlatten, type FlattenSpec } from './flatten.js'
import { buildColumns, buildPatches, buildPixels, buildRows, type FramingSpec } from './framings.js'
import { buildGru, type GruSpec } from './gru.js'
import { buildLayerNorm, type LayerNormSpec } from './layer-norm.js'
import { buildLstm, type LstmSpec } from './lstm.js'
import { buildMasking, type MaskingSpec } from './masking.js'
import {
  type AveragePool2dSpec,
  buildAveragePool2d,
  buildGlobalAveragePool2d,
  buildMaxPool2d,
  type GlobalAveragePool2dSpec,
  type MaxPool2dSpec,
} from './pool2d.js'
import { buildReshape, type ReshapeSpec } from './reshape.js'
import { buildSimpleRnn, type SimpleRnnSpec } from './simple-rnn.js'
import { buildTimeDistributed, type TimeDistributedSpec } from './time-distributed.js'

/** The description of a layer: plain data, so that a model can be written as JSON. */
export type LayerSpec =
  | ActivationLayerSpec
  | AveragePool2dSpec
  | BatchNormSpec
  | BidirectionalSpec
  | ConcatenateSpec
  | Conv2dSpec
  | DenseSpec
  | DropoutSpec
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
  | TimeDistributedSpec

const builders: { [T in LayerSpec['type']]: (spec: Extract<LayerSpec, { type: T }>, place: Place) => Layer } =
  {
    activation: buildActivation,
    averagePool2d: buildAveragePool2d,
    batchNorm: buildBatchNorm,
    bidirectional: buildBidirectional,
    columns: buildColumns,
    concatenate: buildConcatenate,
    conv2d: buildConv2d,
    dense: buildDense,
    dropout: buildDropout,
    flatten: buildFlatten,
    globalAveragePool2d: buildGlobalAveragePool2d,
    gru: buildGru,
    layerNorm: buildLayerNorm,
    lstm: buildLstm,
    masking: buildMasking,
    maxPool2d: buildMaxPool2d,
    patches: buildPatches,
    pixels: buildPixels,
    reshape: buildReshape,
    rows: buildRows,
    simpleRnn: buildSimpleRnn,
    timeDistributed: buildTimeDistributed,
  }

/** Builds one layer from its description; `where` names it in the message about a type that is unknown. */
export function buildLayer(spec: LayerSpec, place: Place, where: string): Layer {
  const type: unknown = spec?.type
  if (typeof type !== 'string' || !Object.hasOwn(builders, type)) {
    throw new ModelError(
      `${where}: type should be one of ${Object.keys(builders).map(show).join(', ')}, found ${show(type)}.`,
    )
  }
  const build = builders[type as LayerSpec['type']] as (spec: LayerSpec, place: Place) => Layer
  return build(spec, place)
}
