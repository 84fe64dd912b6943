/** Running a program, alone or with other threads. Where `proceed` returns an address, it is called again with it. */
import {
  awaitStart,
  hasFailed,
  passBarrier,
  refreshMemory,
  startedEnd,
  startedProgram,
  startOthers,
} from './barrier'
import { execute } from './interpreter.generated'

/** Runs the program of `words` 32-bit words on this instance alone. */
export function run(program: usize, words: i32): void {
  execute(program, program + ((<usize>words) << 2))
}

/** Runs a program on all threads: called on the first of them. Returns as `proceed`. */
export function start(program: usize, end: usize): usize {
  startOthers(program, end)
  return proceed(program, end)
}

/**
 * Runs this thread's part of a program from the instruction at `from` on. Returns 0 when all threads have done theirs, or
 * after a while of waiting the address of the barrier, or of the end, at which another is missing.
 */
export function proceed(from: usize, end: usize): usize {
  const at = execute(from, end)
  return at == end && passBarrier() ? 0 : at
}

/** Runs this thread's part of every program that is started, until the engine fails or is closed. */
export function work(): void {
  for (let started = 0; awaitStart(started); started++) {
    refreshMemory()
    const end = startedEnd()
    let at = startedProgram()
    do at = proceed(at, end)
    while (at != 0 && !hasFailed())
  }
}
