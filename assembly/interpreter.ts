import { copy, fill } from './fill'
import { Op } from './opcodes'

// @ts-ignore: decorator
@inline
function int(instruction: usize, index: usize): i32 {
  return load<i32>(instruction + 8 + (index << 2))
}

// @ts-ignore: decorator
@inline
function float(instruction: usize, index: usize): f32 {
  return load<f32>(instruction + 8 + (index << 2))
}

/**
 * Runs the instructions in the `words` 32-bit words at `program`, one after the other. The arguments of each are in the
 * order of src/program/instructions.ts.
 */
export function run(program: usize, words: i32): void {
  const end = program + ((<usize>words) << 2)
  for (let i = program; i < end; i += (<usize>load<i32>(i, 4)) << 2) {
    switch (load<i32>(i)) {
      case Op.Fill:
        fill(int(i, 0), int(i, 1), float(i, 2))
        break
      case Op.Copy:
        copy(int(i, 0), int(i, 1), int(i, 2))
        break
      default:
        unreachable()
    }
  }
}
