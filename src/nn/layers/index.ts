import type { Layer, Place } from '../layer.js'
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
import { knowLayer } from './registry.js'
import { buildReshape } from './reshape.js'
import { buildSimpleRnn } from './simple-rnn.js'
import type { BuiltInLayerSpec } from './spec.js'
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

/** Makes all layers known, so that a description of any of them can be built. */
export function knowAllLayers(): void {
  for (const [type, build] of Object.entries(builders)) knowLayer(type, build)
}
