import { ModelError } from '../../errors.js'
import { leaf, read } from '../../schema/schema.js'
import { show } from '../../schema/show.js'
import { quoted } from '../../schema/values.js'
import type { Layer, Place, TypedSpec } from '../layer.js'
import { buildActivation } from './activation.js'
import { buildBatchNorm } from './batch-norm.js'
import { buildBidirectional } from './bidirectional.js'
import { buildConcatenate } from './concatenate.js'
import { buildConv1d } from './conv1d.js'
import { buildConv2d } from './conv2d.js'
import { buildDense } from './dense.js'
import { buildDropout } from './dropout.js'
import { buildEmbedding } from './embedding.js'
import { buildFlatten } from './flatten.js'
import { buildColumns, buildPatches, buildPixels, buildRows } from './framings.js'
import { buildGru } from './gru.js'
import { buildLayerNorm } from './layer-norm.js'
import { buildLstm } from './lstm.js'
import { buildMasking } from './masking.js'
import { buildAveragePool2d, buildGlobalAveragePool2d, buildMaxPool2d } from './pool2d.js'
import { buildReshape } from './reshape.js'
import { buildSimpleRnn } from './simple-rnn.js'
import type { BuiltInLayerSpec, OwnLayerSpec } from './spec.js'
import { buildTiedDense } from './tied-dense.js'
import { buildTimeDistributed } from './time-distributed.js'

const builders: {
  [T in BuiltInLayerSpec['type']]: (spec: Extract<BuiltInLayerSpec, { type: T }>, place: Place) => Layer
} = {
  activation: buildActivation,
  averagePooling2d: buildAveragePool2d,
  batchNormalization: buildBatchNorm,
  bidirectional: buildBidirectional,
  columns: buildColumns,
  concatenate: buildConcatenate,
  conv1d: buildConv1d,
  conv2d: buildConv2d,
  dense: buildDense,
  dropout: buildDropout,
  embedding: buildEmbedding,
  flatten: buildFlatten,
  globalAveragePooling2d: buildGlobalAveragePool2d,
  gru: buildGru,
  layerNormalization: buildLayerNorm,
  lstm: buildLstm,
  masking: buildMasking,
  maxPooling2d: buildMaxPool2d,
  patches: buildPatches,
  pixels: buildPixels,
  reshape: buildReshape,
  rows: buildRows,
  simpleRNN: buildSimpleRnn,
  tiedDense: buildTiedDense,
  timeDistributed: buildTimeDistributed,
}

/** Layers of one's own, by type. */
const own = new Map<string, (spec: OwnLayerSpec, place: Place) => Layer>()

/** @throws ModelError when there is one of this type already */
export function registerLayer(
  type: OwnLayerSpec['type'],
  build: (spec: OwnLayerSpec, place: Place) => Layer,
): void {
  if (own.has(type)) throw new ModelError(`defineLayer: there is a layer of type "${type}" already.`)
  own.set(type, build)
}

const knownType = leaf<BuiltInLayerSpec['type']>(
  `one of ${quoted(Object.keys(builders))}`,
  (type) => typeof type === 'string' && Object.hasOwn(builders, type),
)

/**
 * Builds one layer from its description.
 * @throws ModelError that names `where` for what is no description, or of a type that is unknown
 */
export function buildLayer(spec: TypedSpec, place: Place, where: string): Layer {
  if (typeof spec.type === 'string' && spec.type.includes(':')) {
    const build = own.get(spec.type)
    if (build) return build(spec as OwnLayerSpec, place)
    throw new ModelError(
      `${where}: no layer of type ${show(spec.type)} is defined; defineLayer defines it, before the model is built.`,
    )
  }
  const type = read(ModelError, where, 'type', knownType, spec.type)
  const build = builders[type] as (spec: TypedSpec, place: Place) => Layer
  return build(spec, place)
}
