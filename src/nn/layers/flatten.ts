import { reshape, sizeOf } from '../../program/tensor.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface FlattenSpec extends LayerOptions {
  readonly type: 'flatten'
}

const layer = layerDescription<FlattenSpec>('flatten', {}, buildFlatten)

/** Makes each sample a vector, row-major: [28, 28] becomes [784]. Emits nothing. */
export function flatten(options: LayerOptions = {}): FlattenSpec {
  return layer.create({}, options)
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
