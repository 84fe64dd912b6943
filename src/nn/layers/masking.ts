import * as instruction from '../../program/instructions.js'
import { createTensor } from '../../program/tensor.js'
import { description } from '../../schema/description.js'
import { optional } from '../../schema/schema.js'
import { finite } from '../../schema/values.js'
import type { Layer, Place } from '../layer.js'

export interface MaskingSpec {
  readonly type: 'masking'
  /** 0 by default. */
  readonly value?: number
}

const layer = description<MaskingSpec>('masking', { value: optional(finite) })

/**
 * Finds how long each sample's sequence is: the steps at its end whose every feature equals `value` are padding. Recurrent
 * layers that follow pass their state over the padding unchanged, so that a last state is that of the last real step.
 */
export function masking(value = 0): MaskingSpec {
  return layer.create({ value })
}

export function buildMasking(spec: MaskingSpec, { name, input }: Place): Layer {
  const [steps, ...rest] = input as [number, ...number[]]
  const features = rest.reduce((product, n) => product * n, 1)
  const { value = 0 } = layer.read(name, spec)
  return {
    ...{ name, input, output: input, parameters: [] },
    layout: { takes: 'time', gives: 'time' },
    forward({ program, batch }, x) {
      const lengths = createTensor('transient', `${name}.lengths`, [batch], 'i32')
      program.from(name).emit(instruction.sequenceLengths, { x, lengths, steps, batch, features, value })
      return { output: x, lengths, backward: (dy) => dy }
    },
  }
}
