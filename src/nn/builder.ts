import { ModelError } from '../errors.js'
import { sizeOf } from '../program/tensor.js'
import { read } from '../schema/schema.js'
import { truth } from '../schema/values.js'
import type { Parameter } from './initialisers.js'
import type { Layer, Layout, Place, Shape, TypedSpec } from './layer.js'
import { showShape } from './layer.js'
import { layerName } from './layer-fields.js'
import { buildLayer } from './layers/registry.js'
import { layerSpec } from './layers/spec.js'
import { emitNetwork, type NetworkNode } from './network.js'

/** Builds the layers of one model, which it numbers and knows by name. */
export class LayerBuilder {
  /** The parameters of layers that are not to be trained. */
  readonly frozen = new Set<Parameter>()
  private readonly layers = new Map<string, Layer>()
  private next = 0

  /**
   * Builds a layer that stands in the model itself.
   * @param where it stands, such as `layer 2`, for messages about a description that is none
   */
  build(given: TypedSpec, name: string, where: string, input: Shape): Layer {
    const layer = this.inner(given, name, where, input)
    this.layers.set(name, layer)
    return layer
  }

  private inner(spec: TypedSpec, name: string, where: string, input: Shape): Layer {
    const trainable = read(ModelError, where, 'trainable', truth, spec.trainable ?? true)
    const place: Place = {
      ...{ name, index: this.next++, input },
      inner: (spec, part, input) => {
        if (spec.name !== undefined) {
          throw new ModelError(
            `${name}: a layer inside another has no name of its own, found "${spec.name}"; name the outer one.`,
          )
        }
        const layer = this.inner(spec, `${name}/${part}`, `${name}: ${part}`, input)
        refuseIds(layer)
        return layer
      },
      before: (name) => this.layers.get(name),
      chain: (specs, part) => this.chain(specs, `${name}/${part}`, input),
    }
    const layer = buildLayer(spec, place, where)
    checkSizes(layer)
    checkSequence(layer)
    if (!trainable) for (const parameter of layer.parameters) this.frozen.add(parameter)
    return layer
  }

  /** Layers in a row as one, which keeps the layout it is given where all of them do. */
  private chain(specs: readonly TypedSpec[], name: string, input: Shape): Layer {
    const names = new LayerNames()
    let output = input
    const layers = specs.map((given, position) => {
      const where = `layer ${position + 1}`
      const spec = read(ModelError, name, where, layerSpec, given)
      const own = names.nameOf(spec, `${name}: ${where}`)
      const layer = this.inner(spec, `${name}/${own}`, `${name}: ${where}`, output)
      refuseIds(layer)
      output = layer.output
      return layer
    })
    const fixed = layers.flatMap(({ layout }) =>
      layout === 'any' ? [] : [layout ?? { takes: 'batch' as Layout, gives: 'batch' as Layout }],
    )
    const ends = fixed.length === 0 ? null : { takes: fixed[0]!.takes, gives: fixed.at(-1)!.gives }
    const nodes = layers.map((layer, i): NetworkNode => ({ layer, from: [i] }))
    return {
      ...{ name, input, output },
      parameters: layers.flatMap(({ parameters }) => parameters),
      borrowed: layers.flatMap(({ borrowed = [] }) => borrowed),
      layout: ends ?? 'any',
      stateful: layers.some(({ stateful }) => stateful),
      forward(context, x) {
        const takes = ends?.takes ?? 'batch'
        // This layer is done when its whole chain is: what follows a layer's end, its update, must not happen twice.
        const { outputs, backward } = emitNetwork(
          { nodes, outputs: [nodes.length] },
          { ...context, nodeDone() {} },
          [{ tensor: x, layout: takes, valid: context.valid ?? null }],
          [ends?.gives ?? takes],
        )
        const { tensor, valid } = outputs[0]!
        return {
          output: tensor,
          ...(valid && { valid }),
          backward: (gradient, needsInput) => backward([gradient], needsInput)[0]!,
        }
      },
    }
  }
}

/** Names for layers that have none: their type and number among those of that type. */
export class LayerNames {
  private readonly counts = new Map<string, number>()
  private readonly taken = new Set<string>()

  /** @throws ModelError that names `where` for a name that is none, or that another layer has */
  nameOf(spec: TypedSpec, where: string): string {
    const type = String(spec.type)
    const number = (this.counts.get(type) ?? 0) + 1
    this.counts.set(type, number)
    const label = type.slice(type.indexOf(':') + 1)
    return this.take(
      spec.name === undefined ? `${label}_${number}` : read(ModelError, where, 'name', layerName, spec.name),
      where,
    )
  }

  /** The name of the value that a layer gives where it is applied once more. */
  again(owner: string): string {
    const number = (this.counts.get(`${owner}.`) ?? 1) + 1
    this.counts.set(`${owner}.`, number)
    return this.take(`${owner}.${number}`, owner)
  }

  take(name: string, where: string): string {
    if (this.taken.has(name)) {
      throw new ModelError(`${where}: there is another layer or input called "${name}"; names are unique.`)
    }
    this.taken.add(name)
    return name
  }
}

function refuseIds({ name, inputType }: Layer): void {
  if (inputType === undefined) return
  throw new ModelError(
    `${name}: it takes ids, the model's input, so it should be the first layer of the model itself.`,
  )
}

/** @throws ModelError when a layer that takes sequences gets none */
function checkSequence({ name, input, inputType, layout = 'any' }: Layer): void {
  if (layout === 'any' || layout.takes === 'batch') return
  if (input.length >= (inputType === 'i32' ? 1 : 2)) return
  throw new ModelError(
    `${name}: it takes sequences, shape [steps, features], but its input has shape ${showShape(input)}.`,
  )
}

/** float32 numbers that the 32-bit addresses of an engine's memory reach. */
const MOST_NUMBERS = 2 ** 30

/** @throws ModelError for a layer of which not even one sample, or one parameter, fits into any memory. */
function checkSizes({ name, input, output, parameters }: Layer): void {
  const shapes = [
    ['input', input],
    ['output', output],
    ...parameters.map(({ name, tensor }) => [name, tensor.shape] as const),
  ] as const
  for (const [what, shape] of shapes) {
    const size = sizeOf(shape)
    if (size <= MOST_NUMBERS) continue
    throw new ModelError(
      `${name}: its ${what} of shape ${showShape(shape)} should have at most ${MOST_NUMBERS} numbers, the 4 GiB that an engine's memory holds, found ${size}.`,
    )
  }
}
