import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { positive } from '../../schema/values.js'
import { gradientOrSpare } from '../gradients.js'
import type { Parameter } from '../initialisers.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface LayerNormOptions extends LayerOptions {
  /** Added to the variance before its root is taken; 0.00001 by default. */
  readonly epsilon?: number
}

export interface LayerNormSpec extends LayerNormOptions {
  readonly type: 'layerNormalization'
}

const layer = layerDescription<LayerNormSpec>(
  'layerNormalization',
  { epsilon: optional(positive) },
  buildLayerNorm,
)

/** Layer normalisation over the last axis, the same in training and inference. The formula is in assembly/layer-norm.ts. */
export function layerNormalization(options: LayerNormOptions = {}): LayerNormSpec {
  return layer.create({}, options)
}

export function buildLayerNorm(spec: LayerNormSpec, { name, input }: Place): Layer {
  const { epsilon = 1e-5 } = layer.read(name, spec)
  const columns = input.at(-1)!
  const parameter = (part: string, start: number): Parameter => ({
    name: `${name}/${part}`,
    tensor: createTensor('parameter', `${name}/${part}`, [columns]),
    initialiser: { type: 'constant', value: start },
    fan: { in: columns, out: columns },
  })
  const scale = parameter('scale', 1)
  const shift = parameter('shift', 0)

  return {
    name,
    input,
    output: input,
    layout: 'any',
    parameters: [scale, shift],

    forward(context, x) {
      const { program, batch, training } = context
      const rows = (batch * sizeOf(input)) / columns
      const y = createTensor('transient', `${name}.y`, x.shape)
      const figure = (part: string) =>
        training ? createTensor('transient', `${name}.${part}`, [rows]) : null
      const figures = { mean: figure('mean'), inverse: figure('inverse'), rows, columns }
      program.from(name).emit(instruction.layerNorm, {
        ...{ x, scale: scale.tensor, shift: shift.tensor, y, ...figures, epsilon },
      })
      return {
        output: y,
        backward(dy, needsInput) {
          program.from(name)
          if (context.trains(scale) || context.trains(shift)) {
            const [dscale, dshift] = [scale, shift].map((parameter) => gradientOrSpare(context, parameter))
            program.emit(instruction.layerNormGradients, {
              ...{ x, dy, dscale: dscale!, dshift: dshift!, ...figures },
            })
          }
          if (!needsInput) return null
          program.emit(instruction.layerNormInput, { x, dy, scale: scale.tensor, dx: dy, ...figures })
          return dy
        },
      }
    },
  }
}
