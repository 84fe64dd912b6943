/**
 * Networks of any form, written as Keras's functional interface has it: `apply(layer, x)` is what the layer gives for x. All
 * of it is plain data in the end; see `GraphConfig`.
 */
import { ModelError } from '../errors.js'
import { deep } from '../schema/plain-data.js'
import { leaf, list, object, optional, read, type Schema } from '../schema/schema.js'
import { oneOf, shape } from '../schema/values.js'
import type { InputType } from './built.js'
import type { LayerOptions, Shape } from './layer.js'
import { layerName } from './layer-fields.js'
import { concatenateBranches } from './layers/concatenate.js'
import { type ConcatenateSpec, type LayerSpec, layerSpec } from './layers/spec.js'
import { type MergeSpec, readMerge, type SideBySideOptions } from './merges.js'

export interface InputOptions {
  /** `input_1` and so on by default. */
  readonly name?: string
  /** `float32` by default; `int32` for the ids that an `embedding` takes. */
  readonly type?: InputType
}

/** What a symbol stands for. */
export type Origin =
  | { readonly input: InputOptions & { readonly shape: Shape } }
  | { readonly layer: LayerSpec | MergeSpec; readonly from: readonly Symbolic[] }

/** Counts symbols, so that those of one network can be put in the order in which they were made. */
let made = 0

/** A value that a network will have, before there is any: an input, or what a layer gives. */
export class Symbolic {
  readonly order = made++

  constructor(readonly origin: Origin) {}
}

export const aSymbol: Schema<Symbolic> = leaf(
  'a value of a network, from input(...), apply(...), add(...) and the like',
  (value) => value instanceof Symbolic,
)

const inputOptions = object<InputOptions>({
  name: optional(layerName),
  type: optional(oneOf('float32', 'int32')),
})

const severalSymbols = list('values of a network, from input(...) or apply(...)', aSymbol, 2)

/**
 * An input of a network: samples of this shape.
 * @throws ModelError that names what is not right
 */
export function input(sample: Shape, options: InputOptions = {}): Symbolic {
  return new Symbolic({
    input: {
      shape: [...read(ModelError, 'input', 'shape', shape, sample)],
      ...read(ModelError, 'input', 'options', inputOptions, options),
    },
  })
}

/**
 * What `layer` gives for `x`. One layer object that is applied several times is one layer: its parameters exist once.
 * @throws ModelError when one of the two is something else
 */
export function apply(layer: LayerSpec, x: Symbolic): Symbolic {
  const from = [read(ModelError, 'apply', 'x', aSymbol, x)]
  read(ModelError, 'apply', 'layer', deep(layerSpec), layer)
  return new Symbolic({ layer, from })
}

/** The sum of values of one shape, added up in this order. */
export function add(values: readonly Symbolic[]): Symbolic {
  return merged({ type: 'add' }, values)
}

/** The product of values of one shape, element by element. */
export function multiply(values: readonly Symbolic[]): Symbolic {
  return merged({ type: 'multiply' }, values)
}

/**
 * Values of a network side by side along `axis`: with the last axis [n] and [m] become [n + m], [steps, n] and [steps, m]
 * become [steps, n + m].
 */
export function concatenate(values: readonly Symbolic[], options?: SideBySideOptions): Symbolic
/**
 * Several rows of layers on the same input as one layer, their outputs side by side along the last axis. A branch without
 * layers passes the input on.
 */
export function concatenate(
  branches: readonly (readonly LayerSpec[])[],
  options?: LayerOptions,
): ConcatenateSpec
export function concatenate(
  given: readonly Symbolic[] | readonly (readonly LayerSpec[])[],
  options: SideBySideOptions & LayerOptions = {},
): Symbolic | ConcatenateSpec {
  const areSymbols = Array.isArray(given) && given.some((value) => value instanceof Symbolic)
  if (!areSymbols) return concatenateBranches(given as readonly (readonly LayerSpec[])[], options)
  return merged({ ...options, type: 'concatenate' }, given as readonly Symbolic[])
}

function merged(spec: MergeSpec, values: readonly Symbolic[]): Symbolic {
  const from = read(ModelError, spec.type, 'values', severalSymbols, values)
  return new Symbolic({ layer: readMerge(spec.type, spec), from })
}
