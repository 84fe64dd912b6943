import { RecurrentFlag } from '../../../assembly/codes.js'
import * as instruction from '../../program/instructions.js'
import { optional } from '../../schema/schema.js'
import { oneOf } from '../../schema/values.js'
import type { Layer, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import {
  buildRecurrent,
  checkRecurrent,
  type RecurrentOptions,
  type RecurrentSpec,
  recurrentFields,
} from './recurrent.js'

export interface SimpleRnnOptions extends RecurrentOptions {
  /** `tanh` by default. */
  readonly activation?: 'tanh' | 'relu'
}

export interface SimpleRnnSpec extends SimpleRnnOptions, RecurrentSpec {
  readonly type: 'simpleRNN'
}

const layer = layerDescription<SimpleRnnSpec>(
  'simpleRNN',
  {
    ...recurrentFields,
    activation: optional(oneOf('tanh', 'relu')),
  },
  buildSimpleRnn,
)

/**
 * A simple recurrent layer of `units` units, h' = activation(x Wx + h Wh + b), on sequences [steps, features]; Wx
 * [features, units], Wh [units, units].
 */
export function simpleRNN(units: number, options: SimpleRnnOptions = {}): SimpleRnnSpec {
  return layer.create({ units }, options)
}

export function buildSimpleRnn(spec: SimpleRnnSpec, place: Place): Layer {
  checkRecurrent(layer, spec, place)
  const { units } = spec
  return buildRecurrent(spec, place, {
    ...{ gates: 1, hasCell: false, parameters: [], biasInitialiser: 'zeros' },
    flags: spec.activation === 'relu' ? RecurrentFlag.Relu : 0,
    forward({ program, z, h, mask, masked, valid, sizes, pack }) {
      const shared = { z, h, mask, valid, ...sizes }
      program.emit(instruction.simpleRnn, { ...shared, packed: pack(0, units, false), masked })
      return ({ dy, dh, truncate, recurrentGradient }) => {
        const packed = pack(0, units, true)
        program.emit(instruction.simpleRnnBackward, { ...shared, packed, dy, dh, truncate })
        recurrentGradient(0, units)
      }
    },
  })
}
