import { ModelError } from '../../errors.js'
import { reshape as reshapeTensor, sizeOf } from '../../program/tensor.js'
import { shape as isShape } from '../../schema/values.js'
import { type Layer, type LayerOptions, type Place, type Shape, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface ReshapeSpec extends LayerOptions {
  readonly type: 'reshape'
  readonly shape: Shape
}

const layer = layerDescription<ReshapeSpec>('reshape', { shape: isShape }, buildReshape)

/** Gives each sample's values, row-major, another shape of the same size: [28, 28] becomes [28, 28, 1]. Emits nothing. */
export function reshape(shape: Shape, options: LayerOptions = {}): ReshapeSpec {
  return layer.create({ shape }, options)
}

export function buildReshape(spec: ReshapeSpec, { name, input }: Place): Layer {
  const { shape: output } = layer.read(name, spec)
  if (sizeOf(output) !== sizeOf(input)) {
    throw new ModelError(
      `${name}: shape ${showShape(output)} holds ${sizeOf(output)} values, but its input of shape ${showShape(input)} has ${sizeOf(input)}.`,
    )
  }
  return {
    name,
    input,
    output,
    parameters: [],
    forward: ({ batch }, x) => ({
      output: reshapeTensor(x, [batch, ...output]),
      backward: (dy, needsInput) => (needsInput ? reshapeTensor(dy, [batch, ...input]) : null),
    }),
  }
}
