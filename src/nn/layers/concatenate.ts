import { description } from '../../schema/description.js'
import { list } from '../../schema/schema.js'
import { joinBranches } from '../branches.js'
import type { Layer, Place } from '../layer.js'
import { type ConcatenateSpec, type LayerSpec, layerSpec } from './spec.js'

const layer = description<ConcatenateSpec>('concatenate', {
  branches: list('branches, each a list of layers', list('layers', layerSpec), 1),
})

/** What `concatenate` of lists of layers returns. */
export function concatenateBranches(branches: readonly (readonly LayerSpec[])[]): ConcatenateSpec {
  return layer.create({ branches })
}

export function buildConcatenate(spec: ConcatenateSpec, place: Place): Layer {
  const { branches } = layer.read(place.name, spec)
  return joinBranches(
    place,
    branches.map((layers, i) => place.chain(layers, `branch_${i + 1}`)),
  )
}
