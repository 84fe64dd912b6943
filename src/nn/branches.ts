import { ModelError } from '../errors.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, slice, type Tensor } from '../program/tensor.js'
import { type EmitContext, type Layer, type Layout, type Place, showShape } from './layer.js'

/** A layer that runs `branches` on its input and joins what they give. */
export function joinBranches({ name, input }: Place, branches: readonly Layer[]): Layer {
  const [first] = branches as [Layer]
  const leading = first.output.slice(0, -1)
  for (const { name: branch, output } of branches) {
    if (showShape(output.slice(0, -1)) !== showShape(leading)) {
      throw new ModelError(
        `${name}: branches are joined along the last axis, so ${branch} should give ${showShape([...leading, -1]).replace('-1', 'any number')} as ${first.name} does, found ${showShape(output)}.`,
      )
    }
  }
  const widths = branches.map(({ output }) => output.at(-1)!)
  const width = widths.reduce((sum, n) => sum + n, 0)
  const fixed = branches.flatMap(({ layout }) =>
    layout === 'any' ? [] : [layout ?? { takes: 'batch', gives: 'batch' }],
  ) as { takes: Layout; gives: Layout }[]
  const layout = fixed.length > 0 ? fixed[0]! : 'any'
  const odd = fixed.find(({ takes, gives }) => takes !== fixed[0]!.takes || gives !== fixed[0]!.gives)
  if (odd || (layout !== 'any' && layout.takes !== layout.gives && fixed.length < branches.length)) {
    throw new ModelError(
      `${name}: all branches should end in the same kind of layer: recurrent with returnSequences: true, recurrent without, or not recurrent.`,
    )
  }

  return {
    ...{ name, input, output: [...leading, width], layout },
    parameters: branches.flatMap(({ parameters }) => parameters),
    borrowed: branches.flatMap(({ borrowed = [] }) => borrowed),
    stateful: branches.some(({ stateful }) => stateful),
    forward(context: EmitContext, x: Tensor) {
      const { program } = context
      const passes = branches.map((branch) => branch.forward(context, x))
      const shape = [...passes[0]!.output.shape.slice(0, -1), width]
      const rows = sizeOf(shape) / width
      const starts = widths.map((_, i) => widths.slice(0, i).reduce((sum, n) => sum + n, 0))
      const y = createTensor('transient', `${name}.y`, shape)
      program.from(name)
      for (const [i, { output }] of passes.entries()) {
        const size = widths[i]!
        program.emit(instruction.copyBlocks, {
          ...{ x: output, y: slice(y, starts[i]!, y.shape), outer: rows, inner: 1, size },
          ...{ xOuter: size, xInner: 0, yOuter: width, yInner: 0 },
        })
      }
      return {
        output: y,
        backward(dy, needsInput) {
          const gradients = passes.map((pass, i) => {
            const size = widths[i]!
            const part = createTensor('transient', `${name}.dy_${i + 1}`, pass.output.shape)
            program.from(name).emit(instruction.copyBlocks, {
              ...{ x: slice(dy, starts[i]!, dy.shape), y: part, outer: rows, inner: 1, size },
              ...{ xOuter: width, xInner: 0, yOuter: size, yInner: 0 },
            })
            return pass.backward(part, needsInput)
          })
          if (!needsInput) return null
          const [dx, ...others] = gradients as Tensor[]
          for (const other of others) {
            program.from(name).emit(instruction.add, { x: other, y: dx!, count: sizeOf(x.shape) })
          }
          return dx!
        },
      }
    },
  }
}
