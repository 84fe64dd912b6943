import { RecurrentFlag } from '../../../assembly/codes.js'
import * as instruction from '../../program/instructions.js'
import { createTensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { oneOf } from '../../schema/values.js'
import { emitBiasGradient } from '../gradients.js'
import type { Parameter } from '../initialisers.js'
import type { Layer, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import {
  buildRecurrent,
  checkRecurrent,
  type RecurrentOptions,
  type RecurrentSpec,
  recurrentFields,
} from './recurrent.js'

export interface GruOptions extends RecurrentOptions {
  /** `sigmoid` by default; `hardSigmoid` is clip(0.2 x + 0.5, 0, 1). */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
  /** Whether the reset gate acts `after` the recurrent product, the default, or `before` it, as in the original paper. */
  readonly reset?: 'after' | 'before'
}

export interface GruSpec extends GruOptions, RecurrentSpec {
  readonly type: 'gru'
}

const layer = layerDescription<GruSpec>(
  'gru',
  {
    ...recurrentFields,
    recurrentActivation: optional(oneOf('sigmoid', 'hardSigmoid')),
    reset: optional(oneOf('after', 'before')),
  },
  buildGru,
)

/**
 * A gated recurrent unit layer of `units` units on sequences [steps, features]; Wx [features, 3 units] and Wh
 * [units, 3 units] hold the reset gate, the update gate and the candidate side by side. Where the reset comes after the
 * product, the candidate's recurrent bias is a parameter of its own. The formulas are in assembly/gru.ts.
 */
export function gru(units: number, options: GruOptions = {}): GruSpec {
  return layer.create({ units }, options)
}

export function buildGru(spec: GruSpec, place: Place): Layer {
  checkRecurrent(layer, spec, place)
  const { units } = spec
  const width = 3 * units
  const isBefore = spec.reset === 'before'
  const name = `${place.name}/candidateBias`
  const candidateBias: Parameter = {
    ...{ name, tensor: createTensor('parameter', name, [units]), initialiser: 'zeros' },
    fan: { in: units, out: units },
  }
  const hasCandidateBias = (spec.useBias ?? true) && !isBefore
  return buildRecurrent(spec, place, {
    ...{ gates: 3, hasCell: false, biasInitialiser: 'zeros' },
    parameters: hasCandidateBias ? [candidateBias] : [],
    flags:
      (spec.recurrentActivation === 'hardSigmoid' ? RecurrentFlag.HardGates : 0) |
      (isBefore ? RecurrentFlag.ResetBefore : 0),
    forward({ program, context, z, h, mask, masked, valid, sizes, pack }) {
      const { steps, batch } = sizes
      const inner = createTensor('transient', `${place.name}.inner`, [steps, batch, units])
      const shared = { z, h, inner, mask, valid, ...sizes }
      const packAll = (transposed: boolean) => ({
        packed: pack(0, 2 * units, transposed),
        packedCandidate: pack(2 * units, width, transposed),
      })
      const bias = hasCandidateBias ? candidateBias.tensor : null
      program.emit(instruction.gru, { ...shared, ...packAll(false), bias, masked })
      return ({ dy, dh, truncate, recurrentGradient }) => {
        program.emit(instruction.gruBackward, { ...shared, ...packAll(true), dy, dh, truncate })
        recurrentGradient(0, 2 * units)
        recurrentGradient(2 * units, width, isBefore ? { states: inner } : { dz: inner })
        if (hasCandidateBias) emitBiasGradient(context, candidateBias, inner, steps * batch)
      }
    },
  })
}
