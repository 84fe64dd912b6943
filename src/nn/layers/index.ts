import { ModelError } from '../../errors.js'
import { show } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import { type ActivationLayerSpec, buildActivation } from './activation.js'
import { type BatchNormSpec, buildBatchNorm } from './batch-norm.js'
import { buildConv2d, type Conv2dSpec } from './conv2d.js'
import { buildDense, type DenseSpec } from './dense.js'
import { buildDropout, type DropoutSpec } from './dropout.js'
import { buildFlatten, type FlattenSpec } from './flatten.js'
import { buildLayerNorm, type LayerNormSpec } from './layer-norm.js'
import {
  type AveragePool2dSpec,
  buildAveragePool2d,
  buildGlobalAveragePool2d,
  buildMaxPool2d,
  type GlobalAveragePool2dSpec,
  type MaxPool2dSpec,
} from './pool2d.js'
import { buildReshape, type ReshapeSpec } from './reshape.js'

/** The description of a layer: plain data, so that a model can be written as JSON. */
export type LayerSpec =
  | ActivationLayerSpec
  | DenseSpec
  | DropoutSpec
  | FlattenSpec
  | ReshapeSpec
  | Conv2dSpec
  | MaxPool2dSpec
  | AveragePool2dSpec
  | GlobalAveragePool2dSpec
  | BatchNormSpec
  | LayerNormSpec

const builders: { [T in LayerSpec['type']]: (spec: Extract<LayerSpec, { type: T }>, place: Place) => Layer } =
  {
    activation: buildActivation,
    dense: buildDense,
    dropout: buildDropout,
    flatten: buildFlatten,
    reshape: buildReshape,
    conv2d: buildConv2d,
    maxPool2d: buildMaxPool2d,
    averagePool2d: buildAveragePool2d,
    globalAveragePool2d: buildGlobalAveragePool2d,
    batchNorm: buildBatchNorm,
    layerNorm: buildLayerNorm,
  }

/** Builds one layer from its description. */
export function buildLayer(spec: LayerSpec, place: Place): Layer {
  const type: unknown = spec?.type
  if (typeof type !== 'string' || !Object.hasOwn(builders, type)) {
    throw new ModelError(
      `layer ${place.index + 1}: type should be one of ${Object.keys(builders).map(show).join(', ')}, found ${show(type)}.`,
    )
  }
  const build = builders[type as LayerSpec['type']] as (spec: LayerSpec, place: Place) => Layer
  return build(spec, place)
}
