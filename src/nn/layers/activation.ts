import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import {
  type ActivationSpec,
  activationCode,
  emitActivation,
  activation as isActivation,
} from '../activations.js'
import { checkFields } from '../fields.js'
import type { Layer, Place } from '../layer.js'

export interface ActivationLayerSpec {
  readonly type: 'activation'
  readonly activation: ActivationSpec | 'softmax'
}

/** An activation function as a layer of its own: element by element, or softmax over the last axis. */
export function activation(name: ActivationSpec | 'softmax'): ActivationLayerSpec {
  return { type: 'activation', activation: name }
}

export function buildActivation(spec: ActivationLayerSpec, { name, input }: Place): Layer {
  const check = (value: unknown) => (value === 'softmax' ? undefined : isActivation(value))
  checkFields(name, spec, { activation: check })
  const base = { name, input, output: input, parameters: [], layout: 'any' as const }
  if (spec.activation === 'softmax') return { ...base, forward: softmaxForward(name, input.at(-1)!) }
  const code = activationCode(spec.activation)
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

function softmaxForward(name: string, classes: number): Layer['forward'] {
  return ({ program }, x) => {
    const rows = sizeOf(x.shape) / classes
    const y = createTensor('transient', `${name}.y`, x.shape)
    program.from(name).emit(instruction.softmax, { x, y, rows, classes })
    return {
      output: y,
      backward(dy, needsInput) {
        if (!needsInput) return null
        program.from(name).emit(instruction.softmaxBackward, { y, dy, dx: dy, rows, classes })
        return dy
      },
    }
  }
}
