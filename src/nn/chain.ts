import { ModelError } from '../errors.js'
import { read } from '../schema/schema.js'
import { LayerBuilder, LayerNames } from './builder.js'
import type { Built } from './built.js'
import type { Layer, Shape, TypedSpec } from './layer.js'
import { layerSpec } from './layers/spec.js'

/** Builds layers in a row, each fed by the one before, for samples of shape `input`. */
export function buildChain(specs: readonly TypedSpec[], input: Shape): Built {
  const builder = new LayerBuilder()
  const names = new LayerNames()
  const layers: Layer[] = []
  for (const [position, given] of specs.entries()) {
    const where = `layer ${position + 1}`
    const spec = read(ModelError, '', where, layerSpec, given)
    const layer = builder.build(spec, names.nameOf(spec, where), where, layers.at(-1)?.output ?? input)
    if (layer.inputType === 'i32' && position > 0) {
      throw new ModelError(`${layer.name}: it takes ids, the model's input, so it should be the first layer.`)
    }
    layers.push(layer)
  }
  const type = layers[0]?.inputType === 'i32' ? 'int32' : 'float32'
  return {
    ...{ builder, layers },
    inputs: [{ name: 'input', shape: input, type }],
    outputs: new Map([['output', layers.at(-1)?.output ?? input]]),
    rows: layers.map((layer) => ({ name: layer.name, output: layer.output, layer })),
    nodes: layers.map((layer, i) => ({ layer, from: [i] })),
    given: [layers.length],
  }
}
