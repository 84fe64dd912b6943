/**
 * How the threads of an engine run one program together. Each has an instance of this module of its own, so a mutable
 * global here belongs to one thread; memory is shared, and in it the control block, by which they wait for each other.
 *
 * A barrier is a counter of arrivals and a number that the last to arrive moves on (Mellor-Crummey and Scott 1991,
 * "Algorithms for Scalable Synchronization on Shared-Memory Multiprocessors", a central barrier; counting barriers takes
 * the place of the sense, so that nothing has to be reversed). Who waits spins for a bounded time, then sleeps: with
 * fewer free cores than threads, spinning takes the time of the very thread that is waited for.
 *
 * Builds without shared memory have one thread, for which every barrier is already passed.
 */
import { setThread, threadCount, threadIndex } from './threads'

/** Longest sleep in nanoseconds before looking whether the others are still alive. */
const SLICE: i64 = 50_000_000
const FOR_EVER: i64 = -1

// The control block. A word that somebody spins on has a cache line of its own, beside it how many sleep on it.
const ARRIVED: usize = 0
const PASSED: usize = 64
const STARTED: usize = 128
const SLEEPERS: usize = 4
const PROGRAM: usize = 192
const END: usize = 196
/** How many pages memory has, for those who have not noticed. */
const PAGES: usize = 200
/** The number of a thread that has failed, or -1 once the engine is given up: nobody waits any longer. */
export const FAILED: i32 = 256
/** One line for each thread: at how many barriers it has arrived, -1 for a thread that has yet to join. */
export const PROGRESS: i32 = 320
export const PROGRESS_STRIDE: i32 = 64

/** Rounds of a spin that is not expected to see anything. */
const GLANCE: i32 = 200
/** So many spins in vain in a row, and one may as well sleep at once; at the most for 2^LONGEST waits. */
const IN_VAIN: i32 = 3
const LONGEST: i32 = 10

let control: usize = 0
let spins: i32 = 0
/** Spins in vain in a row. */
let vain: i32 = 0
/** Waits to come in which this thread only glances before it sleeps. */
let glances: i32 = 0
/** Barriers that this thread has arrived at. */
let barriers: i32 = 0
/** Whether it has yet to see the last of them passed. */
let waiting: bool = false

/**
 * Makes this instance thread `index` of `count`. `address` is that of the control block, PROGRESS + count *
 * PROGRESS_STRIDE bytes aligned to 64, all zero but for the threads' lines; `rounds` says how long to spin.
 */
export function joinThreads(index: i32, count: i32, address: usize, rounds: i32): void {
  setThread(index, count)
  control = address
  spins = rounds
  if (ASC_FEATURE_THREADS) atomic.store<i32>(progressOf(index), 0)
}

function progressOf(index: i32): usize {
  return control + PROGRESS + index * PROGRESS_STRIDE
}

/** Ends the work of all threads: who sleeps wakes up, and who waits for another gives up within a slice of time. */
export function stopOthers(): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(control + FAILED, -1)
    advance(control + STARTED, atomic.load<i32>(control + STARTED) + 1)
  }
}

/** Lets all other threads run the program up to `end`, too. */
export function startOthers(program: usize, end: usize): void {
  if (ASC_FEATURE_THREADS) {
    store<usize>(control + PROGRAM, program)
    store<usize>(control + END, end)
    store<i32>(control + PAGES, memory.size())
    advance(control + STARTED, atomic.load<i32>(control + STARTED) + 1)
  }
}

/** Whether a program was started that is not number `seen`; sleeps until then, or until the engine fails. */
export function awaitStart(seen: i32): bool {
  if (ASC_FEATURE_THREADS) {
    do if (hasFailed()) return false
    while (!changed(control + STARTED, seen, FOR_EVER))
    return !hasFailed()
  }
  return false
}

/**
 * Lets this instance see all of memory. Runtimes tell other threads late that memory has grown, or, when it happens while
 * one starts, never: `memory.copy` and atomics then trap behind what the thread takes for the end. Growing by nothing makes
 * it look.
 */
export function refreshMemory(): void {
  if (memory.size() < load<i32>(control + PAGES)) memory.grow(0)
}

export function startedProgram(): usize {
  return load<usize>(control + PROGRAM)
}

export function startedEnd(): usize {
  return load<usize>(control + END)
}

export function hasFailed(): bool {
  if (ASC_FEATURE_THREADS) return atomic.load<i32>(control + FAILED) != 0
  return false
}

/**
 * Waits for all threads to come to this barrier, for a slice of time at most: true when they have, false when one is
 * missing. Then it is called again, or the engine is given up.
 */
export function passBarrier(): bool {
  if (ASC_FEATURE_THREADS) {
    if (!waiting) {
      barriers++
      atomic.store<i32>(progressOf(threadIndex()), barriers)
      if (atomic.add<i32>(control + ARRIVED, 1) + 1 == threadCount()) {
        // Nobody arrives at the next barrier before this one is passed.
        atomic.store<i32>(control + ARRIVED, 0)
        advance(control + PASSED, barriers)
        return true
      }
    }
    waiting = !changed(control + PASSED, barriers - 1, SLICE)
    return !waiting
  }
  return true
}

/** Gives the word at `address` its next value and wakes who sleeps on it. */
function advance(address: usize, value: i32): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(address, value)
    if (atomic.load<i32>(address, SLEEPERS) != 0) atomic.notify(address, -1)
  }
}

/** Whether the word at `address` is no longer `value`, waiting for it up to `nanoseconds`. */
function changed(address: usize, value: i32, nanoseconds: i64): bool {
  if (ASC_FEATURE_THREADS) {
    if (spinWhile(address, value)) return true
    // Counted before the word is looked at once more by `wait`: who changes it first sees either the count or no sleeper.
    atomic.add<i32>(address, 1, SLEEPERS)
    atomic.wait<i32>(address, value, nanoseconds)
    atomic.sub<i32>(address, 1, SLEEPERS)
    return atomic.load<i32>(address) != value
  }
  return true
}

/**
 * Spins until the word at `address` is no longer `value`, for a bounded time. Threads that have to share a processor
 * only hold each other up by it, and then every spin is in vain: measured, a step of ten barriers took four times as long.
 * So after some of those a thread sleeps at once, and spins again every now and then to find out whether it helps.
 */
function spinWhile(address: usize, value: i32): bool {
  if (ASC_FEATURE_THREADS) {
    const glance = glances > 0
    for (let rounds = glance ? min(GLANCE, spins) : spins; rounds > 0; rounds--) {
      if (atomic.load<i32>(address) == value) continue
      if (!glance) vain = 0
      else glances--
      return true
    }
    if (glance) {
      glances--
    } else {
      vain = min(vain + 1, LONGEST)
      if (vain >= IN_VAIN) glances = 1 << vain
    }
  }
  return false
}
