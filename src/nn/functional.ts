/** Networks of any form, built from symbols and read from descriptions. */
import { ModelError } from '../errors.js'
import { deep } from '../schema/plain-data.js'
import { either, isPlainObject, leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { seed } from '../schema/values.js'
import { presentNames } from './former-names.js'
import { buildGraph, describeGraph, type GraphConfig, graphFields } from './graph.js'
import { knowAllLayers } from './layers/index.js'
import { Model } from './model.js'
import { sequentialConfig, sequentialFrom } from './sequential.js'
import { aSymbol, Symbolic } from './symbols.js'

const graphConfig = deep(object<GraphConfig>(graphFields))

/** What a network of any form is made of. */
export interface GraphOptions {
  /** Values from `input(...)`: one, or a list. */
  readonly inputs: Symbolic | readonly Symbolic[]
  /** What it gives: one value, a list, or values by name; without a name of its own an output is called as its layer. */
  readonly outputs: Symbolic | readonly Symbolic[] | Readonly<Record<string, Symbolic>>
  /** Seed of the initial weights and of dropout masks; 1 by default. */
  readonly seed?: number
}

const symbolsByName: Schema<Readonly<Record<string, Symbolic>>> = leaf(
  'values by name',
  (value) =>
    isPlainObject(value) &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((entry) => entry instanceof Symbolic),
)

const graphOptions = object<GraphOptions>({
  inputs: either(aSymbol, list('values from input(...)', aSymbol, 1)),
  outputs: either(either(aSymbol, list('values', aSymbol, 1)), symbolsByName),
  seed: optional(seed),
})

/**
 * A network of any form, from `inputs` to `outputs`.
 * @throws ModelError that names the option or layer which is not right, or an input that is missing or leads nowhere.
 */
export function model(options: GraphOptions): Model {
  const { inputs, outputs, seed } = read(ModelError, 'model', 'options', graphOptions, options)
  const given = inputs instanceof Symbolic ? [inputs] : inputs
  const wanted = outputs instanceof Symbolic ? [outputs] : outputs
  const named = Array.isArray(wanted)
    ? wanted.map((value: Symbolic) => [null, value] as const)
    : Object.entries(wanted as Readonly<Record<string, Symbolic>>)
  return modelFromConfig(describeGraph(given, named, seed))
}

/**
 * Builds a model from a description such as a parsed JSON file, those of earlier versions among them.
 * @throws ModelError that names the field or layer which is not right
 */
export function modelFromConfig(description: unknown): Model {
  knowAllLayers()
  const config = read(ModelError, 'model', '', presentNames, description)
  const isGraph = isPlainObject(config) && Object.hasOwn(config, 'nodes')
  if (!isGraph) return sequentialFrom(read(ModelError, 'model', '', sequentialConfig, config))
  const graph = read(ModelError, 'model', '', graphConfig, config)
  return new Model(graph, buildGraph(graph))
}
