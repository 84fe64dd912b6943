import type { Engine } from '../engine/engine.js'
import { ModelError } from '../errors.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import { deep } from '../schema/plain-data.js'
import { entries, type Fields, leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { arrayOf, seed, shape } from '../schema/values.js'
import { type Chain, createChain } from './chain.js'
import { fingerprintOf } from './fingerprint.js'
import type { Parameter } from './initialisers.js'
import { type EmitContext, type Forward, type Layer, type Layout, type Shape, showShape } from './layer.js'
import type { LayerSpec } from './layers/spec.js'
import { type WeightLoan, WeightMemory } from './weight-memory.js'

export interface ModelOptions {
  /** Shape of one sample, such as [28, 28]. */
  readonly input: Shape
  /** Seed of the initial weights and of dropout masks; 1 by default. */
  readonly seed?: number
}

/** A model as plain data, as a JSON file holds it. */
export interface ModelConfig extends ModelOptions {
  readonly layers: readonly LayerSpec[]
}

const optionFields: Fields<ModelOptions> = { input: shape, seed: optional(seed) }
/** What each layer is, its building tells. */
const layerList: Schema<readonly LayerSpec[]> = list(
  'layers, such as dense(10)',
  leaf<LayerSpec>('a layer', () => true),
  1,
)
const modelOptions = deep(object<ModelOptions>(optionFields))
const modelLayers = deep(layerList)
const modelConfig = deep(object<ModelConfig>({ ...optionFields, layers: layerList }))

/**
 * Layers in a row, each fed by the one before.
 * @throws ModelError that names the option or layer which is not right.
 */
export function sequential(layers: readonly LayerSpec[], options: ModelOptions): Model {
  return new Model({
    ...read(ModelError, 'sequential', 'options', modelOptions, options),
    layers: read(ModelError, 'sequential', 'layers', modelLayers, layers),
  })
}

/**
 * Builds a model from a description such as a parsed JSON file.
 * @throws ModelError that names the field or layer which is not right.
 */
export function modelFromConfig(config: unknown): Model {
  return new Model(read(ModelError, 'model', '', modelConfig, config))
}

const namedArrays = entries('a Map of a Float32Array for each name', arrayOf(Float32Array))

/** A network: its layers, its parameters, and their values wherever those live. */
export class Model {
  readonly config: Required<ModelConfig>
  readonly layers: readonly Layer[]
  readonly parameters: readonly Parameter[]
  private readonly chain: Chain
  private readonly memory: WeightMemory

  /** @param config checked, but for its layers' own fields */
  constructor(config: ModelConfig) {
    this.config = { seed: 1, ...config }
    this.chain = createChain(config.layers, config.input)
    this.layers = this.chain.layers
    this.parameters = this.layers.flatMap((layer) => layer.parameters)
    this.memory = new WeightMemory(this.parameters, this.config.seed)
  }

  get input(): Shape {
    return this.config.input
  }

  get output(): Shape {
    return this.layers.at(-1)?.output ?? this.input
  }

  get seed(): number {
    return this.config.seed
  }

  /** Whether any layer carries state from batch to batch. */
  get stateful(): boolean {
    return this.layers.some((layer) => layer.stateful)
  }

  /**
   * Emits the forward pass of all layers on `x` [batch, ...input]; the result's `backward` emits all gradients, last layer
   * first. The output, and the gradient given to `backward`, lie in `layout`.
   */
  forward(context: EmitContext, x: Tensor, layout: Layout = 'batch'): Forward {
    return this.chain.forward(context, x, 'batch', layout)
  }

  /**
   * Lends the weights to `engine`, where trainers and evaluators work on them until they give them back: drawn there the
   * first time, else copied from where they were, whose users then get an error.
   * @throws TrainingError while the weights are in use elsewhere
   */
  weightsIn(engine: Engine): WeightLoan {
    return this.memory.lend(engine)
  }

  /**
   * A copy of every parameter's values by name, each row-major in its shape: within an epoch, as the last step left them.
   */
  weights(): Map<string, Float32Array> {
    return new Map(this.parameters.map((parameter) => [parameter.name, this.memory.read(parameter)]))
  }

  /**
   * Replaces the values of the parameters that are named; the others keep theirs.
   * @throws ModelError on an unknown name, a wrong length or a value that is not finite; nothing is changed then.
   * @throws TrainingError in the middle of an epoch, and while the model is being measured or used
   */
  setWeights(weights: ReadonlyMap<string, Float32Array>): void {
    this.memory.turns.refuseChange('setWeights')
    const known = new Map(this.parameters.map((parameter) => [parameter.name, parameter]))
    const found = [...read(ModelError, 'setWeights', 'weights', namedArrays, weights)].map(
      ([name, values]) => {
        const parameter = known.get(name)
        if (!parameter) {
          throw new ModelError(
            `The model has no parameter '${name}'; it has ${[...known.keys()].join(', ')}.`,
          )
        }
        const { shape } = parameter.tensor
        if (values.length !== sizeOf(shape)) {
          throw new ModelError(
            `${name}: expected ${sizeOf(shape)} values of shape ${showShape(shape)}, found ${values.length}.`,
          )
        }
        const bad = values.findIndex((value) => !Number.isFinite(value))
        if (bad >= 0)
          throw new ModelError(`${name}: value ${bad} is ${values[bad]}, expected a finite number.`)
        return { parameter, values }
      },
    )
    for (const { parameter, values } of found) this.memory.write(parameter, values)
  }

  /** SHA-256 of all weights as little-endian float32, in the order of `parameters`, in lower-case hexadecimal. */
  fingerprint(): Promise<string> {
    return fingerprintOf([...this.weights().values()])
  }

  /** A table of the layers: name, output shape, number of parameters. */
  summary(): string {
    const count = (layer: Layer) =>
      layer.parameters.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)
    const rows = this.layers.map((layer) => [layer.name, showShape(layer.output), String(count(layer))])
    const total = this.layers.reduce((sum, layer) => sum + count(layer), 0)
    const table = [['layer', 'output', 'parameters'], ['input', showShape(this.input), '0'], ...rows]
    const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)))
    const line = ([layer, output, parameters]: string[]) =>
      `${layer!.padEnd(widths[0]!)}  ${output!.padEnd(widths[1]!)}  ${parameters!.padStart(widths[2]!)}`
    return [...table.map(line), `${total} parameters`].join('\n')
  }
}

/** A model that `sequential`, `modelFromConfig` or `readModel` has built. */
export const aModel: Schema<Model> = leaf('a model, from sequential(...)', (value) => value instanceof Model)
