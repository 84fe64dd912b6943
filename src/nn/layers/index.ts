import { ModelError } from '../../errors.js'
import { show } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import { type ActivationLayerSpec, buildActivation } from './activation.js'
import { buildDense, type DenseSpec } from './dense.js'
import { buildDropout, type DropoutSpec } from './dropout.js'
import { buildFlatten, type FlattenSpec } from './flatten.js'

/** The description of a layer: plain data, so that a model can be written as JSON. */
export type LayerSpec = ActivationLayerSpec | DenseSpec | DropoutSpec | FlattenSpec

const builders: { [T in LayerSpec['type']]: (spec: Extract<LayerSpec, { type: T }>, place: Place) => Layer } =
  {
    activation: buildActivation,
    dense: buildDense,
    dropout: buildDropout,
    flatten: buildFlatten,
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
