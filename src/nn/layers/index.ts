import { ModelError } from '../../errors.js'
import { show } from '../fields.js'
import type { Layer, Place } from '../layer.js'
import { type ActivationLayerSpec, buildActivation } from './activation.js'
import { type BidirectionalSpec, buildBidirectional } from './bidirectional.js'
import { buildConcatenate, type ConcatenateSpec } from './concatenate.js'
import { buildDense, type DenseSpec } from './dense.js'
import { buildDropout, type DropoutSpec } from './dropout.js'
import { buildFlatten, type FlattenSpec } from './flatten.js'
import { buildColumns, buildPatches, buildPixels, buildRows, type FramingSpec } from './framings.js'
import { buildGru, type GruSpec } from './gru.js'
import { buildLstm, type LstmSpec } from './lstm.js'
import { buildMasking, type MaskingSpec } from './masking.js'
import { buildSimpleRnn, type SimpleRnnSpec } from './simple-rnn.js'
import { buildTimeDistributed, type TimeDistributedSpec } from './time-distributed.js'

/** The description of a layer: plain data, so that a model can be written as JSON. */
export type LayerSpec =
  | ActivationLayerSpec
  | BidirectionalSpec
  | ConcatenateSpec
  | DenseSpec
  | DropoutSpec
  | FlattenSpec
  | FramingSpec
  | GruSpec
  | LstmSpec
  | MaskingSpec
  | SimpleRnnSpec
  | TimeDistributedSpec

const builders: { [T in LayerSpec['type']]: (spec: Extract<LayerSpec, { type: T }>, place: Place) => Layer } =
  {
    activation: buildActivation,
    bidirectional: buildBidirectional,
    columns: buildColumns,
    concatenate: buildConcatenate,
    dense: buildDense,
    dropout: buildDropout,
    flatten: buildFlatten,
    gru: buildGru,
    lstm: buildLstm,
    masking: buildMasking,
    patches: buildPatches,
    pixels: buildPixels,
    rows: buildRows,
    simpleRnn: buildSimpleRnn,
    timeDistributed: buildTimeDistributed,
  }

/** Builds one layer from its description; `where` names it in the message about a type that is unknown. */
export function buildLayer(spec: LayerSpec, place: Place, where: string): Layer {
  const type: unknown = spec?.type
  if (typeof type !== 'string' || !Object.hasOwn(builders, type)) {
    throw new ModelError(
      `${where}: type should be one of ${Object.keys(builders).map(show).join(', ')}, found ${show(type)}.`,
    )
  }
  const build = builders[type as LayerSpec['type']] as (spec: LayerSpec, place: Place) => Layer
  return build(spec, place)
}
