import { ModelError } from '../../errors.js'
import { reshape } from '../../program/tensor.js'
import { show } from '../../schema/show.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type LayerSpec, layerSpec, type TimeDistributedSpec } from './spec.js'

const described = layerDescription<TimeDistributedSpec>(
  'timeDistributed',
  { layer: layerSpec },
  buildTimeDistributed,
)

/**
 * The same layer on every step of a sequence: [steps, ...] becomes [steps, ...the layer's output]. With `dense(10)` after
 * a recurrent layer with `sequence: true` it gives ten outputs a step.
 */
export function timeDistributed(layer: LayerSpec, options: LayerOptions = {}): TimeDistributedSpec {
  return described.create({ layer }, options)
}

export function buildTimeDistributed(spec: TimeDistributedSpec, { name, input, inner }: Place): Layer {
  described.read(name, spec)
  const [steps, ...rest] = input as [number, ...number[]]
  const layer = inner(spec.layer, String(spec.layer.type), rest.length === 0 ? [1] : rest)
  const { layout = 'any' } = layer
  if (layout !== 'any' && (layout.takes === 'time' || layout.gives === 'time')) {
    throw new ModelError(
      `${name}: layer should be one that takes each step by itself and gives no sequence, such as dense(10), found ${show(spec.layer.type)}.`,
    )
  }
  return {
    ...{ name, input, output: [steps, ...layer.output], parameters: layer.parameters },
    ...(layer.borrowed && { borrowed: layer.borrowed }),
    layout: 'any',
    stateful: layer.stateful ?? false,
    forward(context, x) {
      // Steps and samples alike are rows to the layer, in whichever order they lie.
      const batch = steps * context.batch
      const pass = layer.forward({ ...context, batch, valid: null }, reshape(x, [batch, ...layer.input]))
      const axes = x.shape.slice(0, 2)
      return {
        output: reshape(pass.output, [...axes, ...layer.output]),
        backward(dy, needsInput) {
          const dx = pass.backward(reshape(dy, [batch, ...layer.output]), needsInput)
          return dx && reshape(dx, x.shape)
        },
      }
    },
  }
}
