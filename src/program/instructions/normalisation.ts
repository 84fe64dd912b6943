/** Batch and layer normalisation. */
import { define } from './define.js'

/**
 * Mean and inverse = 1 / sqrt(variance + epsilon) of the columns of x [rows, channels]; the running figures move towards
 * the batch's mean and its variance by rows - 1, by `momentum` of the way.
 */
export const batchNormStatistics = define(
  43,
  'batchNormStatistics',
  {
    x: 'read',
    mean: 'write',
    inverse: 'write',
    runningMean: 'update',
    runningVariance: 'update',
    rows: 'int',
    channels: 'int',
    epsilon: 'float',
    momentum: 'float',
  },
  (v) => 4 * v.rows * v.channels,
)

/** inverse = 1 / sqrt(variance + epsilon), [channels]. */
export const inverseDeviation = define(44, 'inverseDeviation', {
  variance: 'read',
  inverse: 'write',
  channels: 'int',
  epsilon: 'float',
})

/** y = (x - mean) * (scale * inverse) + shift for x [rows, channels]. */
export const batchNorm = define(
  45,
  'batchNorm',
  {
    x: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    shift: 'read',
    y: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 3 * v.rows * v.channels,
)

/** dscale = sum over rows of dy * (x - mean) * inverse, dshift = sum over rows of dy. */
export const batchNormGradients = define(
  46,
  'batchNormGradients',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    dscale: 'write',
    dshift: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 5 * v.rows * v.channels,
)

/** dx = scale * inverse * (dy - dshift / rows - (x - mean) * inverse * dscale / rows). dy and dx may be the same. */
export const batchNormInput = define(
  47,
  'batchNormInput',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    dscale: 'read',
    dshift: 'read',
    dx: 'write',
    rows: 'int',
    channels: 'int',
  },
  (v) => 6 * v.rows * v.channels,
)

/** y = (x - mean) * inverse * scale + shift with the mean and inverse deviation of each row of x [rows, columns]. */
export const layerNorm = define(
  48,
  'layerNorm',
  {
    x: 'read',
    scale: 'read',
    shift: 'read',
    y: 'write',
    mean: 'write',
    inverse: 'write',
    rows: 'int',
    columns: 'int',
    epsilon: 'float',
  },
  (v) => 8 * v.rows * v.columns,
)

/** dscale = sum over rows of dy * (x - mean) * inverse, dshift = sum over rows of dy; mean, inverse [rows]. */
export const layerNormGradients = define(
  49,
  'layerNormGradients',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    dscale: 'write',
    dshift: 'write',
    rows: 'int',
    columns: 'int',
  },
  (v) => 5 * v.rows * v.columns,
)

/** dx of `layerNorm`. dy and dx may be the same. */
export const layerNormInput = define(
  50,
  'layerNormInput',
  {
    x: 'read',
    dy: 'read',
    mean: 'read',
    inverse: 'read',
    scale: 'read',
    dx: 'write',
    rows: 'int',
    columns: 'int',
  },
  (v) => 11 * v.rows * v.columns,
)
