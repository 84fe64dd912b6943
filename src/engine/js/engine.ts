import type { Engine } from '../engine.js'
import { createArrayEngine } from './array-engine.js'
import { run } from './interpreter.generated.js'

/** The engine in plain JavaScript: the kernels' twins on an ArrayBuffer. Gives the same bits as the wasm core. */
export function createJsEngine(): Engine {
  return createArrayEngine(run)
}
