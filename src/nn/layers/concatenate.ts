import { joinBranches } from '../branches.js'
import { checkFields } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import type { ConcatenateSpec, LayerSpec } from './spec.js'

/**
 * Several rows of layers on the same input, their outputs side by side along the last axis: outputs [n] and [m] become
 * [n + m], outputs [steps, n] and [steps, m] become [steps, n + m]. A branch without layers passes the input on.
 */
export function concatenate(branches: readonly (readonly LayerSpec[])[]): ConcatenateSpec {
  return { type: 'concatenate', branches }
}

export function buildConcatenate(spec: ConcatenateSpec, place: Place): Layer {
  checkFields(place.name, spec, { branches: isBranches })
  return joinBranches(
    place,
    spec.branches.map((layers, i) => place.chain(layers, `branch_${i + 1}`)),
  )
}

function isBranches(value: unknown): string | undefined {
  const right = Array.isArray(value) && value.length > 0 && value.every(Array.isArray)
  return right ? undefined : 'a list of branches, each a list of layers'
}
