/** Which parameters are trained, and how: the optimizer's settings, and those of groups of parameters. */
import { ModelError } from '../errors.js'
import type { Parameter } from '../nn/initialisers.js'
import type { Model } from '../nn/model.js'
import { buildOptimizer, type OptimizerSpec } from '../optim/index.js'
import type { Optimizer } from '../optim/optimizer.js'
import { type Rate, rate } from '../optim/schedules.js'
import { either, list, object, optional, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { atLeast, text, truth } from '../schema/values.js'

/** Settings for the parameters with these names, in place of the optimizer's. */
export interface ParameterGroup {
  /** Names such as `dense_1/kernel`, or patterns in which a star stands for any characters, such as `lstm_*`. */
  readonly match: string | readonly string[]
  /** A rate, or a schedule, of the group's own. */
  readonly learningRate?: Rate
  readonly weightDecay?: number
  /** False freezes them: no gradient is computed for them, and the optimizer keeps nothing for them. */
  readonly trainable?: boolean
}

export const parameterGroups: Schema<readonly ParameterGroup[]> = list(
  'groups of parameters',
  object<ParameterGroup>({
    match: either(text, list('names', text, 1)),
    learningRate: optional(rate),
    weightDecay: optional(atLeast(0)),
    trainable: optional(truth),
  }),
)

/** In place of an optimizer where a model is not trained. */
export const untrained: Optimizer = {
  ...{ slots: [], followsValidation: false },
  rate: () => 0,
  scalars: () => [],
  emit() {},
}

/** How one parameter is trained. */
export interface Rule {
  readonly optimizer: Optimizer
  /** Where its optimizer's numbers begin among those of a step. */
  readonly start: number
}

/** How a model's parameters are trained. */
export class Rules {
  /** Of all parameters that are trained, in the model's order. */
  readonly of: ReadonlyMap<Parameter, Rule>
  /** How many numbers the host writes before each step. */
  readonly count: number

  /** @param optimizers the optimizer itself first; `choose` gives the number of a parameter's, or null for one that is frozen */
  constructor(
    private readonly optimizers: readonly Optimizer[],
    model: Model,
    choose: (parameter: Parameter) => number | null = () => 0,
  ) {
    const counts = optimizers.map((optimizer) => optimizer.scalars(1, 0).length)
    const starts = counts.map((_, i) => counts.slice(0, i).reduce((sum, n) => sum + n, 0))
    this.count = counts.reduce((sum, n) => sum + n, 0)
    const rules = model.parameters.flatMap((parameter): [Parameter, Rule][] => {
      const chosen = model.trains(parameter) ? choose(parameter) : null
      if (chosen === null) return []
      return [[parameter, { optimizer: optimizers[chosen]!, start: starts[chosen]! }]]
    })
    this.of = new Map(rules)
  }

  /** Names of the tensors that are kept beside each parameter; the same for all groups. */
  get slots(): readonly string[] {
    return this.optimizers[0]!.slots
  }

  get followsValidation(): boolean {
    return this.optimizers.some(({ followsValidation }) => followsValidation)
  }

  /** The learning rate of step t = 0, 1, ... where no group says otherwise. */
  rate(t: number, losses: readonly number[]): number {
    return this.optimizers[0]!.rate(t, losses)
  }

  /** The numbers of step t = 0, 1, ..., those of one optimizer after those of the other. */
  scalars(t: number, losses: readonly number[]): number[] {
    return this.optimizers.flatMap((optimizer) => optimizer.scalars(t + 1, optimizer.rate(t, losses)))
  }
}

/**
 * The rules of an optimizer and of groups; a parameter belongs to the first group that names it.
 * @throws ModelError for a pattern that is no parameter's, settings that the optimizer has not, or when nothing is trained
 */
export function rulesOf(model: Model, spec: OptimizerSpec, groups: readonly ParameterGroup[] = []): Rules {
  const patterns = groups.map(({ match }, i) => patternsOf(model, match, i))
  const isFrozen = groups.map(({ trainable = true }) => !trainable)
  const optimizers = [buildOptimizer(spec), ...groups.map((group, i) => optimizerOf(spec, group, i))]
  const rules = new Rules(optimizers, model, ({ name }) => {
    const group = patterns.findIndex((some) => some.some((pattern) => pattern.test(name)))
    if (group < 0) return 0
    return isFrozen[group] ? null : group + 1
  })
  if (rules.of.size === 0 && model.parameters.length > 0) {
    throw new ModelError(
      'createTrainer: all parameters of the model are frozen, so there is nothing to train.',
    )
  }
  return rules
}

function optimizerOf(
  spec: OptimizerSpec,
  { learningRate, weightDecay, trainable }: ParameterGroup,
  i: number,
): Optimizer {
  const own = {
    ...(learningRate !== undefined && { learningRate }),
    ...(weightDecay !== undefined && { weightDecay }),
  }
  if (trainable === false && Object.keys(own).length > 0) {
    throw new ModelError(
      `createTrainer: parameterGroups[${i}] is frozen, so it should have no learningRate and no weightDecay.`,
    )
  }
  try {
    return buildOptimizer({ ...spec, ...own })
  } catch (error) {
    throw new ModelError(`createTrainer: parameterGroups[${i}]: ${(error as Error).message}`)
  }
}

function patternsOf(model: Model, match: string | readonly string[], i: number): RegExp[] {
  return [match].flat().map((given) => {
    const parts = given.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const pattern = new RegExp(`^${parts.join('.*')}$`, 's')
    if (model.parameters.some(({ name }) => pattern.test(name))) return pattern
    throw new ModelError(
      `createTrainer: parameterGroups[${i}].match should be names of parameters (${model.parameters.map(({ name }) => name).join(', ')}) or patterns such as "dense_*", found ${show(given)}, which is none's.`,
    )
  })
}
