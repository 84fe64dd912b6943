import { ModelError } from '../errors.js'
import type { Description } from '../schema/description.js'
import { type Fields, isPlainObject, leaf, read } from '../schema/schema.js'
import { aFunction } from '../schema/values.js'
import type { Layer, LayerOptions, Place } from './layer.js'
import { layerDescription } from './layer-fields.js'
import { registerLayer } from './layers/registry.js'
import type { OwnLayerSpec } from './layers/spec.js'

/** The name of a kind of layer that is not one of the library's: whose it is, a colon, and its name. */
export type OwnLayerType = OwnLayerSpec['type']

const ownType = leaf<OwnLayerType>(
  'two names with a colon between them, such as "my:gated"',
  (value) => typeof value === 'string' && /^[A-Za-z][\w-]*:[A-Za-z][\w-]*$/.test(value),
)

const fieldsByName = leaf<Fields<object>>(
  'an object with a schema for each option, such as { units: fields.wholeNumber(1) }',
  (value) =>
    isPlainObject(value) &&
    Object.values(value).every((field) => typeof (field as { read?: unknown } | null)?.read === 'function'),
)

/**
 * Defines a kind of layer: from then on models that have it, those from JSON too, can be built.
 *
 * @param type such as `my:gated`; a layer without a name of its own is then called `gated_1`
 * @param fields what each option may be; see `parts.fields`
 * @param build makes a layer from its options, which were checked, for a place in a model
 * @returns the function that describes such a layer, as `dense` does
 * @throws ModelError when the type is no such name, or is defined already
 */
export function defineLayer<Options extends object>(
  type: OwnLayerType,
  fields: Fields<Options>,
  build: (options: Options, place: Place) => Layer,
): (options: Options & LayerOptions) => OwnLayerSpec {
  read(ModelError, 'defineLayer', 'type', ownType, type)
  read(ModelError, 'defineLayer', 'fields', fieldsByName, fields)
  read(ModelError, 'defineLayer', 'build', aFunction(), build)
  type Spec = OwnLayerSpec & Options
  const buildOwn = (spec: Spec, place: Place): Layer => build(described.read(place.name, spec), place)
  const described: Description<Spec> = layerDescription<Spec>(type as Spec['type'], fields as never, buildOwn)
  registerLayer(type, buildOwn)
  return (options) => described.create({}, options)
}
