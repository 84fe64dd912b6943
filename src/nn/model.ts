import type { Engine } from '../engine/engine.js'
import { ModelError } from '../errors.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import { either, entries, leaf, list, object, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { arrayOf, wholeNumber } from '../schema/values.js'
import type { Built, ModelInput } from './built.js'
import { fingerprintOf } from './fingerprint.js'
import type { GraphConfig } from './graph.js'
import type { Parameter } from './initialisers.js'
import { type EmitContext, type Layer, type Layout, type Shape, showShape } from './layer.js'
import type { LayerSpec } from './layers/spec.js'
import { emitNetwork, type NetworkForward } from './network.js'
import { type WeightLoan, WeightMemory } from './weight-memory.js'

export interface ModelOptions {
  /** Shape of one sample, such as [28, 28]. */
  readonly input: Shape
  /** Seed of the initial weights and of dropout masks; 1 by default. */
  readonly seed?: number
}

/** Layers in a row as plain data, as a JSON file holds them. */
export interface SequentialConfig extends ModelOptions {
  readonly layers: readonly LayerSpec[]
}

/** A model as plain data, as a JSON file holds it. */
export type ModelConfig = SequentialConfig | GraphConfig

const namedArrays = entries('a Map of a Float32Array for each name', arrayOf(Float32Array))

/** Values of a parameter, row-major, with their shape. */
export interface ShapedArray {
  readonly shape: Shape
  readonly data: Float32Array
}

/** What `loadWeights` has done: names of parameters, and of values. */
export interface LoadedWeights {
  /** Parameters that have the values given. */
  readonly loaded: readonly string[]
  /** Parameters for which there are values of another shape; they keep theirs. */
  readonly mismatched: readonly string[]
  /** Parameters for which there are no values; they keep theirs. */
  readonly missing: readonly string[]
  /** Values for which there is no parameter. */
  readonly unexpected: readonly string[]
}

const namedWeights = entries(
  'a Map of a Float32Array, or of a { shape, data }, for each name',
  either(
    arrayOf(Float32Array),
    object<ShapedArray>({ shape: list('lengths', wholeNumber(1)), data: arrayOf(Float32Array) }),
  ),
)

function checkFinite(name: string, values: Float32Array): void {
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new ModelError(`${name}: value ${bad} is ${values[bad]}, expected a finite number.`)
}

/** A network: its layers, its parameters, and their values wherever those live. */
export class Model {
  readonly config: ModelConfig & { readonly seed: number }
  readonly inputs: readonly ModelInput[]
  /** Shapes of the outputs' samples by name. */
  readonly outputs: ReadonlyMap<string, Shape>
  /** Each once, however often it is applied. */
  readonly layers: readonly Layer[]
  readonly parameters: readonly Parameter[]
  private readonly memory: WeightMemory

  constructor(
    config: ModelConfig,
    private readonly built: Built,
  ) {
    this.config = { seed: 1, ...config }
    this.inputs = this.built.inputs
    this.outputs = this.built.outputs
    this.layers = this.built.layers
    this.parameters = this.layers.flatMap((layer) => layer.parameters)
    this.memory = new WeightMemory(this.parameters, this.config.seed)
  }

  /**
   * Shape of the samples of its only input.
   * @throws ModelError when there are several
   */
  get input(): Shape {
    const [first, ...others] = this.inputs
    if (others.length === 0) return first!.shape
    throw new ModelError(
      `The model has several inputs, ${this.inputs.map(({ name }) => name).join(', ')}: see its field inputs.`,
    )
  }

  /**
   * Shape of its only output for one sample.
   * @throws ModelError when there are several
   */
  get output(): Shape {
    const [first, ...others] = this.outputs.values()
    if (others.length === 0) return first!
    throw new ModelError(
      `The model has several outputs, ${[...this.outputs.keys()].join(', ')}: see its field outputs.`,
    )
  }

  get seed(): number {
    return this.config.seed
  }

  /** Whether any layer carries state from batch to batch. */
  get stateful(): boolean {
    return this.layers.some((layer) => layer.stateful)
  }

  /** Whether a parameter is trained, unless a trainer is told otherwise: neither a statistic nor of a frozen layer. */
  trains(parameter: Parameter): boolean {
    return (parameter.trained ?? true) && !this.built.builder.frozen.has(parameter)
  }

  /**
   * Emits the forward pass up to what the layer or merge of this name gives, [batch, ...its shape].
   * @throws ModelError when there is none
   */
  forwardTo(name: string, context: EmitContext, inputs: readonly Tensor[]): Tensor {
    const row = this.built.rows.findIndex((row) => row.name === name)
    if (row < 0) {
      const names = this.built.rows.map(({ name }) => name)
      throw new ModelError(`The model has no layer ${show(name)}; it has ${names.join(', ')}.`)
    }
    const network = { nodes: this.built.nodes.slice(0, row + 1), outputs: [inputs.length + row] }
    return emitNetwork(network, context, valuesOf(context, inputs), ['batch']).outputs[0]!.tensor
  }

  /**
   * Emits the forward pass on `inputs`, each [batch, ...its shape], in order; the outputs, and the gradients given to
   * `backward`, lie in `layouts`, batch first where nothing is said.
   */
  forward(
    context: EmitContext,
    inputs: readonly Tensor[],
    layouts: readonly (Layout | undefined)[] = [],
  ): NetworkForward {
    const { nodes, given } = this.built
    const wanted = given.map((_, i) => layouts[i] ?? 'batch')
    return emitNetwork({ nodes, outputs: given }, context, valuesOf(context, inputs), wanted)
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
    const known = this.parametersByName()
    const given = read(ModelError, 'setWeights', 'weights', namedArrays, weights)
    const found = [...given].map(([name, values]) => {
      const parameter = known.get(name)
      if (!parameter) {
        throw new ModelError(`The model has no parameter '${name}'; it has ${[...known.keys()].join(', ')}.`)
      }
      const { shape } = parameter.tensor
      if (values.length !== sizeOf(shape)) {
        throw new ModelError(
          `${name}: expected ${sizeOf(shape)} values of shape ${showShape(shape)}, found ${values.length}.`,
        )
      }
      checkFinite(name, values)
      return { parameter, values }
    })
    for (const { parameter, values } of found) this.memory.write(parameter, values)
  }

  /**
   * Takes over what fits of another model's weights, by name and shape, as a network does that goes on with the layers of one
   * that was trained before. Values are those of `weights()`, or arrays with their shapes such as `readSafetensors` gives.
   * @returns what was taken over and what was not
   * @throws ModelError on a value that is not finite; nothing is changed then.
   * @throws TrainingError in the middle of an epoch, and while the model is being measured or used
   */
  loadWeights(weights: ReadonlyMap<string, Float32Array | ShapedArray>): LoadedWeights {
    this.memory.turns.refuseChange('loadWeights')
    const known = this.parametersByName()
    const given = read(ModelError, 'loadWeights', 'weights', namedWeights, weights)
    const fits = ({ tensor: { shape } }: Parameter, values: Float32Array | ShapedArray) =>
      values instanceof Float32Array
        ? values.length === sizeOf(shape)
        : showShape(values.shape) === showShape(shape) && values.data.length === sizeOf(shape)
    const names = [...given.keys()].filter((name) => known.has(name))
    const loaded = names.filter((name) => fits(known.get(name)!, given.get(name)!))
    const found = loaded.map((name) => {
      const values = given.get(name)!
      return [name, values instanceof Float32Array ? values : values.data] as const
    })
    for (const [name, values] of found) checkFinite(name, values)
    for (const [name, values] of found) this.memory.write(known.get(name)!, values)
    return {
      loaded,
      mismatched: names.filter((name) => !loaded.includes(name)),
      missing: [...known.keys()].filter((name) => !given.has(name)),
      unexpected: [...given.keys()].filter((name) => !known.has(name)),
    }
  }

  private parametersByName(): Map<string, Parameter> {
    return new Map(this.parameters.map((parameter) => [parameter.name, parameter]))
  }

  /** SHA-256 of all weights as little-endian float32, in the order of `parameters`, in lower-case hexadecimal. */
  fingerprint(): Promise<string> {
    return fingerprintOf([...this.weights().values()])
  }

  /** A table of the layers: name, output shape, number of parameters. */
  summary(): string {
    const count = (layer: Layer | null) =>
      (layer?.parameters ?? []).reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)
    const inputs = this.inputs.map(({ name, shape }) => [name, showShape(shape), '0'])
    const rows = this.built.rows.map(({ name, output, layer }) => [
      ...[name, showShape(output), String(count(layer))],
    ])
    const total = this.layers.reduce((sum, layer) => sum + count(layer), 0)
    const table = [['layer', 'output', 'parameters'], ...inputs, ...rows]
    const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)))
    const line = ([layer, output, parameters]: string[]) =>
      `${layer!.padEnd(widths[0]!)}  ${output!.padEnd(widths[1]!)}  ${parameters!.padStart(widths[2]!)}`
    const frozen = this.layers
      .flatMap(({ parameters }) => parameters)
      .filter((parameter) => this.built.builder.frozen.has(parameter))
      .reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0)
    const those = frozen > 0 ? `, ${frozen} of them frozen` : ''
    return [...table.map(line), `${total} parameters${those}`].join('\n')
  }
}

function valuesOf({ valid = null }: EmitContext, inputs: readonly Tensor[]) {
  return inputs.map((tensor) => ({ tensor, layout: 'batch' as const, valid }))
}

/** A model that `sequential`, `modelFromConfig` or `readModel` has built. */
export const aModel: Schema<Model> = leaf('a model, from sequential(...)', (value) => value instanceof Model)
