import * as instruction from '../../program/instructions.js'
import { Purpose, streamOf } from '../../program/streams.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import { between } from '../../schema/values.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface DropoutSpec extends LayerOptions {
  readonly type: 'dropout'
  readonly rate: number
}

const layer = layerDescription<DropoutSpec>('dropout', { rate: between(0, 1) }, buildDropout)

/**
 * Inverted dropout (Srivastava et al. 2014): in training each element is set to zero with probability `rate` and the
 * others are divided by 1 - rate; in inference it does nothing. The mask is not stored: the backward pass draws it again.
 */
export function dropout(rate: number, options: LayerOptions = {}): DropoutSpec {
  return layer.create({ rate }, options)
}

export function buildDropout(spec: DropoutSpec, { name, input, index }: Place): Layer {
  const { rate } = layer.read(name, spec)
  // An element is dropped when its uniform 32-bit word lies below the threshold.
  const mask = {
    threshold: Math.floor(rate * 2 ** 32),
    scale: 1 / (1 - rate),
    stream: streamOf(Purpose.Dropout, index),
  }
  return {
    name,
    input,
    output: input,
    parameters: [],
    layout: 'any',
    forward({ program, training, step, seed }, x) {
      if (!training || rate === 0) return { output: x, backward: (dy) => dy }
      const count = sizeOf(x.shape)
      const y = createTensor('transient', `${name}.y`, x.shape)
      program.from(name).emit(instruction.dropout, { x, y, count, ...mask, seed, step })
      return {
        output: y,
        backward(dy, needsInput) {
          if (!needsInput) return null
          program.from(name).emit(instruction.dropout, { x: dy, y: dy, count, ...mask, seed, step })
          return dy
        },
      }
    },
  }
}
