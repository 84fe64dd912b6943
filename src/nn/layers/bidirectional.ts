import { joinBranches } from '../branches.js'
import { checkFields } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import type { GruSpec } from './gru.js'
import type { LstmSpec } from './lstm.js'
import type { SimpleRnnSpec } from './simple-rnn.js'

export interface BidirectionalSpec {
  readonly type: 'bidirectional'
  readonly layer: SimpleRnnSpec | LstmSpec | GruSpec
}

/**
 * A recurrent layer in both directions, each with weights of its own (Schuster and Paliwal 1997), forward outputs first:
 * `units` becomes 2 units. Without `sequence` it joins the forward state after the last step and the backward state after
 * step 0.
 */
export function bidirectional(layer: SimpleRnnSpec | LstmSpec | GruSpec): BidirectionalSpec {
  return { type: 'bidirectional', layer }
}

export function buildBidirectional(spec: BidirectionalSpec, place: Place): Layer {
  checkFields(place.name, spec, { layer: isRecurrent })
  const directed = (reverse: boolean): BidirectionalSpec['layer'] => ({ ...spec.layer, reverse })
  return joinBranches(place, [
    place.inner(directed(false), 'forward', place.input),
    place.inner(directed(true), 'backward', place.input),
  ])
}

function isRecurrent(value: unknown): string | undefined {
  const type = (value as { type?: unknown } | null)?.type
  const right = type === 'simpleRnn' || type === 'lstm' || type === 'gru'
  return right ? undefined : 'a recurrent layer: simpleRnn(...), lstm(...) or gru(...)'
}
