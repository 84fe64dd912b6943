import { ModelError } from '../../errors.js'
import { reshape as reshapeTensor, sizeOf } from '../../program/tensor.js'
import { checkFields, isShape } from '../fields.js'
import { type Layer, type Place, type Shape, showShape } from '../layer.js'

export interface ReshapeSpec {
  readonly type: 'reshape'
  readonly shape: Shape
}

/** Gives each sample's values, row-major, another shape of the same size: [28, 28] becomes [28, 28, 1]. Emits nothing. */
export function reshape(shape: Shape): ReshapeSpec {
  return { type: 'reshape', shape }
}

export function buildReshape(spec: ReshapeSpec, { name, input }: Place): Layer {
  checkFields(name, spec, { shape: isShape })
  const output = spec.shape
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
