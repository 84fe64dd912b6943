import { firstNotFinite } from '../data/crossing.js'
import type { Engine } from '../engine/engine.js'
import { sizeOf, type Tensor } from '../program/tensor.js'

/** A loss so many times that of the start is no longer one of training that goes on. */
const TIMES_START = 1000

/**
 * What is wrong with a loss, or null. A loss at the start of less than 1 counts as 1: of a model that is right already, any
 * mistake is a thousand times worse.
 */
export function troubleOf(what: string, loss: number, start: number): string | null {
  if (!Number.isFinite(loss)) return `The ${what} became ${loss}`
  const limit = TIMES_START * Math.max(start, 1)
  if (loss <= limit) return null
  return `The ${what} became ${loss}, more than ${TIMES_START} times what it was at the start (${Math.max(start, 1)}),`
}

/** What is no longer finite among the tensors that training changes, or null. */
export function overflowIn(
  tensors: ReadonlyMap<string, Tensor>,
  engine: Engine,
  addressOf: (tensor: Tensor) => number,
): string | null {
  const { f32 } = engine.views
  for (const [name, tensor] of tensors) {
    const at = addressOf(tensor) >>> 2
    const bad = firstNotFinite(f32, at, at + sizeOf(tensor.shape))
    if (bad >= 0) return `${name} became ${f32[bad]} at element ${bad - at}`
  }
  return null
}
