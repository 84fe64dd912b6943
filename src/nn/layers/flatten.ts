import { reshape, sizeOf } from '../../program/tensor.js'
import { description } from '../../schema/description.js'
import type { Layer, Place } from '../layer.js'

export interface FlattenSpec {
  readonly type: 'flatten'
}

const layer = description<FlattenSpec>('flatten', {})

/** Makes each sample a vector, row-major: [28, 28] becomes [784]. Emits nothing. */
export function flatten(): FlattenSpec {
  return layer.create({})
}

export function buildFlatten(spec: FlattenSpec, { name, input }: Place): Layer {
  layer.read(name, spec)
  const size = sizeOf(input)
  return {
    name,
    input,
    output: [size],
    parameters: [],
    forward: ({ batch }, x) => ({
      output: reshape(x, [batch, size]),
      backward: (dy, needsInput) => (needsInput ? reshape(dy, [batch, ...input]) : null),
    }),
  }
}
