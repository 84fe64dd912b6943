import { Activation } from '../../assembly/opcodes.js'
import type { Check } from './fields.js'
import { show } from './fields.js'

/** An activation function by name, or leaky ReLU with its slope for negative inputs. */
export type ActivationName = 'none' | 'relu' | 'tanh' | 'sigmoid'
export type ActivationSpec = ActivationName | { readonly leakyRelu: number }

const codes: Record<ActivationName, Activation> = {
  none: Activation.None,
  relu: Activation.Relu,
  tanh: Activation.Tanh,
  sigmoid: Activation.Sigmoid,
}

/** The arguments by which instructions name an activation. */
export interface ActivationCode {
  readonly activation: Activation
  readonly slope: number
}

/** Checks a field that holds an activation. */
export const activation: Check = (value) => {
  if (typeof value === 'string' && value in codes) return undefined
  const slope = (value as { leakyRelu?: unknown } | null)?.leakyRelu
  if (typeof slope === 'number' && slope > 0 && slope < 1) return undefined
  return `one of ${Object.keys(codes).map(show).join(', ')} or {"leakyRelu": slope} with a slope between 0 and 1`
}

/** Looks up an activation that `activation` has checked. */
export function activationCode(spec: ActivationSpec = 'none'): ActivationCode {
  if (typeof spec === 'string') return { activation: codes[spec], slope: 0 }
  return { activation: Activation.LeakyRelu, slope: spec.leakyRelu }
}
