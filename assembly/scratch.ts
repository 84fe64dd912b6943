/**
 * Working memory that belongs to one thread alone, such as a GEMM's packed panels. The host allocates it once, next to
 * the programs, since the core itself never allocates.
 */

/** Bytes that the host must set aside for each thread. */
export const SCRATCH_BYTES: i32 = 1 << 20

let scratchBase: usize = 0

/** Address of this thread's scratch memory. */
export function scratch(): usize {
  return scratchBase
}

/** Gives this thread its scratch memory: `SCRATCH_BYTES` bytes, aligned to 64. */
export function setScratch(address: usize): void {
  scratchBase = address
}
