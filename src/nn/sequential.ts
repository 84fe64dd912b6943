/** Networks whose layers stand in a row. */
import { ModelError } from '../errors.js'
import { deep } from '../schema/plain-data.js'
import { type Fields, leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { seed, shape } from '../schema/values.js'
import { buildChain } from './chain.js'
import type { LayerSpec } from './layers/spec.js'
import { Model, type ModelOptions, type SequentialConfig } from './model.js'

const optionFields: Fields<ModelOptions> = { input: shape, seed: optional(seed) }
/** What each layer is, its building tells. */
const layerList: Schema<readonly LayerSpec[]> = list(
  'layers, such as dense(10)',
  leaf<LayerSpec>('a layer', () => true),
  1,
)
const modelOptions = deep(object<ModelOptions>(optionFields))
const modelLayers = deep(layerList)
export const sequentialConfig = deep(object<SequentialConfig>({ ...optionFields, layers: layerList }))

/**
 * Layers in a row, each fed by the one before.
 * @throws ModelError that names the option or layer which is not right.
 */
export function sequential(layers: readonly LayerSpec[], options: ModelOptions): Model {
  return sequentialFrom({
    ...read(ModelError, 'sequential', 'options', modelOptions, options),
    layers: read(ModelError, 'sequential', 'layers', modelLayers, layers),
  })
}

/** @param config checked, but for its layers' own fields */
export function sequentialFrom(config: SequentialConfig): Model {
  return new Model(config, buildChain(config.layers, config.input))
}
