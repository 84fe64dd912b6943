import * as instruction from '../../program/instructions.js'
import { createTensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { finite, oneOf } from '../../schema/values.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface MaskingOptions extends LayerOptions {
  /**
   * Which steps of `value` are padding: those at the `end` of a sequence, after its last other step, which is the default, or
   * all of them, `anywhere`.
   */
  readonly padding?: 'end' | 'anywhere'
}

export interface MaskingSpec extends MaskingOptions {
  readonly type: 'masking'
  /** 0 by default. */
  readonly value?: number
}

const layer = layerDescription<MaskingSpec>(
  'masking',
  {
    value: optional(finite),
    padding: optional(oneOf('end', 'anywhere')),
  },
  buildMasking,
)

/**
 * Finds the steps of each sample's sequence that are padding: their every feature equals `value`. Recurrent layers that
 * follow pass their state over the padding unchanged, so that a last state is that of the last real step.
 */
export function masking(value = 0, options: MaskingOptions = {}): MaskingSpec {
  return layer.create({ value }, options)
}

export function buildMasking(spec: MaskingSpec, { name, input }: Place): Layer {
  const [steps, ...rest] = input as [number, ...number[]]
  const features = rest.reduce((product, n) => product * n, 1)
  const { value = 0, padding = 'end' } = layer.read(name, spec)
  return {
    ...{ name, input, output: input, parameters: [] },
    layout: { takes: 'time', gives: 'time' },
    forward({ program, batch }, x) {
      const valid = createTensor('transient', `${name}.valid`, [steps, batch])
      program.from(name).emit(instruction.stepMask, {
        ...{ x, mask: valid, steps, batch, features, value, trailing: padding === 'end' ? 1 : 0 },
      })
      return { output: x, valid, backward: (dy) => dy }
    },
  }
}
