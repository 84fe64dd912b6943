/**
 * Which share of an instruction this instance of the core does. Every thread runs the same program; a kernel asks
 * here for its part of the rows or elements. A sum is never split, so that the number of threads changes no bit.
 */

let thread: i32 = 0
let threads: i32 = 1

/** This instance is number `index` of `count`. */
export function setThread(index: i32, count: i32): void {
  thread = index
  threads = count
}

export function threadIndex(): i32 {
  return thread
}

export function threadCount(): i32 {
  return threads
}

/** True on the one thread that does work which cannot be shared. */
export function isFirstThread(): bool {
  return thread == 0
}

/** First of this thread's units when `count` units are shared out in whole multiples of `grain`. */
export function shareBegin(count: i32, grain: i32): i32 {
  return shareStart(count, grain, thread)
}

/** One past the last of this thread's units. */
export function shareEnd(count: i32, grain: i32): i32 {
  return shareStart(count, grain, thread + 1)
}

function shareStart(count: i32, grain: i32, index: i32): i32 {
  const grains = (count + grain - 1) / grain
  const start = <i32>((<i64>grains * <i64>index) / <i64>threads) * grain
  return min(start, count)
}
