import { description } from '../schema/description.js'
import { either, lazy, optional, type Schema, variants } from '../schema/schema.js'
import { atLeast, between, oneOf, truth, wholeNumber } from '../schema/values.js'
import { halfCosine, power } from './functions.js'

/** A learning rate that changes as training goes on: plain data. Steps t count from 0 over a trainer's life. */
export type ScheduleSpec =
  | StepDecay
  | ExponentialDecay
  | InverseTimeDecay
  | CosineDecay
  | WarmUp
  | OneCycle
  | ReduceOnPlateau

/** A learning rate: the same for all steps, or a schedule. */
export type Rate = number | ScheduleSpec

const count = wholeNumber(1)

const described = {
  stepDecay: description<StepDecay>('stepDecay', { start: atLeast(0), factor: atLeast(0), every: count }),
  exponentialDecay: description<ExponentialDecay>('exponentialDecay', {
    start: atLeast(0),
    factor: atLeast(0),
    every: optional(count),
  }),
  inverseTimeDecay: description<InverseTimeDecay>('inverseTimeDecay', {
    start: atLeast(0),
    decay: atLeast(0),
    every: optional(count),
  }),
  cosineDecay: description<CosineDecay>('cosineDecay', {
    start: atLeast(0),
    end: optional(atLeast(0)),
    steps: count,
  }),
  warmUp: description<WarmUp>('warmUp', {
    steps: count,
    next: lazy('a learning rate', () => rate),
    fromZero: optional(truth),
  }),
  oneCycle: description<OneCycle>('oneCycle', {
    highest: atLeast(0),
    steps: count,
    rise: optional(between(0, 1)),
    divisor: optional(atLeast(1)),
    finalDivisor: optional(atLeast(1)),
    slope: optional(oneOf('cosine', 'linear')),
  }),
  reduceOnPlateau: description<ReduceOnPlateau>('reduceOnPlateau', {
    start: atLeast(0),
    factor: optional(between(0, 1)),
    patience: optional(wholeNumber(0)),
    threshold: optional(between(0, 1)),
    least: optional(atLeast(0)),
  }),
}

/** A field that holds a learning rate. */
export const rate: Schema<Rate> = either(
  atLeast(0),
  variants<ScheduleSpec>(
    `a schedule: ${Object.keys(described)
      .map((name) => `${name}(...)`)
      .join(', ')}`,
    {
      stepDecay: described.stepDecay.fields,
      exponentialDecay: described.exponentialDecay.fields,
      inverseTimeDecay: described.inverseTimeDecay.fields,
      cosineDecay: described.cosineDecay.fields,
      warmUp: described.warmUp.fields,
      oneCycle: described.oneCycle.fields,
      reduceOnPlateau: described.reduceOnPlateau.fields,
    },
  ),
)

export interface StepDecay {
  readonly type: 'stepDecay'
  /** Rate at first. */
  readonly start: number
  /** By which the rate is multiplied every `every` steps. */
  readonly factor: number
  readonly every: number
}

/** rate = start * factor^floor(t / every) */
export function stepDecay(options: Omit<StepDecay, 'type'>): StepDecay {
  return described.stepDecay.create({}, options)
}

export interface ExponentialDecay {
  readonly type: 'exponentialDecay'
  /** Rate at first. */
  readonly start: number
  /** By which the rate is multiplied over `every` steps, little by little. */
  readonly factor: number
  /** 1 by default. */
  readonly every?: number
}

/** rate = start * factor^(t / every); in stairs it is `stepDecay`. */
export function exponentialDecay(options: Omit<ExponentialDecay, 'type'>): ExponentialDecay {
  return described.exponentialDecay.create({}, options)
}

export interface InverseTimeDecay {
  readonly type: 'inverseTimeDecay'
  /** Rate at first. */
  readonly start: number
  readonly decay: number
  /** 1 by default. */
  readonly every?: number
}

/** rate = start / (1 + decay * t / every) */
export function inverseTimeDecay(options: Omit<InverseTimeDecay, 'type'>): InverseTimeDecay {
  return described.inverseTimeDecay.create({}, options)
}

export interface CosineDecay {
  readonly type: 'cosineDecay'
  /** Rate at first. */
  readonly start: number
  /** Rate at step `steps` and after; 0 by default. */
  readonly end?: number
  readonly steps: number
}

/** rate = end + (start - end) * (1 + cos(pi * min(t / steps, 1))) / 2 (Loshchilov and Hutter 2017, without restarts). */
export function cosineDecay(options: Omit<CosineDecay, 'type'>): CosineDecay {
  return described.cosineDecay.create({}, options)
}

export interface WarmUp {
  readonly type: 'warmUp'
  /** Length of the warm-up. */
  readonly steps: number
  /** What follows, its own steps counted from the end of the warm-up. */
  readonly next: Rate
  /** Begin with a rate of 0, which wastes the first step, as some descriptions do. */
  readonly fromZero?: boolean
}

/**
 * rate = first * (t + 1) / steps, or `fromZero` first * t / steps, for t < steps, where `first` is the rate at which
 * `next` begins.
 */
export function warmUp(options: Omit<WarmUp, 'type'>): WarmUp {
  return described.warmUp.create({}, options)
}

export interface OneCycle {
  readonly type: 'oneCycle'
  readonly highest: number
  /** Length of the cycle; the rate stays at its last value after it. */
  readonly steps: number
  /** Part of the steps in which the rate rises; 0.3 by default. */
  readonly rise?: number
  /** `highest` divided by the first rate; 25 by default. */
  readonly divisor?: number
  /** The first rate divided by the last; 10,000 by default. */
  readonly finalDivisor?: number
  /** Shape of the two slopes; `cosine` by default. */
  readonly slope?: 'cosine' | 'linear'
}

/**
 * From highest / divisor up to `highest` at step rise * steps - 1, then down to highest / divisor / finalDivisor at step
 * steps - 1 (Smith and Topin 2018, with PyTorch's corners).
 */
export function oneCycle(options: Omit<OneCycle, 'type'>): OneCycle {
  return described.oneCycle.create({}, options)
}

export interface ReduceOnPlateau {
  readonly type: 'reduceOnPlateau'
  /** Rate at first. */
  readonly start: number
  /** By which the rate is multiplied; 0.1 by default. */
  readonly factor?: number
  /** Epochs in a row without a better loss that are let pass; the next one lowers the rate. 10 by default. */
  readonly patience?: number
  /** A loss is better when it is below (1 - threshold) times the best; 0.0001 by default. */
  readonly threshold?: number
  /** The rate never falls below it; 0 by default. */
  readonly least?: number
}

/** Lowers the rate when the validation loss of the epochs so far no longer falls. */
export function reduceOnPlateau(options: Omit<ReduceOnPlateau, 'type'>): ReduceOnPlateau {
  return described.reduceOnPlateau.create({}, options)
}

/**
 * The learning rate of step t = 0, 1, ..., after epochs with these validation losses: a function of nothing else, so that
 * a resumed training goes on with the same rates.
 */
export type Schedule = (t: number, losses: readonly number[]) => number

type Builders = {
  [T in ScheduleSpec['type']]: (spec: Extract<ScheduleSpec, { type: T }>) => Schedule
}

const builders: Builders = {
  stepDecay(spec) {
    const { start, factor, every } = spec
    return (t) => start * power(factor, Math.floor(t / every))
  },
  exponentialDecay(spec) {
    const { start, factor, every = 1 } = spec
    return (t) => start * power(factor, t / every)
  },
  inverseTimeDecay(spec) {
    const { start, decay, every = 1 } = spec
    return (t) => start / (1 + (decay * t) / every)
  },
  cosineDecay(spec) {
    const { start, steps, end = 0 } = spec
    return (t) => end + (start - end) * halfCosine(Math.min(t / steps, 1))
  },
  warmUp(spec) {
    const { steps, fromZero = false } = spec
    const next = buildRate(spec.next)
    return (t, losses) =>
      t < steps ? (next(0, losses) * (fromZero ? t : t + 1)) / steps : next(t - steps, losses)
  },
  oneCycle(spec) {
    const { highest, steps, rise = 0.3, divisor = 25, finalDivisor = 1e4, slope = 'cosine' } = spec
    const first = highest / divisor
    const last = first / finalDivisor
    const top = rise * steps - 1
    const blend = (from: number, to: number, x: number) =>
      to + (from - to) * (slope === 'cosine' ? halfCosine(x) : 1 - x)
    return (t) =>
      t < top
        ? blend(first, highest, t / top)
        : blend(highest, last, Math.min((t - top) / (steps - 1 - top), 1))
  },
  reduceOnPlateau(spec) {
    const { start, factor = 0.1, patience = 10, threshold = 1e-4, least = 0 } = spec
    return (_, losses) => {
      let rate = start
      let best = Number.POSITIVE_INFINITY
      let worse = 0
      for (const loss of losses) {
        if (loss < best * (1 - threshold)) {
          best = loss
          worse = 0
        } else if (++worse > patience) {
          rate = Math.max(rate * factor, least)
          worse = 0
        }
      }
      return rate
    }
  },
}

/** Builds a learning rate that `rate` has checked. */
function buildRate(rate: Rate): Schedule {
  if (typeof rate === 'number') return () => rate
  const build = builders[rate.type] as (spec: ScheduleSpec) => Schedule
  return build(rate)
}

/** Whether the rate depends on validation losses, without which it would never change. */
function followsValidation(rate: Rate): boolean {
  if (typeof rate === 'number') return false
  return rate.type === 'reduceOnPlateau' || (rate.type === 'warmUp' && followsValidation(rate.next))
}

/** The fields of an optimizer that come from its description's learning rate. */
export function scheduled({ learningRate: rate }: { readonly learningRate: Rate }) {
  return { rate: buildRate(rate), followsValidation: followsValidation(rate) }
}
