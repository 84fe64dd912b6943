/** Emits networks of any form: a row of layers is the simplest one. */
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import type { Parameter } from './initialisers.js'
import type { EmitContext, Layer, Layout, Shape } from './layer.js'

/** Makes one value of several. */
export interface Merge {
  /** Unique in its model, such as `add_1`. */
  readonly name: string
  readonly output: Shape
  /** Emits the merge of `xs`, all of which lie in `layout`, as the output does; `valids` see `EmitContext.valid`. */
  forward(
    context: EmitContext,
    xs: readonly Tensor[],
    layout: Layout,
    valids: readonly (Tensor | null)[],
  ): MergeForward
}

export interface MergeForward {
  readonly output: Tensor
  readonly valid: Tensor | null
  /** Emits the gradients of those of the inputs that need one; `gradient` may be overwritten, and be one of them. */
  backward(gradient: Tensor, needs: readonly boolean[]): readonly (Tensor | null)[]
}

/** A layer or a merge in its place: the numbers of the values that it is applied to. */
export type NetworkNode =
  | { readonly layer: Layer; readonly from: readonly [number] }
  | { readonly merge: Merge; readonly from: readonly number[] }

/** Values are numbered: the inputs first, then what each node gives, in order. A node takes values of lower numbers. */
export interface Network {
  readonly nodes: readonly NetworkNode[]
  /** Numbers of the values that the network gives. */
  readonly outputs: readonly number[]
}

/** One input of a network in a program, or one output. */
export interface NetworkValue {
  readonly tensor: Tensor
  readonly layout: Layout
  /** See `EmitContext.valid`. */
  readonly valid: Tensor | null
}

export interface NetworkForward {
  readonly outputs: readonly NetworkValue[]
  /**
   * Emits the gradients of all parameters that are trained, last node first, and returns those of the inputs where
   * `needsInputs`, else nulls. Where a value or a parameter is used several times, its gradients are added up in the order in
   * which they are emitted, that of the last use first. An output whose gradient is null trains nothing.
   */
  backward(gradients: readonly (Tensor | null)[], needsInputs: boolean): readonly (Tensor | null)[]
}

interface Value extends NetworkValue {
  /** The same in the other layout, where somebody has asked for it. */
  swapped: Value | null
}

/** What was emitted forward, to be gone through from its end. */
interface Step {
  readonly node: NetworkNode | null
  readonly from: readonly Value[]
  readonly to: Value
  backward(gradient: Tensor, needs: readonly boolean[]): readonly (Tensor | null)[]
}

/** Emits a network on `inputs`; its outputs, and the gradients given to `backward`, lie as `wanted`. */
export function emitNetwork(
  network: Network,
  context: EmitContext,
  inputs: readonly NetworkValue[],
  wanted: readonly Layout[],
): NetworkForward {
  const { program } = context
  const steps: Step[] = []
  const values: Value[] = inputs.map((input) => ({ ...input, swapped: null }))
  const given = [...values]

  const inLayout = (value: Value, layout: Layout, name: string): Value => {
    if (value.layout === layout) return value
    if (value.swapped) return value.swapped
    const to: Value = {
      ...{ tensor: swapAxes(program, name, value.tensor, 'swapped'), layout },
      ...{ valid: value.valid, swapped: null },
    }
    value.swapped = to
    const backward = (dy: Tensor, [needs]: readonly boolean[]) => [
      needs ? swapAxes(program, name, dy, 'dswapped') : null,
    ]
    steps.push({ node: null, from: [value], to, backward })
    return to
  }

  const emitLayer = (node: NetworkNode, layer: Layer, from: Value): Value => {
    const { takes, gives } = layer.layout === 'any' ? both(from.layout) : (layer.layout ?? both('batch'))
    const x = inLayout(from, takes, layer.name)
    const pass = layer.forward({ ...context, valid: x.valid }, x.tensor)
    // Padding ends with the time axis.
    const valid = pass.valid ?? (gives === 'time' || layer.layout === 'any' ? x.valid : null)
    const to = { tensor: pass.output, layout: gives, valid, swapped: null }
    steps.push({ node, from: [x], to, backward: (dy, [needs]) => [pass.backward(dy, needs!)] })
    return to
  }

  const emitMerge = (node: NetworkNode, merge: Merge, from: readonly Value[]): Value => {
    const { layout } = from[0]!
    const xs = from.map((value) => inLayout(value, layout, merge.name))
    const [tensors, valids] = [xs.map(({ tensor }) => tensor), xs.map(({ valid }) => valid)]
    const pass = merge.forward(context, tensors, layout, valids)
    const to = { tensor: pass.output, layout, valid: pass.valid, swapped: null }
    steps.push({ node, from: xs, to, backward: (dy, needs) => pass.backward(dy, needs) })
    return to
  }

  for (const node of network.nodes) {
    const from = node.from.map((number) => values[number]!)
    values.push('layer' in node ? emitLayer(node, node.layer, from[0]!) : emitMerge(node, node.merge, from))
  }
  const outputs = network.outputs.map((number, i) => inLayout(values[number]!, wanted[i]!, 'output'))
  return {
    outputs,
    backward: (gradients, needsInputs) =>
      emitBackward(network, context, steps, given, outputs, gradients, needsInputs),
  }
}

const both = (layout: Layout) => ({ takes: layout, gives: layout })

function emitBackward(
  { nodes }: Network,
  context: EmitContext,
  steps: readonly Step[],
  given: readonly Value[],
  outputs: readonly Value[],
  gradients: readonly (Tensor | null)[],
  needsInputs: boolean,
): (Tensor | null)[] {
  // Below the lowest trained parameter nothing needs a gradient.
  const needed = new Set<Value>(needsInputs ? given : [])
  for (const { node, from, to } of steps) {
    const isTrained = parametersOf(node).some((parameter) => context.trains(parameter))
    if (isTrained || from.some((value) => needed.has(value))) needed.add(to)
  }
  const sums = new Map<Value, Tensor>()
  const receive = (value: Value, gradient: Tensor) => {
    const sum = sums.get(value)
    if (!sum) sums.set(value, gradient)
    else context.program.from('sum').emit(instruction.add, { x: gradient, y: sum, count: sizeOf(sum.shape) })
  }
  for (const [i, output] of outputs.entries()) {
    const gradient = gradients[i]
    if (gradient) receive(output, gradient)
  }
  const uses = countUses(nodes)
  for (const { node, from, to, backward } of [...steps].reverse()) {
    const gradient = sums.get(to)
    sums.delete(to)
    if (gradient && needed.has(to)) {
      const found = backward(
        gradient,
        from.map((value) => needed.has(value)),
      )
      for (const [i, dx] of found.entries()) if (dx) receive(from[i]!, dx)
    }
    if (node) context.nodeDone(nameOf(node), lastUsed(node, uses))
  }
  return given.map((value) => (needed.has(value) ? (sums.get(value) ?? null) : null))
}

const nameOf = (node: NetworkNode) => ('layer' in node ? node.layer.name : node.merge.name)

/** All parameters that a node reads, its own and those of others. */
function parametersOf(node: NetworkNode | null): readonly Parameter[] {
  if (node === null || 'merge' in node) return []
  const { parameters, borrowed = [] } = node.layer
  return [...parameters, ...borrowed]
}

function countUses(nodes: readonly NetworkNode[]): Map<Parameter, number> {
  const uses = new Map<Parameter, number>()
  for (const parameter of nodes.flatMap(parametersOf)) uses.set(parameter, (uses.get(parameter) ?? 0) + 1)
  return uses
}

/** Takes a node's uses of parameters off, and returns the parameters that no other node still has to read. */
function lastUsed(node: NetworkNode, uses: Map<Parameter, number>): Parameter[] {
  return parametersOf(node).filter((parameter) => {
    const left = uses.get(parameter)! - 1
    uses.set(parameter, left)
    return left === 0
  })
}

/** [a, b, ...] as [b, a, ...]: from batch first to time first and back. */
function swapAxes(program: ProgramBuilder, name: string, from: Tensor, title: string): Tensor {
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
