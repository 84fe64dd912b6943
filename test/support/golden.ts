import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A tensor of a golden file: flat row-major data. */
export interface GoldenTensor {
  readonly shape: number[]
  readonly data: number[]
}

/** One reference case: float32 inputs, and outputs and gradients computed in float64. */
export interface GoldenCase {
  readonly name: string
  readonly config: Record<string, never>
  readonly inputs: Record<string, GoldenTensor>
  readonly outputs: Record<string, GoldenTensor>
  readonly grads: Record<string, GoldenTensor>
}

/** All cases of test/golden/`family`.json. */
export function golden(family: string): GoldenCase[] {
  const path = fileURLToPath(new URL(`../../../test/golden/${family}.json`, import.meta.url))
  return JSON.parse(readFileSync(path, 'utf8')).cases
}

export const floats = (tensor: GoldenTensor) => Float32Array.from(tensor.data)

/**
 * What is wrong with `actual`, or undefined when every element lies within 1e-6 + 1e-5 of the largest magnitude: the
 * tolerance within which float32 implementations agree with these vectors.
 */
export function mismatch(actual: ArrayLike<number>, { data }: GoldenTensor): string | undefined {
  if (actual.length !== data.length) return `expected ${data.length} values, found ${actual.length}`
  const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const tolerance = 1e-6 + 1e-5 * largest
  for (const [i, expected] of data.entries()) {
    if (!(Math.abs(actual[i]! - expected) <= tolerance)) {
      return `element ${i}: expected ${expected} within ${tolerance}, found ${actual[i]}`
    }
  }
  return undefined
}
