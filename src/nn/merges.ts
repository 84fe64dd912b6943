/** Layers of several inputs: sums, products, and values side by side. */
import { ModelError } from '../errors.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, slice, type Tensor } from '../program/tensor.js'
import { description } from '../schema/description.js'
import { leaf, optional } from '../schema/schema.js'
import { type Layout, type Shape, showShape } from './layer.js'
import type { Merge } from './network.js'

export interface AddSpec {
  readonly type: 'add'
}

export interface MultiplySpec {
  readonly type: 'multiply'
}

export interface SideBySideOptions {
  /** The axis of a sample's shape, without the batch, along which they lie side by side: -1, the last one, by default. */
  readonly axis?: number
}

export interface SideBySideSpec extends SideBySideOptions {
  readonly type: 'concatenate'
}

/** What becomes of several values. */
export type MergeSpec = AddSpec | MultiplySpec | SideBySideSpec

const described = {
  add: description<AddSpec>('add', {}),
  multiply: description<MultiplySpec>('multiply', {}),
  concatenate: description<SideBySideSpec>('concatenate', {
    axis: optional(leaf<number>('a whole number such as -1', (value) => Number.isSafeInteger(value))),
  }),
}

/** Reads the description of a merge. */
export function readMerge<T extends MergeSpec>(where: string, spec: T): MergeSpec {
  if (spec.type === 'add') return described.add.read(where, spec)
  if (spec.type === 'multiply') return described.multiply.read(where, spec)
  return described.concatenate.read(where, spec)
}

/** Whether a description is one of a merge; a `concatenate` with branches is a layer. */
export const isMerge = (spec: { readonly type: unknown }): boolean =>
  Object.hasOwn(described, spec.type as string) && !Object.hasOwn(spec, 'branches')

/**
 * Builds a merge of values of shapes `inputs`, which are called `from`.
 * @throws ModelError that names the merge and the value whose shape does not fit
 */
export function buildMerge(
  given: MergeSpec,
  name: string,
  inputs: readonly Shape[],
  from: readonly string[],
): Merge {
  const spec = readMerge(name, given)
  if (inputs.length < 2) {
    throw new ModelError(`${name}: ${spec.type} takes at least two values, found ${inputs.length}.`)
  }
  if (spec.type === 'concatenate') return sideBySide(spec, name, inputs, from)
  for (const [i, shape] of inputs.entries()) checkSame(name, inputs[0]!, from[0]!, shape, from[i]!)
  return spec.type === 'add' ? sum(name, inputs[0]!) : product(name, inputs[0]!)
}

function checkSame(name: string, first: Shape, of: string, shape: Shape, from: string): void {
  if (showShape(first) === showShape(shape)) return
  throw new ModelError(
    `${name}: all its inputs should have shape ${showShape(first)} as ${of} has, but ${from} has ${showShape(shape)}.`,
  )
}

/** y = x1 + x2 + ..., added up in this order. Every input's gradient is that of the output. */
function sum(name: string, output: Shape): Merge {
  return {
    ...{ name, output },
    forward({ program }, xs, _, valids) {
      const [first, ...others] = xs as [Tensor, ...Tensor[]]
      const count = sizeOf(first.shape)
      const y = createTensor('transient', `${name}.y`, first.shape)
      program.from(name).emit(instruction.copy, { x: first, y, count })
      for (const x of others) program.emit(instruction.add, { x, y, count })
      return {
        ...{ output: y, valid: validInAll(program, name, valids) },
        backward(dy, needs) {
          // Each input's gradient may be overwritten on its way down, so only one may be dy itself.
          const own = needs.indexOf(true)
          return needs.map((needed, i) => {
            if (!needed || i === own) return needed ? dy : null
            const dx = createTensor('transient', `${name}.dx_${i + 1}`, dy.shape)
            program.from(name).emit(instruction.copy, { x: dy, y: dx, count })
            return dx
          })
        },
      }
    },
  }
}

/** y = x1 * x2 * ..., multiplied in this order; dxi = dy times all others, in this order. */
function product(name: string, output: Shape): Merge {
  return {
    ...{ name, output },
    forward({ program }, xs, _, valids) {
      const count = sizeOf(xs[0]!.shape)
      const multiplied = (factors: readonly Tensor[], title: string): Tensor => {
        const z = createTensor('transient', `${name}.${title}`, factors[0]!.shape)
        const [first, ...others] = factors as [Tensor, ...Tensor[]]
        program.from(name)
        others.reduce((x, y) => {
          program.emit(instruction.multiply, { x, y, z, count, accumulate: 0 })
          return z
        }, first)
        return z
      }
      return {
        ...{ output: multiplied(xs, 'y'), valid: validInAll(program, name, valids) },
        backward: (dy, needs) =>
          needs.map((needed, i) =>
            needed ? multiplied([dy, ...xs.filter((_, other) => other !== i)], `dx_${i + 1}`) : null,
          ),
      }
    },
  }
}

function sideBySide(
  { axis = -1 }: SideBySideSpec,
  name: string,
  inputs: readonly Shape[],
  from: readonly string[],
): Merge {
  const [first] = inputs as [Shape]
  const at = axis < 0 ? axis + first.length : axis
  if (at < 0 || at >= first.length) {
    throw new ModelError(
      `${name}: axis should be one of the ${first.length} of ${from[0]}, shape ${showShape(first)}, found ${axis}.`,
    )
  }
  const without = (shape: Shape) => shape.map((n, i) => (i === at ? -1 : n))
  for (const [i, shape] of inputs.entries()) {
    if (showShape(without(shape)) === showShape(without(first))) continue
    throw new ModelError(
      `${name}: its inputs lie side by side along axis ${at}, so ${from[i]} should have shape ${showShape(without(first)).replace('-1', 'any number')} as ${from[0]} has, found ${showShape(shape)}.`,
    )
  }
  const widths = inputs.map((shape) => shape[at]!)
  const width = widths.reduce((total, n) => total + n, 0)
  return {
    name,
    output: first.map((n, i) => (i === at ? width : n)),
    forward({ program, batch }, xs, layout, valids) {
      const axis = axisIn(layout, at)
      const shape = xs[0]!.shape.map((n, i) => (i === axis ? width : n))
      const y = createTensor('transient', `${name}.y`, shape)
      const outer = sizeOf(shape.slice(0, axis))
      const inner = sizeOf(shape.slice(axis + 1))
      const sizes = widths.map((n) => n * inner)
      const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((total, n) => total + n, 0))
      const part = (tensor: Tensor, i: number) => slice(tensor, starts[i]!, tensor.shape)
      program.from(name)
      for (const [i, x] of xs.entries()) {
        program.emit(instruction.copyBlocks, {
          ...{ x, y: part(y, i), outer, inner: 1, size: sizes[i]! },
          ...{ xOuter: sizes[i]!, xInner: 0, yOuter: width * inner, yInner: 0 },
        })
      }
      const valid =
        at === 0 ? validInTurn(program, name, valids, widths, batch) : validInAll(program, name, valids)
      return {
        ...{ output: y, valid },
        backward: (dy, needs) =>
          needs.map((needed, i) => {
            if (!needed) return null
            const dx = createTensor('transient', `${name}.dx_${i + 1}`, xs[i]!.shape)
            program.from(name).emit(instruction.copyBlocks, {
              ...{ x: part(dy, i), y: dx, outer, inner: 1, size: sizes[i]! },
              ...{ xOuter: width * inner, xInner: 0, yOuter: sizes[i]!, yInner: 0 },
            })
            return dx
          }),
      }
    },
  }
}

/** Where an axis of a sample's shape is in memory: behind the batch, but for the steps of what lies time first. */
const axisIn = (layout: Layout, axis: number) => (layout === 'time' && axis === 0 ? 0 : axis + 1)

/** What is valid in all of the values: the product of their masks, each 0 or 1. */
function validInAll(
  program: ProgramBuilder,
  name: string,
  valids: readonly (Tensor | null)[],
): Tensor | null {
  const [first = null, ...others] = new Set(valids.flatMap((valid) => valid ?? []))
  return others.reduce<Tensor | null>((x, y) => {
    const z = createTensor('transient', `${name}.valid`, y.shape)
    program.from(name).emit(instruction.multiply, { x, y, z, count: sizeOf(y.shape), accumulate: 0 })
    return z
  }, first)
}

/** What is valid of sequences one after the other, of so many `steps`. */
function validInTurn(
  program: ProgramBuilder,
  name: string,
  valids: readonly (Tensor | null)[],
  steps: readonly number[],
  batch: number,
): Tensor | null {
  if (valids.every((valid) => valid === null)) return null
  const all = createTensor('transient', `${name}.valid`, [steps.reduce((sum, n) => sum + n, 0), batch])
  let start = 0
  program.from(name)
  for (const [i, valid] of valids.entries()) {
    const y = slice(all, start * batch, [steps[i]!, batch])
    const count = sizeOf(y.shape)
    if (valid) program.emit(instruction.copy, { x: valid, y, count })
    else program.emit(instruction.fill, { x: y, count, value: 1 })
    start += steps[i]!
  }
  return all
}
