import { ModelError } from '../../errors.js'
import { reshape } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { oneOf, truth, wholeNumber } from '../../schema/values.js'
import { type ActivationSpec, activation } from '../activations.js'
import { type Initializer, initialiser } from '../initialisers.js'
import { type Layer, type LayerOptions, type Place, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type PenaltyOptions, penaltyFields } from '../penalty.js'
import { type Conv2dSpec, convolution } from './conv2d.js'

export interface Conv1dOptions extends PenaltyOptions, LayerOptions {
  /** Steps from one window to the next; 1 by default. */
  readonly strides?: number
  /**
   * `valid`, the default: only windows that lie wholly in the sequence, floor((n - k) / strides) + 1. `same`: the sequence is
   * padded with zeros to ceil(n / strides) windows, the odd step at its end.
   */
  readonly padding?: 'valid' | 'same'
  /** `none` by default. */
  readonly activation?: ActivationSpec
  /** True by default. */
  readonly useBias?: boolean
  /** How the filters start: `heUniform` before an activation that rectifies, else `glorotUniform`. */
  readonly kernelInitializer?: Initializer
  /** How the biases start: zeros. */
  readonly biasInitializer?: Initializer
}

export interface Conv1dSpec extends Conv1dOptions {
  readonly type: 'conv1d'
  readonly filters: number
  readonly kernelSize: number
}

const layer = layerDescription<Conv1dSpec>(
  'conv1d',
  {
    filters: wholeNumber(1),
    kernelSize: wholeNumber(1),
    strides: optional(wholeNumber(1)),
    padding: optional(oneOf('valid', 'same')),
    activation: optional(activation),
    useBias: optional(truth),
    kernelInitializer: optional(initialiser),
    biasInitializer: optional(initialiser),
    ...penaltyFields,
  },
  buildConv1d,
)

/**
 * A convolution along sequences [steps, channels] with `filters` filters of `kernelSize` steps: [outSteps, filters]. Its
 * kernel is [kernelSize, channels, filters] and not flipped.
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1dOptions = {}): Conv1dSpec {
  return layer.create({ filters, kernelSize }, options)
}

/** It is that of images one pixel high. */
export function buildConv1d(given: Conv1dSpec, place: Place): Layer {
  const { name, input } = place
  const spec = layer.read(name, given)
  const { filters, kernelSize, strides, useBias, kernelInitializer, biasInitializer, ...same } = spec
  const [steps, channels] = input as [number, number]
  if (input.length !== 2) {
    throw new ModelError(
      `${name}: takes sequences, shape [steps, channels], but its input has shape ${showShape(input)}.`,
    )
  }
  if (same.padding !== 'same' && kernelSize > steps) {
    throw new ModelError(
      `${name}: a window of ${kernelSize} steps does not fit into its input of shape ${showShape(input)}.`,
    )
  }
  const images: Conv2dSpec = {
    ...{ ...same, type: 'conv2d', filters, kernelSize: [1, kernelSize] },
    ...(strides !== undefined && { strides: strides }),
    ...(useBias !== undefined && { useBias: useBias }),
    ...(kernelInitializer !== undefined && { kernelInitializer: kernelInitializer }),
    ...(biasInitializer !== undefined && { biasInitializer: biasInitializer }),
  }
  const inner = convolution(images, { ...place, input: [1, steps, channels] }, true)
  const output = inner.output.slice(1)
  return {
    ...{ ...inner, input, output },
    forward(context, x) {
      const pass = inner.forward(context, x)
      return { ...pass, output: reshape(pass.output, [context.batch, ...output]) }
    },
  }
}
