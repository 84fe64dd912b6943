/** What trainings are called beside their results: one that was shortened says how short it was. */
import { families } from '../data/mnist.js'
import type { Configuration, Recipe } from './experiment.js'
import { counts, limited, MNIST, type RunResult } from './results.js'

/** How a training is run: fewer epochs or samples than its recipe says, or on other images. */
export type Run = Pick<RunResult, 'limits' | 'data'>

/** "2 of 200 epochs, 48 of 48,000 training samples", or null for a training of full length on all of its samples. */
export function shortening(recipe: Recipe, { limits, data }: Run): string | null {
  const used = { epochs: limited(recipe, limits).epochs, ...counts(recipe.data, data, limits) }
  const whole = { epochs: recipe.epochs, ...counts(recipe.data, MNIST, null) }
  const nouns = [
    ['epochs', 'epochs'] as const,
    ['train', 'training samples'] as const,
    ['test', 'test samples'] as const,
  ]
  const parts = nouns
    .filter(([count]) => used[count] < whole[count])
    .map(([count, noun]) => `${grouped(used[count])} of ${grouped(whole[count])} ${noun}`)
  return parts.length > 0 ? parts.join(', ') : null
}

/** All that configurations of an experiment are shortened to, or null where none of them is. */
export function shortenings(configurations: readonly Configuration[], run: Run): string | null {
  const all = configurations.flatMap(({ recipe }) => shortening(recipe, run) ?? [])
  return all.length > 0 ? [...new Set(all)].join('; ') : null
}

/** Why a training cannot be judged by numbers of its study, or null where it can. */
export function incomparable(recipe: Recipe, run: Run): string | null {
  if (run.data.name !== `${families.mnist.name} train`) return 'other images'
  return shortening(recipe, run)
}

/** The epochs of a recipe, which some labels end with. */
const EPOCHS = /, \d+ epochs$/

/** A label with what was run in place of what its recipe says. */
export function titleOf({ label, recipe }: Pick<Configuration, 'label' | 'recipe'>, run: Run): string {
  const short = shortening(recipe, run)
  return short ? `${label.replace(EPOCHS, '')} (${short})` : label
}

/** A label in a line below one that says what is shortened: only the epochs that it names are those that were run. */
export function lineTitleOf({ label, recipe }: Configuration, { limits }: Run): string {
  const { epochs } = limited(recipe, limits)
  return epochs < recipe.epochs ? label.replace(EPOCHS, `, ${epochs} of ${recipe.epochs} epochs`) : label
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return String(Math.floor(value + 0.5)).replace(/\B(?=(\d{3})+$)/g, ',')
}
