import { createEngine } from '../engine/create.js'
import type { Engine, EngineName } from '../engine/engine.js'
import { createDoubleEngine } from '../engine/js/double/engine.js'

/** An engine to measure: one of those that train, or the double-precision loops that are only for measuring. */
export type BenchmarkEngine = EngineName | 'double'

/** From plain JavaScript to what should be fastest. */
export const benchmarkEngines: readonly BenchmarkEngine[] = [
  ...(['js', 'double', 'scalar', 'simd', 'relaxed', 'threads', 'relaxed-threads'] as const),
]

/** What an engine is called where results are shown. */
export function engineLabel(name: BenchmarkEngine): string {
  return name === 'double' ? 'js double' : name
}

/**
 * Creates an engine to measure.
 * @param threads of the engines with threads; by default as many as the machine offers
 * @throws EngineError when it cannot run here
 */
export async function openEngine(name: BenchmarkEngine, threads?: number): Promise<Engine> {
  if (name === 'double') return createDoubleEngine()
  const isThreaded = name === 'threads' || name === 'relaxed-threads'
  return await createEngine({ engine: name, ...(isThreaded && threads !== undefined ? { threads } : {}) })
}
