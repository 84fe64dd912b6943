/** All experiments by id. */
import { LanegradError } from '../errors.js'
import { averagedRnn } from './averaged-rnn.js'
import { backpropagation } from './backpropagation.js'
import type { Experiment } from './experiment.js'
import { lstmRows } from './lstm-rows.js'
import { patchRnn } from './patch-rnn.js'
import { reluNetworks } from './relu-networks.js'

export const experiments: readonly Experiment[] = [
  ...lstmRows,
  ...reluNetworks,
  patchRnn,
  averagedRnn,
  ...backpropagation,
]

/** A name that is not known, and those that it may stand for. */
export class UnknownNameError extends LanegradError {
  override name = 'UnknownNameError'
}

/**
 * The experiment of that id.
 *
 * @throws UnknownNameError with the nearest ids
 */
export function experimentOf(id: string): Experiment {
  const found = experiments.find((experiment) => experiment.id === id)
  if (found) return found
  const ids = experiments.map((experiment) => experiment.id)
  throw new UnknownNameError(`There is no experiment '${id}'; ${suggest(id, ids)}`)
}

/** "did you mean a or b?", or all names where none is near. */
export function suggest(name: string, names: readonly string[]): string {
  const ranked = names
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const near = ranked.filter(
    ({ candidate, distance }) =>
      distance <= Math.max(2, name.length / 3) || (name.length > 2 && candidate.includes(name)),
  )
  if (near.length === 0) return `there are ${names.join(', ')}.`
  const shown = near.slice(0, 3).map(({ candidate }) => candidate)
  return `did you mean ${shown.join(' or ')}?`
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(change, above[j]! + 1, row[j - 1]! + 1))
    }
    above = row
  }
  return above[b.length]!
}
