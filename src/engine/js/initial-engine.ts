import type { Engine } from '../engine.js'
import { createArrayEngine } from './array-engine.js'
import { runInitialisation } from './initialisation.generated.js'

/** Holds the weights of a model that is in no engine yet. It can draw them, and needs none of the other kernels for it. */
export function createInitialEngine(): Engine {
  return createArrayEngine((views, program, words) => {
    const start = program >>> 2
    for (let at = start; at < start + words; at += views.i32[at + 1]!) runInitialisation(views, at)
  })
}
