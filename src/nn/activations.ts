import { Activation } from '../../assembly/codes.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { isPlainObject, leaf, type Schema } from '../schema/schema.js'
import { isPositive, quoted } from '../schema/values.js'
import type { EmitContext } from './layer.js'

/**
 * An activation function by name, or leaky ReLU with its slope for negative inputs, or ELU with the negative of its limit
 * there (1 for `'elu'`). `gelu` is the exact one, `geluTanh` its approximation by tanh; `hardSigmoid` is
 * clip(0.2 x + 0.5, 0, 1). The formulas are in assembly/activation.ts.
 */
export type ActivationName =
  | 'none'
  | 'relu'
  | 'tanh'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'softplus'
  | 'elu'
  | 'silu'
  | 'gelu'
  | 'geluTanh'
export type ActivationSpec = ActivationName | { readonly leakyRelu: number } | { readonly elu: number }

const codes: Record<ActivationName, Activation> = {
  none: Activation.None,
  relu: Activation.Relu,
  tanh: Activation.Tanh,
  sigmoid: Activation.Sigmoid,
  hardSigmoid: Activation.HardSigmoid,
  softplus: Activation.Softplus,
  elu: Activation.Elu,
  silu: Activation.Silu,
  gelu: Activation.Gelu,
  geluTanh: Activation.GeluTanh,
}

/** Those whose derivative cannot be told from the output. */
const fromInput: readonly Activation[] = [Activation.Silu, Activation.Gelu, Activation.GeluTanh]

/** The arguments by which instructions name an activation. */
export interface ActivationCode {
  readonly activation: Activation
  readonly slope: number
}

/** A field that holds an activation. */
export const activation: Schema<ActivationSpec> = leaf(
  `one of ${quoted(Object.keys(codes))}, {"leakyRelu": slope} with a slope between 0 and 1, or {"elu": factor} with a factor above 0`,
  (value) => {
    if (typeof value === 'string') return Object.hasOwn(codes, value)
    if (!isPlainObject(value)) return false
    const [name, factor] = Object.entries(value).flat()
    if (Object.keys(value).length !== 1 || !isPositive(factor)) return false
    return name === 'elu' || (name === 'leakyRelu' && factor < 1)
  },
)

/** Looks up an activation that `activation` has checked. */
export function activationCode(spec: ActivationSpec = 'none'): ActivationCode {
  if (typeof spec === 'string') return { activation: codes[spec], slope: spec === 'elu' ? 1 : 0 }
  if ('elu' in spec) return { activation: Activation.Elu, slope: spec.elu }
  return { activation: Activation.LeakyRelu, slope: spec.leakyRelu }
}

/** Whether an activation lets positive inputs pass and negative ones hardly, so that weights start wider (He et al. 2015). */
export function rectifies(spec: ActivationSpec = 'none'): boolean {
  return typeof spec === 'object' || ['relu', 'elu', 'silu', 'gelu', 'geluTanh'].includes(spec)
}

/**
 * Emits y = f(x) as an instruction of its own; the result emits dx = dy f'(x) over `dy`. Of x and y only the one that the
 * derivative needs is kept for it.
 */
export function emitActivation(
  { program }: EmitContext,
  { activation, slope }: ActivationCode,
  x: Tensor,
  y: Tensor,
): (dy: Tensor) => void {
  const args = { count: sizeOf(x.shape), activation, slope }
  program.emit(instruction.activate, { x, y, ...args })
  const kept = fromInput.includes(activation) ? { x, y: null } : { x: null, y }
  return (dy) => program.emit(instruction.activateBackward, { ...kept, dy, dx: dy, ...args })
}

/**
 * Emits y = f(z) where the instruction that `emitProduct` emits can finish its product z with f: fused, or apart where
 * training has to keep z. The result emits dz = dy f'(z) over `dy`.
 */
export function emitActivated(
  context: EmitContext,
  name: string,
  code: ActivationCode,
  y: Tensor,
  emitProduct: (output: Tensor, code: ActivationCode) => void,
): (dy: Tensor) => void {
  if (context.training && fromInput.includes(code.activation)) {
    const z = createTensor('transient', `${name}.z`, y.shape)
    emitProduct(z, { activation: Activation.None, slope: 0 })
    return emitActivation(context, code, z, y)
  }
  emitProduct(y, code)
  return (dy) => {
    if (code.activation === Activation.None) return
    const args = { dy, dx: dy, count: sizeOf(y.shape), ...code }
    context.program.emit(instruction.activateBackward, { x: null, y, ...args })
  }
}
