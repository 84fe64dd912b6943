import { PENALTY_BLOCK } from '../../assembly/codes.js'
import type { Parameter } from '../nn/initialisers.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, slice, type Tensor } from '../program/tensor.js'
import { isPlainObject, leaf, type Schema } from '../schema/schema.js'
import { isPositive } from '../schema/values.js'
import type { StepState } from './state.js'

/**
 * Gradient clipping: every element to -value .. value, or all gradients together scaled down so that the root of the sum
 * of their squares is at most `norm`. That sum is taken in float64, in an order that depends on the model alone.
 */
export type ClipSpec = { readonly value: number } | { readonly norm: number }

/** A field that holds a `ClipSpec`. */
export const clipSpec: Schema<ClipSpec> = leaf(
  '{"value": limit} or {"norm": limit} with a limit above 0',
  (value) => {
    if (!isPlainObject(value) || Object.keys(value).length !== 1) return false
    const [name, limit] = Object.entries(value)[0]!
    return (name === 'value' || name === 'norm') && isPositive(limit)
  },
)

interface Gradient {
  readonly parameter: Parameter
  readonly gradient: Tensor
  readonly origin: string
}

const blocksOf = ({ shape }: Tensor) => Math.ceil(sizeOf(shape) / PENALTY_BLOCK)

/** Parts of one float64 tensor, one for each of `tensors`, that hold the sums of its blocks. */
function blockSums(name: string, tensors: readonly Tensor[]): { all: Tensor; parts: Tensor[] } {
  const counts = tensors.map(blocksOf)
  const all = createTensor('transient', name, [counts.reduce((sum, count) => sum + count, 0)], 'f64')
  let offset = 0
  const parts = counts.map((count) => {
    const part = { ...all, shape: [count], offset }
    offset += count * 8
    return part
  })
  return { all, parts }
}

/** Emits what becomes of the gradients of a training step: regularisation, clipping, and the parameters' updates. */
export class Updates {
  private readonly waiting: Gradient[] = []

  constructor(
    private readonly program: ProgramBuilder,
    private readonly state: StepState,
    private readonly clip: ClipSpec | undefined,
  ) {}

  /**
   * Takes a gradient that is complete. Updating its parameter at once finds it in cache and lets gradients share memory;
   * clipping by norm has to wait for all of them.
   */
  add(found: Gradient): void {
    const { program, clip } = this
    const { origin, gradient, parameter } = found
    const count = sizeOf(gradient.shape)
    program.from(origin)
    if (parameter.penalty) {
      program.emit(instruction.regularise, {
        parameter: parameter.tensor,
        gradient,
        count,
        ...parameter.penalty,
      })
    }
    if (clip && 'norm' in clip) {
      this.waiting.push(found)
      return
    }
    if (clip) program.emit(instruction.clipValue, { x: gradient, count, limit: clip.value })
    this.update(found)
  }

  /** Emits what had to wait for the last gradient. */
  finish(): void {
    const { program, clip, waiting } = this
    if (!clip || !('norm' in clip)) return
    const gradients = waiting.map(({ gradient }) => gradient)
    const { all: squares, parts } = blockSums('squares', gradients)
    for (const [i, { origin, gradient: x }] of waiting.entries()) {
      const count = sizeOf(x.shape)
      program.from(origin).emit(instruction.penalty, { x, sums: parts[i]!, count, l1: 0, l2: 1 })
    }
    const blocks = sizeOf(squares.shape)
    for (const found of waiting) {
      const { origin, gradient: x } = found
      program.from(origin)
      program.emit(instruction.clipNorm, { x, squares, count: sizeOf(x.shape), blocks, limit: clip.norm })
      this.update(found)
    }
  }

  private update({ parameter, gradient }: Gradient): void {
    const { rules, slots, scalars } = this.state
    const { optimizer, start } = rules.of.get(parameter)!
    optimizer.emit(this.program, {
      ...{ parameter: parameter.tensor, gradient, slots: slots.get(parameter)! },
      scalars: slice(scalars, start, [optimizer.scalars(1, 0).length]),
    })
  }
}

/** Emits what adds the parameters' penalties to the loss of a batch of `rows` in the running totals. */
export function emitPenalties(
  program: ProgramBuilder,
  parameters: readonly Parameter[],
  totals: Tensor,
  rows: number,
): void {
  const penalised = parameters.filter(({ penalty }) => penalty)
  if (penalised.length === 0) return
  const { all: sums, parts } = blockSums(
    'penalties',
    penalised.map(({ tensor }) => tensor),
  )
  program.from('penalty')
  for (const [i, { tensor: x, penalty }] of penalised.entries()) {
    program.emit(instruction.penalty, { x, sums: parts[i]!, count: sizeOf(x.shape), ...penalty! })
  }
  program.emit(instruction.addPenalty, { sums, totals, blocks: sizeOf(sums.shape), rows })
}
