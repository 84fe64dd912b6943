import { RecurrentFlag } from '../../../assembly/codes.js'
import * as instruction from '../../program/instructions.js'
import { optional } from '../../schema/schema.js'
import { finite, oneOf } from '../../schema/values.js'
import type { Layer, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import {
  buildRecurrent,
  checkRecurrent,
  type RecurrentOptions,
  type RecurrentSpec,
  recurrentFields,
} from './recurrent.js'

export interface LstmOptions extends RecurrentOptions {
  /** `sigmoid` by default; `hardSigmoid` is clip(0.2 x + 0.5, 0, 1), Keras's before version 2.3. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
  /** How the forget gate's biases start: 1 by default (Jozefowicz et al. 2015); the others start at 0. */
  readonly forgetBias?: number
}

export interface LstmSpec extends LstmOptions, RecurrentSpec {
  readonly type: 'lstm'
}

const layer = layerDescription<LstmSpec>(
  'lstm',
  {
    ...recurrentFields,
    recurrentActivation: optional(oneOf('sigmoid', 'hardSigmoid')),
    forgetBias: optional(finite),
  },
  buildLstm,
)

/**
 * A long short-term memory layer of `units` units on sequences [steps, features]; Wx [features, 4 units] and Wh
 * [units, 4 units] hold the gates i, f, g, o side by side. The formulas are in assembly/lstm.ts.
 */
export function lstm(units: number, options: LstmOptions = {}): LstmSpec {
  return layer.create({ units }, options)
}

export function buildLstm(spec: LstmSpec, place: Place): Layer {
  checkRecurrent(layer, spec, place)
  const width = 4 * spec.units
  return buildRecurrent(spec, place, {
    ...{ gates: 4, hasCell: true, parameters: [] },
    biasInitialiser: { type: 'blocks', values: [0, spec.forgetBias ?? 1, 0, 0] },
    flags: spec.recurrentActivation === 'hardSigmoid' ? RecurrentFlag.HardGates : 0,
    forward({ program, z, h, c, mask, masked, valid, sizes, pack }) {
      const shared = { z, c, mask, valid, ...sizes }
      program.emit(instruction.lstm, { ...shared, packed: pack(0, width, false), h, masked })
      return ({ dy, dh, dc, truncate, recurrentGradient }) => {
        const packed = pack(0, width, true)
        program.emit(instruction.lstmBackward, { ...shared, packed, dy, dh, dc, truncate })
        recurrentGradient(0, width)
      }
    },
  })
}
