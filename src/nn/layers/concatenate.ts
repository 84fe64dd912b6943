import { list } from '../../schema/schema.js'
import { joinBranches } from '../branches.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type ConcatenateSpec, type LayerSpec, layerSpec } from './spec.js'

const layer = layerDescription<ConcatenateSpec>(
  'concatenate',
  {
    branches: list('branches, each a list of layers', list('layers', layerSpec), 1),
  },
  buildConcatenate,
)

/** What `concatenate` of lists of layers returns. */
export function concatenateBranches(
  branches: readonly (readonly LayerSpec[])[],
  options: LayerOptions = {},
): ConcatenateSpec {
  return layer.create({ branches }, options)
}

export function buildConcatenate(spec: ConcatenateSpec, place: Place): Layer {
  const { branches } = layer.read(place.name, spec)
  return joinBranches(
    place,
    branches.map((layers, i) => place.chain(layers, `branch_${i + 1}`)),
  )
}
