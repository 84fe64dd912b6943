/** Descriptions of layers: their own fields, and those that any layer may have. */
import { type Description, description } from '../schema/description.js'
import { type Fields, leaf, optional, type Schema } from '../schema/schema.js'
import { truth } from '../schema/values.js'
import type { Layer, LayerOptions, Place } from './layer.js'
import { knowLayer } from './layers/registry.js'

/** What files of weights and checkpoints keep under names of their own. */
const reserved = ['best', 'optimizer', 'standardisation']

/** The name of a layer, an input or an output: it becomes part of parameters' names. */
export const layerName: Schema<string> = leaf(
  `a name of at most 100 letters, digits, ".", "-" and "_" that begins with a letter, and none of ${reserved.join(', ')}`,
  (value) => typeof value === 'string' && /^[A-Za-z][\w.-]{0,99}$/.test(value) && !reserved.includes(value),
)

const layerFields: Fields<LayerOptions> = { name: optional(layerName), trainable: optional(truth) }

/**
 * The description of a layer whose own fields are `fields`, and which `build` builds: whoever creates one makes its kind
 * known.
 */
export function layerDescription<T extends LayerOptions & { readonly type: string }>(
  type: T['type'],
  fields: Fields<Omit<T, 'type' | keyof LayerOptions>>,
  build: (spec: T, place: Place) => Layer,
): Description<T> {
  const described = description<T>(type, { ...fields, ...layerFields } as unknown as Fields<Omit<T, 'type'>>)
  return {
    ...described,
    create(given, options) {
      knowLayer(type, build)
      return described.create(given, options)
    },
  }
}
