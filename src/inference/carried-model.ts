import { ModelError } from '../errors.js'
import { buildGraph, type GraphConfig, type InputConfig, type NodeConfig } from '../nn/graph.js'
import { Model } from '../nn/model.js'

/** A model with the layers and parameters of another, by name, whose recurrent layers go on from where they were. */
export interface CarriedModel {
  readonly model: Model
  /** Names of inputs whose id 0 is padding. */
  readonly padded: ReadonlySet<string>
}

const recurrent = new Set(['lstm', 'gru', 'simpleRNN'])
const framings = new Set(['rows', 'columns', 'patches', 'pixels'])
/** What gives at every step what depends on that step alone. */
const stepwise = new Set([
  ...['activation', 'add', 'batchNormalization', 'concatenate', 'dropout', 'embedding'],
  ...['layerNormalization', 'multiply', 'timeDistributed'],
])
/** What takes sequences, and cannot be gone through in pieces. */
const whole = new Set(['bidirectional', 'conv1d', 'masking'])

type Spec = Readonly<Record<string, unknown>>

/**
 * The model as it goes over sequences in pieces: of its own number of steps, or where `single` of one step, images as the
 * steps that they are framed into.
 * @param where the function that needs it, for messages
 * @throws ModelError that names the layer which does not go from step to step
 */
export function carriedModel(original: Model, where: string, single: boolean): CarriedModel {
  const graph = graphOf(original)
  const steps = new Steps(original, graph, where, single)
  const inputs = graph.inputs.map((input) => steps.input(input))
  const nodes = graph.nodes.flatMap((node) => steps.node(node) ?? [])
  if (!steps.areCarried) steps.refuse('the model', 'has no recurrent layer')
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, source]) => [name, steps.nameOf(source)]),
  )
  const config: GraphConfig = { inputs, nodes, outputs, seed: original.seed }
  return { model: new Model(config, buildGraph(config)), padded: steps.padded }
}

/** A chain is the graph in which every layer takes what the one before gives. */
function graphOf({ config, inputs, layers }: Model): GraphConfig {
  if ('nodes' in config) return config
  let source = 'input'
  while (layers.some(({ name }) => name === source)) source += '_'
  const [{ shape, type }] = inputs as [InputConfig]
  const nodes = config.layers.map((layer, i): NodeConfig => {
    return { name: layers[i]!.name, layer, from: [i === 0 ? source : layers[i - 1]!.name] }
  })
  return { inputs: [{ name: source, shape, type: type! }], nodes, outputs: { output: nodes.at(-1)!.name } }
}

/** Goes through a graph and makes every input and node what it is from step to step. */
class Steps {
  readonly padded = new Set<string>()
  areCarried = false
  /** Names of values that have a time axis. */
  private readonly timed = new Set<string>()
  /** Framings that are left out, and the inputs that stand in for what they give. */
  private readonly framed = new Map<string, string>()

  constructor(
    private readonly original: Model,
    private readonly graph: GraphConfig,
    private readonly where: string,
    private readonly single: boolean,
  ) {}

  input(input: InputConfig): InputConfig {
    const { name, shape } = input
    const users = this.graph.nodes.filter(({ from }) => from.includes(name))
    const types = users.map(({ layer }) => this.typeOf(layer))
    const at = types.findIndex((type) => framings.has(type))
    if (at >= 0) {
      const framing = users[at]!.name
      if (users.length > 1) this.refuse(framing, 'frames an input that other layers take, too')
      if (!this.single) return input
      this.framed.set(framing, name)
      this.timed.add(name)
      const layer = this.original.layers.find((layer) => layer.name === framing)!
      return { ...input, shape: [1, ...layer.output.slice(1)] }
    }
    const isSequence = input.type === 'int32' || (shape.length > 1 && types.some(takesSequences))
    if (!isSequence) return input
    this.timed.add(name)
    return this.single ? { ...input, shape: [1, ...shape.slice(1)] } : input
  }

  /** Null for a framing that is left out. */
  node(node: NodeConfig): NodeConfig | null {
    const { name, layer } = node
    if (this.framed.has(name)) return null
    const from = node.from.map((source) => this.nameOf(source))
    const timed = from.filter((source) => this.timed.has(source)).length
    const type = this.typeOf(layer)
    if (framings.has(type)) {
      if (!this.graph.inputs.some((input) => input.name === from[0])) {
        this.refuse(name, `(${type}) frames what is not an input of the model`)
      }
      this.timed.add(name)
    } else if (recurrent.has(type)) return { name, from, layer: this.recurrent(name, layer, timed) }
    else if (timed > 0) return { name, from, layer: this.stepwise(name, layer, from, timed) }
    return { name, from, layer }
  }

  nameOf(source: string): string {
    return this.framed.get(source) ?? source
  }

  refuse(name: string, why: string): never {
    throw new ModelError(`${this.where}: ${name} ${why}, so it cannot go on from step to step.`)
  }

  private recurrent(name: string, layer: NodeConfig['layer'], timed: number): NodeConfig['layer'] {
    if (typeof layer === 'string') this.refuse(name, `applies ${layer} again, which has one state only`)
    if (timed === 0) this.refuse(name, 'takes a sequence that is made of what is none')
    const { initialState: _, ...spec } = layer as unknown as Spec
    if (spec.goBackwards) this.refuse(name, 'goes backwards')
    if (spec.returnSequences) this.timed.add(name)
    this.areCarried = true
    return { ...spec, stateful: true } as unknown as NodeConfig['layer']
  }

  private stepwise(
    name: string,
    layer: NodeConfig['layer'],
    from: readonly string[],
    timed: number,
  ): NodeConfig['layer'] {
    const type = this.typeOf(layer)
    const spec = (typeof layer === 'string' ? {} : layer) as Spec
    const axis = (spec.axis ?? -1) as number
    if (!stepwise.has(type) || spec.branches || (axis < 1 && axis !== -1)) {
      this.refuse(name, `(${type}) takes several steps at once`)
    }
    if (timed < from.length) this.refuse(name, `(${type}) joins a sequence with what is none`)
    this.timed.add(name)
    if (!spec.maskZero) return layer
    if (!this.single) this.refuse(name, 'marks padding')
    this.padded.add(from[0]!)
    return { ...spec, maskZero: false } as unknown as NodeConfig['layer']
  }

  private typeOf(layer: NodeConfig['layer']): string {
    if (typeof layer !== 'string') return layer.type
    return this.typeOf(this.graph.nodes.find(({ name }) => name === layer)!.layer)
  }
}

const takesSequences = (type: string) => recurrent.has(type) || stepwise.has(type) || whole.has(type)
