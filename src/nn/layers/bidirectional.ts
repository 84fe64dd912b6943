import { isPlainObject, leaf } from '../../schema/schema.js'
import { joinBranches } from '../branches.js'
import type { Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import type { GruSpec } from './gru.js'
import type { LstmSpec } from './lstm.js'
import type { SimpleRnnSpec } from './simple-rnn.js'

export interface BidirectionalSpec extends LayerOptions {
  readonly type: 'bidirectional'
  readonly layer: SimpleRnnSpec | LstmSpec | GruSpec
}

const recurrent = ['simpleRNN', 'lstm', 'gru'] as const

const described = layerDescription<BidirectionalSpec>(
  'bidirectional',
  {
    layer: leaf(
      'a recurrent layer: simpleRNN(...), lstm(...) or gru(...)',
      (value) => isPlainObject(value) && (recurrent as readonly unknown[]).includes(value.type),
    ),
  },
  buildBidirectional,
)

/**
 * A recurrent layer in both directions, each with weights of its own (Schuster and Paliwal 1997), forward outputs first:
 * `units` becomes 2 units. Without `sequence` it joins the forward state after the last step and the backward state after
 * step 0.
 */
export function bidirectional(
  layer: SimpleRnnSpec | LstmSpec | GruSpec,
  options: LayerOptions = {},
): BidirectionalSpec {
  return described.create({ layer }, options)
}

export function buildBidirectional(spec: BidirectionalSpec, place: Place): Layer {
  const { layer } = described.read(place.name, spec)
  const directed = (reverse: boolean): BidirectionalSpec['layer'] => ({ ...layer, goBackwards: reverse })
  return joinBranches(place, [
    place.inner(directed(false), 'forward', place.input),
    place.inner(directed(true), 'backward', place.input),
  ])
}
