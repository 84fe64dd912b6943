import { ModelError } from '../errors.js'
import { deep } from '../schema/plain-data.js'
import { read, type Schema, variants } from '../schema/schema.js'
import { type AdagradSpec, described as adagrad, buildAdagrad } from './adagrad.js'
import { type AdamSpec, type AdamWSpec, buildAdam, describedAdam, describedAdamW } from './adam.js'
import type { Optimizer } from './optimizer.js'
import { buildRmsprop, type RmspropSpec, described as rmsprop } from './rmsprop.js'
import { buildSgd, type SgdSpec, described as sgd } from './sgd.js'

/** The description of an optimizer: plain data. */
export type OptimizerSpec = AdagradSpec | AdamSpec | AdamWSpec | RmspropSpec | SgdSpec

const builders: { [T in OptimizerSpec['type']]: (spec: Extract<OptimizerSpec, { type: T }>) => Optimizer } = {
  adagrad: buildAdagrad,
  adam: buildAdam,
  adamw: buildAdam,
  rmsprop: buildRmsprop,
  sgd: buildSgd,
}

/** A field that holds an optimizer. */
export const optimizerSpec: Schema<OptimizerSpec> = deep(
  variants(
    `one of ${Object.keys(builders)
      .map((name) => `${name}(...)`)
      .join(', ')}`,
    {
      adagrad: adagrad.fields,
      adam: describedAdam.fields,
      adamw: describedAdamW.fields,
      rmsprop: rmsprop.fields,
      sgd: sgd.fields,
    },
  ),
)

/**
 * Builds an optimizer from its description.
 * @throws ModelError that names the field that is not right
 */
export function buildOptimizer(given: OptimizerSpec): Optimizer {
  const spec = read(ModelError, '', 'optimizer', optimizerSpec, given)
  const build = builders[spec.type] as (spec: OptimizerSpec) => Optimizer
  return build(spec)
}
