import { ModelError } from '../errors.js'
import { either, leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { oneOf, seed, shape, text } from '../schema/values.js'
import { LayerBuilder, LayerNames } from './builder.js'
import type { Built, InputType, ModelInput } from './built.js'
import type { Layer, Shape, TypedSpec } from './layer.js'
import { showShape } from './layer.js'
import { layerName } from './layer-fields.js'
import { type LayerSpec, layerSpec } from './layers/spec.js'
import { buildMerge, isMerge, type MergeSpec } from './merges.js'
import type { NetworkNode } from './network.js'
import type { Symbolic } from './symbols.js'

/** `type` is `float32` by default. */
export type InputConfig = Omit<ModelInput, 'type'> & Partial<Pick<ModelInput, 'type'>>

/** A layer or a merge, and what it is applied to. */
export interface NodeConfig {
  /** Of the value that it gives, and of the layer. */
  readonly name: string
  /** What gives the value; or the name of an earlier node, whose layer is applied again with the same parameters. */
  readonly layer: LayerSpec | MergeSpec | string
  /** Names of inputs and of nodes before this one. */
  readonly from: readonly string[]
}

/** A network as plain data, as a JSON file holds it. A node takes inputs and nodes before it, so that none feeds itself. */
export interface GraphConfig {
  readonly inputs: readonly InputConfig[]
  readonly nodes: readonly NodeConfig[]
  /** The model's outputs by name: each the name of a node. */
  readonly outputs: Readonly<Record<string, string>>
  /** Seed of the initial weights and of dropout masks; 1 by default. */
  readonly seed?: number
}

const inputConfig = object<InputConfig>({
  name: layerName,
  shape,
  type: optional(oneOf('float32', 'int32')),
})

const nodeConfig = object<NodeConfig>({
  name: layerName,
  layer: either(text, layerSpec as Schema<LayerSpec | MergeSpec>),
  from: list('names of inputs and earlier nodes', text, 1),
})

const outputNames: Schema<Readonly<Record<string, string>>> = leaf(
  'an object with the name of a node for each output',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((name) => typeof name === 'string'),
)

export const graphFields = {
  inputs: list('inputs', inputConfig, 1),
  nodes: list('nodes', nodeConfig, 1),
  outputs: outputNames,
  seed: optional(seed),
}

interface Known {
  readonly number: number
  readonly shape: Shape
  readonly type: InputType
}

/**
 * Builds the layers of a network.
 * @throws ModelError that names the node which is not right
 */
export function buildGraph({ inputs, nodes, outputs }: GraphConfig): Built {
  const builder = new LayerBuilder()
  const names = new LayerNames()
  const known = new Map<string, Known>()
  const layers = new Map<string, Layer>()
  const unused = new Set<string>()
  const note = (name: string, shape: Shape, type: InputType) => {
    known.set(name, { number: known.size, shape, type })
    unused.add(name)
  }
  for (const [i, { name, shape, type = 'float32' }] of inputs.entries()) {
    note(names.take(name, `input ${i + 1}`), shape, type)
  }
  const later = new Set(nodes.map(({ name }) => name))
  const built = nodes.map((node, i) => {
    const where = `node ${i + 1}`
    const { name } = node
    names.take(name, where)
    const from = node.from.map((source) => {
      const value = known.get(source)
      unused.delete(source)
      if (value) return value
      const why = later.has(source)
        ? 'a node that does not come before it: a network has no circle'
        : 'neither'
      throw new ModelError(
        `${name}: from should name inputs or nodes before it (${[...known.keys()].join(', ')}), found "${source}", ${why}.`,
      )
    })
    const made = buildNode(node, where, from, builder, layers)
    note(name, made.output, 'float32')
    return { ...made, row: { name, output: made.output, layer: made.layer } }
  })
  for (const [name, source] of Object.entries(outputs)) {
    read(ModelError, 'outputs', 'the name of an output', layerName, name)
    if (!known.has(source) || inputs.some((input) => input.name === source)) {
      throw new ModelError(
        `outputs: ${name} should be the name of a node (${[...later].join(', ')}), found "${source}".`,
      )
    }
    unused.delete(source)
  }
  const [idle] = unused
  if (idle !== undefined) {
    const what = inputs.some(({ name }) => name === idle) ? 'input' : 'node'
    throw new ModelError(`${idle}: nothing uses this ${what}: it leads to no output.`)
  }
  return {
    inputs: inputs.map((input) => ({ type: 'float32', ...input })),
    outputs: new Map(Object.entries(outputs).map(([name, source]) => [name, known.get(source)!.shape])),
    layers: [...new Set(layers.values())],
    rows: built.map(({ row }) => row),
    nodes: built.map(({ node }) => node),
    given: Object.values(outputs).map((source) => known.get(source)!.number),
    builder,
  }
}

function buildNode(
  { name, layer: given, from: sources }: NodeConfig,
  where: string,
  from: readonly Known[],
  builder: LayerBuilder,
  layers: Map<string, Layer>,
): { node: NetworkNode; output: Shape; layer: Layer | null } {
  const [first] = from as [Known]
  const numbers = from.map(({ number }) => number)
  if (typeof given !== 'string' && isMerge(given)) {
    for (const [i, { type }] of from.entries()) refuseIds(name, sources[i]!, type)
    const merge = buildMerge(
      given as MergeSpec,
      name,
      from.map(({ shape }) => shape),
      sources,
    )
    return { node: { merge, from: numbers }, output: merge.output, layer: null }
  }
  if (from.length > 1) {
    throw new ModelError(`${name}: a layer is applied to one value, found ${from.length}; merge them first.`)
  }
  const isNew = typeof given !== 'string'
  const layer = isNew ? newLayer(given, name, where, first.shape, builder) : layers.get(given)
  if (!layer) {
    throw new ModelError(
      `${name}: layer should be a layer such as dense(10), or the name of an earlier node that has one, found "${given}".`,
    )
  }
  if (!isNew) checkShared(layer, name, sources[0]!, first.shape)
  if (layer.inputType === undefined) refuseIds(name, sources[0]!, first.type)
  else if (first.type !== 'int32') {
    throw new ModelError(`${name}: it takes ids, an input of type 'int32', but ${sources[0]} holds numbers.`)
  }
  layers.set(name, layer)
  return { node: { layer, from: [first.number] }, output: layer.output, layer: isNew ? layer : null }
}

function newLayer(spec: TypedSpec, name: string, where: string, input: Shape, builder: LayerBuilder): Layer {
  if (spec.name !== undefined && spec.name !== name) {
    throw new ModelError(`${name}: its layer is called "${spec.name}"; a node and its layer have one name.`)
  }
  return builder.build(spec, name, where, input)
}

function checkShared(layer: Layer, name: string, source: string, input: Shape): void {
  if (showShape(layer.input) !== showShape(input)) {
    throw new ModelError(
      `${name}: ${layer.name}, which it applies again, takes values of shape ${showShape(layer.input)}, but ${source} has ${showShape(input)}.`,
    )
  }
  if (layer.stateful) {
    throw new ModelError(
      `${name}: ${layer.name} carries a state from batch to batch, so it can be applied once only.`,
    )
  }
}

function refuseIds(name: string, source: string, type: InputType): void {
  if (type === 'float32') return
  throw new ModelError(
    `${name}: it takes numbers, but ${source} holds ids; an embedding turns ids into vectors.`,
  )
}

/**
 * The description of the network that leads from `inputs` to `outputs`, its nodes in the order in which they were made.
 * @throws ModelError when an input is missing, or not used
 */
export function describeGraph(
  inputs: readonly Symbolic[],
  outputs: readonly (readonly [name: string | null, value: Symbolic])[],
  seed: number | undefined,
): GraphConfig {
  const all = reachable(outputs.map(([, value]) => value))
  const names = new LayerNames()
  const nameOf = new Map<Symbolic, string>()
  const owners = new Map<object, string>()
  const inputConfigs: InputConfig[] = []
  for (const [i, value] of inputs.entries()) {
    const { origin } = value
    if (!('input' in origin)) throw new ModelError(`model: inputs[${i}] should be a value from input(...).`)
    if (nameOf.has(value)) throw new ModelError(`model: inputs[${i}] is there twice.`)
    const { shape, name: given, type } = origin.input
    const name = names.nameOf({ type: 'input', ...(given !== undefined && { name: given }) }, `inputs[${i}]`)
    if (!all.includes(value)) throw new ModelError(`model: the input ${name} leads to no output.`)
    nameOf.set(value, name)
    inputConfigs.push({ name, shape, ...(type && { type }) })
  }
  const nodes: NodeConfig[] = []
  for (const value of all) {
    const { origin } = value
    if ('input' in origin) {
      if (nameOf.has(value)) continue
      const called = origin.input.name ?? `of shape ${showShape(origin.input.shape)}`
      throw new ModelError(`model: the outputs need the input ${called}, which inputs should list.`)
    }
    const { layer, from } = origin
    const known = owners.get(layer)
    const where = `node ${nodes.length + 1}`
    const name = known ? names.again(known) : names.nameOf(layer, where)
    if (!known) owners.set(layer, name)
    nodes.push({ name, layer: known ?? layer, from: from.map((source) => nameOf.get(source)!) })
    nameOf.set(value, name)
  }
  return {
    ...{ inputs: inputConfigs, nodes },
    outputs: Object.fromEntries(
      outputs.map(([name, value]) => [name ?? nameOf.get(value)!, nameOf.get(value)!]),
    ),
    ...(seed !== undefined && { seed }),
  }
}

/** All symbols that `outputs` are made from, in the order in which they were made: each after those that it is made of. */
function reachable(outputs: readonly Symbolic[]): Symbolic[] {
  const found = new Set(outputs)
  const waiting = [...outputs]
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    if ('input' in value.origin) continue
    for (const source of value.origin.from) {
      if (found.has(source)) continue
      found.add(source)
      waiting.push(source)
    }
  }
  return [...found].sort((a, b) => a.order - b.order)
}
