import { ModelError } from '../errors.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { read } from '../schema/schema.js'
import type { EmitContext, Forward, Layer, Layout, Place, Shape, TypedSpec } from './layer.js'
import { showShape } from './layer.js'
import { buildLayer } from './layers/index.js'
import { layerSpec } from './layers/spec.js'

/** Layers in a row, each fed by the one before. */
export interface Chain {
  readonly layers: readonly Layer[]
  readonly output: Shape
  /** Emits all layers on `x`, which lies in `given`; output and its gradient lie in `wanted`. */
  forward(context: EmitContext, x: Tensor, given: Layout, wanted: Layout): Forward
}

/**
 * Builds layers for samples of shape `input`. Each is named after its type and number, such as `lstm_2`, under `prefix`;
 * `numbers` counts the layers of the whole model.
 */
export function createChain(
  specs: readonly TypedSpec[],
  input: Shape,
  prefix = '',
  numbers: { next: number } = { next: 0 },
): Chain {
  const counts = new Map<string, number>()
  const build = (spec: TypedSpec, name: string, where: string, input: Shape): Layer => {
    const place: Place = {
      ...{ name, index: numbers.next++, input },
      inner: (spec, part, input) => build(spec, `${name}/${part}`, `${name}: ${part}`, input),
      chain: (specs, part) => chainLayer(specs, `${name}/${part}`, input, numbers),
    }
    const layer = buildLayer(spec, place, where)
    checkSizes(layer)
    return layer
  }
  let shape = input
  const layers = specs.map((given, position) => {
    const where = `layer ${position + 1}`
    const spec = read(ModelError, prefix.slice(0, -1), where, layerSpec, given)
    const number = (counts.get(spec.type) ?? 0) + 1
    counts.set(spec.type, number)
    const within = prefix === '' ? where : `${prefix.slice(0, -1)}: ${where}`
    const layer = build(spec, `${prefix}${spec.type}_${number}`, within, shape)
    if (layer.inputType === 'i32' && position > 0) {
      throw new ModelError(`${layer.name}: it takes ids, the model's input, so it should be the first layer.`)
    }
    shape = layer.output
    return layer
  })
  return {
    layers,
    output: shape,
    forward: (context, x, given, wanted) => forwardChain(layers, context, x, given, wanted),
  }
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

/** A chain as one layer that keeps the layout it is given where all of its layers do. */
function chainLayer(
  specs: readonly TypedSpec[],
  name: string,
  input: Shape,
  numbers: { next: number },
): Layer {
  const chain = createChain(specs, input, `${name}/`, numbers)
  const fixed = chain.layers.flatMap(({ layout }) => (layout === 'any' ? [] : [layout ?? both('batch')]))
  const ends = fixed.length === 0 ? null : { takes: fixed[0]!.takes, gives: fixed.at(-1)!.gives }
  return {
    ...{ name, input, output: chain.output },
    parameters: chain.layers.flatMap(({ parameters }) => parameters),
    layout: ends ?? 'any',
    stateful: chain.layers.some(({ stateful }) => stateful),
    forward(context, x) {
      const given = ends?.takes ?? 'batch'
      // This layer is done when its whole chain is: what follows a layer's end, its update, must not happen twice.
      return chain.forward({ ...context, layerDone() {} }, x, given, ends?.gives ?? given)
    },
  }
}

function forwardChain(
  layers: readonly Layer[],
  context: EmitContext,
  x: Tensor,
  given: Layout,
  wanted: Layout,
): Forward {
  const passes: { pass: Pick<Forward, 'backward'>; layer: Layer | null; isTrained: boolean }[] = []
  let output = x
  let layout = given
  let valid = context.valid ?? null
  let isTrained = false
  const bringTo = (next: Layout, name: string) => {
    if (next === layout) return
    const pass = swapAxes(context.program, name, output)
    passes.push({ pass, layer: null, isTrained })
    output = pass.output
    layout = next
  }
  for (const layer of layers) {
    const { takes, gives } = layer.layout === 'any' ? both(layout) : (layer.layout ?? both('batch'))
    if (takes === 'time') checkSequence(layer)
    bringTo(takes, layer.name)
    const pass = layer.forward({ ...context, valid }, output)
    passes.push({ pass, layer, isTrained })
    output = pass.output
    layout = gives
    // Padding ends with the time axis.
    valid = pass.valid ?? (gives === 'time' || layer.layout === 'any' ? valid : null)
    isTrained ||= layer.parameters.length > 0
  }
  bringTo(wanted, 'output')
  return {
    output,
    ...(valid && { valid }),
    backward(gradient, needsInput) {
      let flowing: Tensor | null = gradient
      for (const { pass, layer, isTrained } of [...passes].reverse()) {
        // Nothing below the first layer with parameters needs a gradient.
        flowing = flowing && pass.backward(flowing, needsInput || isTrained)
        if (layer) context.layerDone(layer)
      }
      return flowing
    },
  }
}

const both = (layout: Layout) => ({ takes: layout, gives: layout })

function checkSequence({ name, input, inputType }: Layer): void {
  if (input.length >= (inputType === 'i32' ? 1 : 2)) return
  throw new ModelError(
    `${name}: it takes sequences, shape [steps, features], but its input has shape ${showShape(input)}.`,
  )
}

/** [a, b, ...] as [b, a, ...]: from batch first to time first and back. */
function swapAxes(program: ProgramBuilder, name: string, x: Tensor): Forward {
  const swapped = (from: Tensor, title: string): Tensor => {
    const [a, b, ...rest] = from.shape as [number, number, ...number[]]
    const size = sizeOf(rest)
    const y = createTensor('transient', `${name}.${title}`, [b, a, ...rest], from.type)
    program.from(name)
    if (from.type === 'i32') {
      program.emit(instruction.gatherIds, {
        ...{ source: from, indices: null, y, count: a, rows: a, size: b, rowStep: 1, idStep: a },
      })
      return y
    }
    program.emit(instruction.copyBlocks, {
      ...{ x: from, y, outer: b, inner: a, size },
      ...{ xOuter: size, xInner: b * size, yOuter: a * size, yInner: size },
    })
    return y
  }
  return {
    output: swapped(x, 'swapped'),
    backward: (dy, needsInput) => (needsInput ? swapped(dy, 'dswapped') : null),
  }
}
