/**
 * What the recurrent layers share: their options, parameters and everything around the one instruction that runs over
 * all steps. Forward: z = x Wx + b for all steps in one product, then the steps themselves. Backward: the steps give dz in
 * place of z, and one product over time and batch each gives the weights' gradients and the input's.
 */
import { GemmFlag, RecurrentFlag } from '../../../assembly/codes.js'
import { ModelError } from '../../errors.js'
import type { ProgramBuilder } from '../../program/builder.js'
import * as instruction from '../../program/instructions.js'
import { Purpose, streamOf } from '../../program/streams.js'
import { createTensor, sizeOf, slice, type Tensor } from '../../program/tensor.js'
import type { Description } from '../../schema/description.js'
import { optional } from '../../schema/schema.js'
import { between, oneOf, truth, wholeNumber } from '../../schema/values.js'
import { emitBiasGradient, going } from '../gradients.js'
import { type Blocks, type Initializer, initialiser, type Parameter } from '../initialisers.js'
import { type EmitContext, type Layer, type LayerOptions, type Place, showShape } from '../layer.js'
import { type PenaltyOptions, penaltyFields, penaltyOf } from '../penalty.js'

/** `l1` and `l2` regularise both kernels. */
export interface RecurrentOptions extends PenaltyOptions, LayerOptions {
  /** Gives every step's output, shape [steps, units], instead of the last one's, [units]. */
  readonly returnSequences?: boolean
  /** Runs from the last step to the first; outputs stay at their steps, and the "last" is that of step 0. */
  readonly goBackwards?: boolean
  /** True by default. */
  readonly useBias?: boolean
  /** How the input weights start: `glorotUniform`. */
  readonly kernelInitializer?: Initializer
  /** How the recurrent weights start: `orthogonal`. */
  readonly recurrentInitializer?: Initializer
  /** Dropout of the inputs in training, with one mask for all steps (Gal and Ghahramani 2016); 0 by default. */
  readonly dropout?: number
  /** Dropout of the state on its way to the next step, with one mask for all steps; 0 by default. */
  readonly recurrentDropout?: number
  /**
   * The state before the first step: `zeros` by default, or `trained`, a parameter that starts at zero and that all
   * samples share.
   */
  readonly initialState?: 'zeros' | 'trained'
  /**
   * Starts each batch from the state at the end of the batch before it, sample by sample, and each epoch or evaluation
   * from zeros. The order of the data then has a meaning: train without `shuffle`, all batches of one size.
   */
  readonly stateful?: boolean
  /**
   * What `returnSequences` gives at padding, where a mask says that there is some: zeros, or by default the output before it, which
   * is zero where there is none.
   */
  readonly zeroOutputForMask?: boolean
  /** Truncated backpropagation: cuts the sequence's gradient after every so many steps (Williams and Peng 1990). */
  readonly truncate?: number
}

export interface RecurrentSpec extends RecurrentOptions {
  readonly units: number
}

/** The fields of all recurrent layers. */
export const recurrentFields = {
  units: wholeNumber(1),
  returnSequences: optional(truth),
  goBackwards: optional(truth),
  useBias: optional(truth),
  kernelInitializer: optional(initialiser),
  recurrentInitializer: optional(initialiser),
  dropout: optional(between(0, 1)),
  recurrentDropout: optional(between(0, 1)),
  initialState: optional(oneOf('zeros', 'trained')),
  stateful: optional(truth),
  zeroOutputForMask: optional(truth),
  truncate: optional(wholeNumber(1)),
  ...penaltyFields,
}

/** One run of a recurrent layer in a program: what its instructions work on. */
export interface RecurrentRun {
  readonly program: ProgramBuilder
  readonly context: EmitContext
  /** [steps, batch, gates * units]: x Wx + b, later the gates, later their gradients. */
  readonly z: Tensor
  /** [steps + 1, batch, units] */
  readonly h: Tensor
  /** [steps + 1, batch, units], an LSTM's cell. */
  readonly c: Tensor | null
  readonly mask: Tensor | null
  readonly masked: Tensor | null
  readonly valid: Tensor | null
  readonly sizes: {
    readonly steps: number
    readonly batch: number
    readonly hidden: number
    readonly flags: number
  }
  /** The parameter's values packed for the recurrent product, columns from `begin` to `end`. */
  pack(begin: number, end: number, transposed: boolean): Tensor
}

/** What the backward instruction starts from, where it leaves the initial state's gradients, and what follows it. */
export interface RecurrentGradients {
  readonly dy: Tensor | null
  readonly dh: Tensor
  readonly dc: Tensor | null
  readonly truncate: number
  /**
   * Emits columns `begin` to `end` of the recurrent kernel's gradient: states^T dz over all steps, of the states before
   * each step and z unless others [steps, batch, units] are given.
   */
  recurrentGradient(begin: number, end: number, others?: { states?: Tensor; dz?: Tensor }): void
}

/** One kind of recurrent layer. */
export interface Cell {
  readonly gates: number
  /** Whether it has a cell state c beside h. */
  readonly hasCell: boolean
  readonly flags: number
  readonly biasInitialiser: Initializer | Blocks
  /** Parameters beside the kernels and the bias. */
  readonly parameters: readonly Parameter[]
  /** Emits the forward instruction and returns what emits the backward one and the recurrent kernel's gradient. */
  forward(run: RecurrentRun): (gradients: RecurrentGradients) => void
}

/** Checks the description of a recurrent layer, and what all of them share; before anything is built from it. */
export function checkRecurrent<T extends RecurrentSpec & { readonly type: string }>(
  layer: Description<T>,
  spec: T,
  { name, input }: Place,
): void {
  layer.read(name, spec)
  if (input.length !== 2) {
    throw new ModelError(
      `${name}: a recurrent layer takes sequences, shape [steps, features], but its input has shape ${showShape(input)}; a framing such as rows(), or returnSequences: true in a recurrent layer before it, gives one.`,
    )
  }
  if (spec.stateful && spec.initialState === 'trained') {
    throw new ModelError(
      `${name}: initialState should be 'zeros' in a layer that is stateful, found 'trained'.`,
    )
  }
}

/** Builds a recurrent layer around its cell. */
export function buildRecurrent(spec: RecurrentSpec, { name, input, index }: Place, cell: Cell): Layer {
  const [steps, features] = input as [number, number]
  const {
    units,
    returnSequences: sequence = false,
    goBackwards: reverse = false,
    truncate = 0,
    stateful = false,
  } = spec
  const width = cell.gates * units
  const parameter = (part: string, shape: number[], initialiser: Initializer | Blocks): Parameter => ({
    ...{ name: `${name}/${part}`, tensor: createTensor('parameter', `${name}/${part}`, shape), initialiser },
    fan: { in: shape[0]!, out: shape.at(-1)! },
  })
  const penalty = penaltyOf(spec)
  const kernel = {
    ...parameter('kernel', [features, width], spec.kernelInitializer ?? 'glorotUniform'),
    penalty,
  }
  const recurrent = {
    ...parameter('recurrentKernel', [units, width], spec.recurrentInitializer ?? 'orthogonal'),
    penalty,
  }
  const bias = (spec.useBias ?? true) ? parameter('bias', [width], cell.biasInitialiser) : null
  const isTrained = spec.initialState === 'trained'
  const initial = isTrained
    ? (cell.hasCell ? ['initialState', 'initialCell'] : ['initialState']).map((part) =>
        parameter(part, [units], 'zeros'),
      )
    : []
  const startsAtZero = !isTrained && !stateful
  const flags =
    cell.flags | (reverse ? RecurrentFlag.Reverse : 0) | (startsAtZero ? RecurrentFlag.ZeroState : 0)
  const [firstSlot, lastSlot] = reverse ? [steps, 0] : [0, steps]

  return {
    ...{ name, input, output: sequence ? [steps, units] : [units] },
    parameters: [kernel, recurrent, ...(bias ? [bias] : []), ...cell.parameters, ...initial],
    layout: { takes: 'time', gives: sequence ? 'time' : 'batch' },
    stateful,

    forward(context, x) {
      const { program, batch, training, valid = null } = context
      const rows = steps * batch
      const slot = batch * units
      program.from(name)
      const scratch = (title: string, shape: number[]) => createTensor('transient', `${name}.${title}`, shape)
      const mask = (title: string, rate: number, purpose: Purpose, size: number) =>
        training && rate > 0 ? emitMask(context, scratch(title, [batch, size]), rate, purpose, index) : null

      const inputMask = mask('inputMask', spec.dropout ?? 0, Purpose.InputDropout, features)
      let inputs = x
      if (inputMask) {
        inputs = scratch('inputs', [steps, batch, features])
        const size = batch * features
        program.emit(instruction.maskSteps, { x, mask: inputMask, y: inputs, steps, size })
      }
      const z = scratch('z', [steps, batch, width])
      program.emit(instruction.gemm, {
        ...{ a: inputs, lda: features, b: kernel.tensor, ldb: width, c: z, ldc: width },
        ...{ m: rows, n: width, k: features, flags: GemmFlag.SkipZeros },
        ...{ bias: bias?.tensor ?? null, activation: 0, slope: 0 },
      })

      const states = ['h', ...(cell.hasCell ? ['c'] : [])].map((title, i) => {
        const all = scratch(title, [steps + 1, batch, units])
        const first = slice(all, firstSlot * slot, [batch, units])
        if (isTrained) {
          program.emit(instruction.copyBlocks, {
            ...{ x: initial[i]!.tensor, y: first, outer: batch, inner: 1, size: units },
            ...{ xOuter: 0, xInner: 0, yOuter: units, yInner: 0 },
          })
        } else if (stateful) {
          const x = context.carried(`${name}.${title}`, [batch, units])
          program.emit(instruction.copy, { x, y: first, count: slot })
        } else program.emit(instruction.fill, { x: first, count: slot, value: 0 })
        return all
      })
      const [h, c = null] = states as [Tensor, Tensor?]
      const stateMask = mask('stateMask', spec.recurrentDropout ?? 0, Purpose.RecurrentDropout, units)
      const masked = stateMask && scratch('masked', [steps, batch, units])

      // The recurrent kernel's gradient pairs every step's dz with the state before it, except a state that is zero.
      const skipped = startsAtZero ? 1 : 0
      const firstStep = reverse ? 0 : skipped
      const pairs = (steps - skipped) * batch
      const before = masked ?? slice(h, reverse ? slot : 0, [steps, batch, units])
      const paired = (tensor: Tensor) =>
        slice(tensor, firstStep * batch * tensor.shape.at(-1)!, [pairs, tensor.shape.at(-1)!])
      const columns = (tensor: Tensor, begin: number) => slice(tensor, begin, tensor.shape)
      const run: RecurrentRun = {
        ...{ program, context, z, h, c, mask: stateMask, masked, valid },
        sizes: { steps, batch, hidden: units, flags },
        pack(begin, end, transposed) {
          const [k, n] = transposed ? [end - begin, units] : [units, end - begin]
          const packed = scratch('packed', [Math.ceil(n / 8), k, 8])
          const b = columns(recurrent.tensor, begin)
          program.emit(instruction.pack, { b, ldb: width, packed, k, n, transposed: transposed ? 1 : 0 })
          return packed
        },
      }
      const cellBackward = cell.forward(run)
      if (stateful) {
        for (const [i, all] of states.entries()) {
          const y = context.carried(`${name}.${['h', 'c'][i]}`, [batch, units])
          const x = slice(all, lastSlot * slot, [batch, units])
          program.emit(instruction.copy, { x, y, count: slot })
        }
      }

      const output = sequence
        ? slice(h, reverse ? 0 : slot, [steps, batch, units])
        : slice(h, lastSlot * slot, [batch, units])
      // Padding repeats the state, which before the first valid step is the output of no step, and may not be zero.
      const isZeroed = sequence && (spec.zeroOutputForMask ?? false)
      const given =
        valid && (isZeroed || !startsAtZero) ? emitGiven(context, name, valid, isZeroed, reverse) : null
      const factors = given && (sequence ? given : slice(given, reverse ? 0 : (steps - 1) * batch, [batch]))
      const scaled = (x: Tensor, y: Tensor) => {
        if (!factors) return x
        const [rows, size] = [sizeOf(factors.shape), units]
        program.emit(instruction.scaleRows, { x, factors, y, rows, size })
        return y
      }

      return {
        output: scaled(output, scratch('y', [...output.shape])),
        backward(dy, needsInput) {
          program.from(name)
          scaled(dy, dy)
          const zero = (title: string) => {
            const x = scratch(title, [batch, units])
            program.emit(instruction.fill, { x, count: slot, value: 0 })
            return x
          }
          const dh = sequence ? zero('dh') : dy
          const dc = cell.hasCell ? zero('dc') : null
          const drecurrent = context.gradientSumOf(recurrent)
          if (drecurrent && pairs === 0 && !drecurrent.isStarted) {
            const { tensor: x } = drecurrent
            program.emit(instruction.fill, { x, count: sizeOf(x.shape), value: 0 })
          }
          cellBackward({
            ...{ dy: sequence ? dy : null, dh, dc, truncate },
            recurrentGradient(begin, end, { states = before, dz = z } = {}) {
              if (pairs === 0 || !drecurrent) return
              const b = paired(dz)
              program.emit(instruction.gemm, {
                ...{
                  a: paired(states),
                  lda: units,
                  b: dz === z ? columns(b, begin) : b,
                  ldb: b.shape.at(-1)!,
                },
                ...{ c: columns(drecurrent.tensor, begin), ldc: width, m: units, n: end - begin, k: pairs },
                ...{ flags: GemmFlag.TransposeA | going(drecurrent), bias: null, activation: 0, slope: 0 },
              })
            },
          })
          const dkernel = context.gradientSumOf(kernel)
          if (dkernel) {
            program.emit(instruction.gemm, {
              ...{ a: inputs, lda: features, b: z, ldb: width, c: dkernel.tensor, ldc: width },
              ...{ m: features, n: width, k: rows },
              ...{ flags: GemmFlag.TransposeA | GemmFlag.SkipZeros | going(dkernel) },
              ...{ bias: null, activation: 0, slope: 0 },
            })
          }
          if (bias) emitBiasGradient(context, bias, z, rows)
          for (const [i, parameter] of initial.entries()) {
            emitBiasGradient(context, parameter, i === 0 ? dh : dc!, batch)
          }
          if (!needsInput) return null
          const dx = scratch('dx', [steps, batch, features])
          program.emit(instruction.gemm, {
            ...{ a: z, lda: width, b: kernel.tensor, ldb: width, c: dx, ldc: features },
            ...{ m: rows, n: features, k: width, flags: GemmFlag.TransposeB },
            ...{ bias: null, activation: 0, slope: 0 },
          })
          if (inputMask) {
            const size = batch * features
            program.emit(instruction.maskSteps, { x: dx, mask: inputMask, y: dx, steps, size })
          }
          return dx
        },
      }
    },
  }
}

/** [steps, batch]: 1 where a step's output is that of a valid step, its own or unless `isZeroed` one before it, else 0. */
function emitGiven(
  { program, batch }: EmitContext,
  name: string,
  valid: Tensor,
  isZeroed: boolean,
  reverse: boolean,
): Tensor {
  if (isZeroed) return valid
  const begun = createTensor('transient', `${name}.begun`, valid.shape)
  const steps = sizeOf(valid.shape) / batch
  program.emit(instruction.begunMask, { mask: valid, begun, steps, batch, reverse: reverse ? 1 : 0 })
  return begun
}

/** Draws a mask of zeros and 1 / (1 - rate), the dropout of a tensor of ones. */
function emitMask(
  { program, seed, step }: EmitContext,
  x: Tensor,
  rate: number,
  purpose: Purpose,
  index: number,
): Tensor {
  const count = sizeOf(x.shape)
  program.emit(instruction.fill, { x, count, value: 1 })
  program.emit(instruction.dropout, {
    ...{ x, y: x, count, threshold: Math.floor(rate * 2 ** 32), scale: 1 / (1 - rate) },
    ...{ seed, stream: streamOf(purpose, index), step },
  })
  return x
}
