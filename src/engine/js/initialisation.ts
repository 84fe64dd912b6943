import { Op } from '../../../assembly/opcodes.js'
import { fill } from './fill.js'
import { identity, orthogonal } from './initialise.js'
import { normal, uniform } from './random.js'
import type { Views } from './views.js'

/**
 * The part of the interpreter that draws initial weights: all that a model needs which is in no engine yet. Runs the
 * instruction at word `at`, or returns false where it is another.
 */
export function runInitialisation(memory: Views, at: number): boolean {
  const { i32, f32 } = memory
  const a = at + 2
  switch (i32[at]) {
    case Op.Fill:
      fill(memory, i32[a]!, i32[a + 1]!, f32[a + 2]!)
      return true
    case Op.Uniform:
      uniform(memory, i32[a]!, i32[a + 1]!, f32[a + 2]!, f32[a + 3]!, i32[a + 4]!, i32[a + 5]!)
      return true
    case Op.Normal:
      normal(memory, i32[a]!, i32[a + 1]!, f32[a + 2]!, f32[a + 3]!, i32[a + 4]!, i32[a + 5]!)
      return true
    case Op.Identity:
      identity(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, f32[a + 3]!)
      return true
    case Op.Orthogonal:
      orthogonal(
        memory,
        i32[a]!,
        i32[a + 1]!,
        i32[a + 2]!,
        f32[a + 3]!,
        i32[a + 4]!,
        i32[a + 5]!,
        i32[a + 6]!,
      )
      return true
    default:
      return false
  }
}
