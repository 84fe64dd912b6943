import { ModelError } from '../errors.js'
import { show } from '../nn/fields.js'
import { type AdagradSpec, buildAdagrad } from './adagrad.js'
import { type AdamSpec, type AdamWSpec, buildAdam } from './adam.js'
import type { Optimizer } from './optimizer.js'
import { buildRmsprop, type RmspropSpec } from './rmsprop.js'
import { buildSgd, type SgdSpec } from './sgd.js'

/** The description of an optimizer: plain data. */
export type OptimizerSpec = AdagradSpec | AdamSpec | AdamWSpec | RmspropSpec | SgdSpec

const builders: { [T in OptimizerSpec['type']]: (spec: Extract<OptimizerSpec, { type: T }>) => Optimizer } = {
  adagrad: buildAdagrad,
  adam: buildAdam,
  adamw: buildAdam,
  rmsprop: buildRmsprop,
  sgd: buildSgd,
}

/** Builds an optimizer from its description. */
export function buildOptimizer(spec: OptimizerSpec): Optimizer {
  const type: unknown = spec?.type
  if (typeof type !== 'string' || !Object.hasOwn(builders, type)) {
    const known = Object.keys(builders).map((name) => `${name}(...)`)
    throw new ModelError(`optimizer should be one of ${known.join(', ')}, found ${show(spec)}.`)
  }
  const build = builders[type as OptimizerSpec['type']] as (spec: OptimizerSpec) => Optimizer
  return build(spec)
}
