import { GemmFlag } from '../../assembly/codes.js'
import { gemm } from '../program/instructions.js'
import type { Benchmark } from './benchmark.js'
import { kernelBenchmark } from './kernel-program.js'

const { TransposeA, TransposeB, Accumulate, SkipZeros } = GemmFlag

/** C [m x n] = op(A) [m x k] op(B) [k x n]. */
export interface GemmShape {
  readonly m: number
  readonly k: number
  readonly n: number
  /** Bits of GemmFlag. */
  readonly flags?: number
  /** Share of A's elements that are zeros. */
  readonly zeros?: number
}

/** A product of this shape; every term counts, whether skipped or not. */
export function gemmBenchmark(id: string, title: string, shape: GemmShape): Benchmark {
  const { m, k, n, flags = 0, zeros = 0 } = shape
  const [isA, isB] = [(flags & TransposeA) !== 0, (flags & TransposeB) !== 0]
  return kernelBenchmark({ id, group: 'gemm', title }, (program) => {
    program.emit(gemm, {
      ...{ a: program.signed(isA ? [k, m] : [m, k], zeros), lda: isA ? m : k },
      ...{ b: program.signed(isB ? [n, k] : [k, n]), ldb: isB ? k : n },
      ...{ c: program.constant(0, [m, n]), ldc: n, m, n, k, flags, bias: null, activation: 0, slope: 0 },
    })
  })
}

const square = (size: number) =>
  gemmBenchmark(`gemm-${size}`, `${size} x ${size} x ${size}`, { m: size, k: size, n: size })

/** Squares, and the products of training on MNIST: batch 128 unless another is named. */
export const gemmBenchmarks: readonly Benchmark[] = [
  ...[64, 128, 256, 512, 1024].map(square),
  gemmBenchmark('gemm-forward', '784-512 forward', { m: 128, k: 784, n: 512 }),
  gemmBenchmark('gemm-weights', '784-512 weight gradient', { m: 784, k: 128, n: 512, flags: TransposeA }),
  gemmBenchmark('gemm-forward-zeros', '784-512 forward, 81% zeros skipped', {
    ...{ m: 128, k: 784, n: 512, flags: SkipZeros, zeros: 0.81 },
  }),
  gemmBenchmark('gemm-weights-zeros', '784-512 weight gradient, 81% zeros skipped', {
    ...{ m: 784, k: 128, n: 512, flags: TransposeA | SkipZeros, zeros: 0.81 },
  }),
  gemmBenchmark('gemm-output', '512-10 forward', { m: 128, k: 512, n: 10 }),
  gemmBenchmark('gemm-output-input', '512-10 input gradient', { m: 128, k: 10, n: 512, flags: TransposeB }),
  gemmBenchmark('gemm-wide', '2048-2048 forward, batch 32', { m: 32, k: 2048, n: 2048 }),
  gemmBenchmark('gemm-wide-weights', '2048-2048 weight gradient, batch 32', {
    ...{ m: 2048, k: 32, n: 2048, flags: TransposeA },
  }),
  gemmBenchmark('gemm-wide-input', '2048-2048 input gradient, batch 32', {
    ...{ m: 32, k: 2048, n: 2048, flags: TransposeB },
  }),
  gemmBenchmark('gemm-state', 'LSTM(128), one step added', { m: 128, k: 128, n: 512, flags: Accumulate }),
  gemmBenchmark('gemm-image', '784-512 forward, one image', { m: 1, k: 784, n: 512 }),
]
