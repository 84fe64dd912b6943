/** The numeric core: kernels over one imported linear memory, and the interpreter that runs programs of them. */
export { FAILED, joinThreads, PROGRESS, PROGRESS_STRIDE, stopOthers } from './barrier'
export { fusesMultiplyAdd } from './lanes'
export { proceed, run, start, work } from './run'
export { SCRATCH_BYTES, setScratch } from './scratch'
export { setThread } from './threads'

/** First byte of memory that the host may use: below lie the core's own constants. */
export function heapBase(): usize {
  return __heap_base
}
