import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import { either } from '../../schema/schema.js'
import { oneOf } from '../../schema/values.js'
import {
  type ActivationSpec,
  activationCode,
  emitActivation,
  activation as isActivation,
} from '../activations.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

/** Activations of whole rows, over the last axis. */
type RowActivation = keyof typeof rowActivations

const rowActivations = {
  softmax: [instruction.softmax, instruction.softmaxBackward],
  logSoftmax: [instruction.logSoftmax, instruction.logSoftmaxBackward],
} as const

export interface ActivationLayerSpec extends LayerOptions {
  readonly type: 'activation'
  readonly activation: ActivationSpec | RowActivation
}

const layer = layerDescription<ActivationLayerSpec>(
  'activation',
  {
    activation: either(oneOf('softmax', 'logSoftmax'), isActivation),
  },
  buildActivation,
)

/** An activation function as a layer of its own: element by element, or `softmax` or `logSoftmax` over the last axis. */
export function activation(
  name: ActivationSpec | RowActivation,
  options: LayerOptions = {},
): ActivationLayerSpec {
  return layer.create({ activation: name }, options)
}

export function buildActivation(spec: ActivationLayerSpec, { name, input }: Place): Layer {
  const { activation } = layer.read(name, spec)
  const base = { name, input, output: input, parameters: [], layout: 'any' as const }
  if (activation === 'softmax' || activation === 'logSoftmax') {
    return { ...base, forward: rowForward(name, activation, input.at(-1)!) }
  }
  const code = activationCode(activation)
  return {
    ...base,
    forward(context, x) {
      const y = createTensor('transient', `${name}.y`, x.shape)
      const program = context.program.from(name)
      const emitSlope = emitActivation(context, code, x, y)
      return {
        output: y,
        backward(dy, needsInput) {
          if (!needsInput) return null
          program.from(name)
          emitSlope(dy)
          return dy
        },
      }
    },
  }
}

function rowForward(name: string, activation: RowActivation, classes: number): Layer['forward'] {
  const [forward, backward] = rowActivations[activation]
  return ({ program }, x) => {
    const rows = sizeOf(x.shape) / classes
    const y = createTensor('transient', `${name}.y`, x.shape)
    program.from(name).emit(forward, { x, y, rows, classes })
    return {
      output: y,
      backward(dy, needsInput) {
        if (!needsInput) return null
        program.from(name).emit(backward, { y, dy, dx: dy, rows, classes })
        return dy
      },
    }
  }
}
