import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { between, positive } from '../../schema/values.js'
import { gradientOrSpare } from '../gradients.js'
import type { Parameter } from '../initialisers.js'
import type { EmitContext, Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface BatchNormOptions extends LayerOptions {
  /** How far the running mean and variance move towards those of each batch; 0.1 by default. */
  readonly momentum?: number
  /** Added to the variance before its root is taken; 0.00001 by default. */
  readonly epsilon?: number
}

export interface BatchNormSpec extends BatchNormOptions {
  readonly type: 'batchNormalization'
}

const layer = layerDescription<BatchNormSpec>(
  'batchNormalization',
  {
    momentum: optional(between(0, 1)),
    epsilon: optional(positive),
  },
  buildBatchNorm,
)

/**
 * Batch normalisation over all axes but the last. Training uses the mean and variance of the batch at hand, evaluation
 * and prediction the running ones, which belong to the model's weights though no optimizer touches them.
 * The formula is in assembly/batch-norm.ts.
 */
export function batchNormalization(options: BatchNormOptions = {}): BatchNormSpec {
  return layer.create({}, options)
}

export function buildBatchNorm(spec: BatchNormSpec, { name, input }: Place): Layer {
  const { momentum = 0.1, epsilon = 1e-5 } = layer.read(name, spec)
  const channels = input.at(-1)!
  const parameter = (part: string, start: number, trained: boolean): Parameter => ({
    name: `${name}/${part}`,
    tensor: createTensor('parameter', `${name}/${part}`, [channels]),
    initialiser: { type: 'constant', value: start },
    fan: { in: channels, out: channels },
    trained,
  })
  const scale = parameter('scale', 1, true)
  const shift = parameter('shift', 0, true)
  const runningMean = parameter('runningMean', 0, false)
  const runningVariance = parameter('runningVariance', 1, false)

  return {
    name,
    input,
    output: input,
    layout: 'any',
    parameters: [scale, shift, runningMean, runningVariance],

    forward(context, x) {
      const { program, batch } = context
      // Frozen, it is in training what it is in use.
      const training = context.training && (context.trains(scale) || context.trains(shift))
      const rows = (batch * sizeOf(input)) / channels
      const y = createTensor('transient', `${name}.y`, x.shape)
      const inverse = createTensor('transient', `${name}.inverse`, [channels])
      const mean = training ? createTensor('transient', `${name}.mean`, [channels]) : runningMean.tensor
      program.from(name)
      if (training) {
        program.emit(instruction.batchNormStatistics, {
          ...{ x, mean, inverse, runningMean: runningMean.tensor, runningVariance: runningVariance.tensor },
          ...{ rows, channels, epsilon, momentum },
        })
      } else {
        const variance = runningVariance.tensor
        program.emit(instruction.inverseDeviation, { variance, inverse, channels, epsilon })
      }
      const figures = { mean, inverse, rows, channels }
      program.emit(instruction.batchNorm, {
        ...{ x, y, scale: scale.tensor, shift: shift.tensor, ...figures },
      })
      return {
        output: y,
        backward(dy, needsInput) {
          program.from(name)
          if (!training) {
            if (needsInput) emitFixedGradient(context, name, scale, inverse, dy)
            return needsInput ? dy : null
          }
          const dscale = gradientOrSpare(context, scale)
          const dshift = gradientOrSpare(context, shift)
          program.emit(instruction.batchNormGradients, { x, dy, dscale, dshift, ...figures })
          if (!needsInput) return null
          program.emit(instruction.batchNormInput, {
            ...{ x, dy, scale: scale.tensor, dscale, dshift, dx: dy, ...figures },
          })
          return dy
        },
      }
    },
  }
}

/** dx = dy * scale * inverse over `dy`: the gradient where the statistics do not depend on x. */
function emitFixedGradient(
  { program }: EmitContext,
  name: string,
  { tensor: scale }: Parameter,
  inverse: Tensor,
  dy: Tensor,
): void {
  const [channels] = scale.shape as [number]
  const zero = createTensor('transient', `${name}.zero`, [channels])
  program.emit(instruction.fill, { x: zero, count: channels, value: 0 })
  program.emit(instruction.batchNorm, {
    ...{ x: dy, y: dy, mean: zero, shift: zero, inverse, scale, rows: sizeOf(dy.shape) / channels, channels },
  })
}
