/** GEMM in GFLOP/s beside what its micro-kernel reaches in the L1 cache, and skipping zeros beside not skipping them. */
import { pathToFileURL } from 'node:url'
import { GemmFlag } from '../assembly/codes.js'
import type { Benchmark } from '../src/benchmark/benchmark.js'
import { openEngine } from '../src/benchmark/engines.js'
import { type GemmShape, gemmBenchmark, gemmBenchmarks } from '../src/benchmark/gemm.js'
import { interleave, ratios, summarise } from '../src/benchmark/windows.js'
import { table } from '../src/cli/table.js'

const { TransposeA, TransposeB, SkipZeros } = GemmFlag

const WINDOWS = 9
const WINDOW_SECONDS = 0.03

/** A and B in L1, unpacked, no edges: the multiply+add peak that the micro-kernel makes of this machine. */
const peak = gemmBenchmark('peak', 'kernel in L1', { m: 8, k: 256, n: 16 })

/** [m x k] [k x n], with the products of training named by their layer. */
const sparse: Record<string, GemmShape> = {
  'MNIST, dense 784-512, batch 128: forward': { m: 128, k: 784, n: 512, zeros: 0.81 },
  'MNIST: weight gradient': { m: 784, k: 128, n: 512, flags: TransposeA, zeros: 0.81 },
  'MNIST, dense 784-128, batch 32: forward': { m: 32, k: 784, n: 128, zeros: 0.81 },
  'MNIST: weight gradient, batch 32': { m: 784, k: 32, n: 128, flags: TransposeA, zeros: 0.81 },
  'MNIST, dense 784-100, batch 250: forward': { m: 250, k: 784, n: 100, zeros: 0.81 },
  'dropped-out relu 2048-2048, batch 32: forward': { m: 32, k: 2048, n: 2048, zeros: 0.75 },
  'dropped-out relu: weight gradient': { m: 2048, k: 32, n: 2048, flags: TransposeA, zeros: 0.75 },
  'dropped-out relu: input gradient': { m: 32, k: 2048, n: 2048, flags: TransposeB, zeros: 0.75 },
  'half zeros: forward': { m: 128, k: 784, n: 512, zeros: 0.5 },
  'half zeros: weight gradient': { m: 784, k: 128, n: 512, flags: TransposeA, zeros: 0.5 },
  'one MNIST image: 784-512': { m: 1, k: 784, n: 512, zeros: 0.81 },
}

const product = ({ m, k, n, flags = 0 }: GemmShape) =>
  `${m}x${k}x${n}${flags & TransposeA ? ' A^T' : ''}${flags & TransposeB ? ' B^T' : ''}`

function figure(values: readonly number[]): string {
  const { median, least, most } = summarise(values)
  const giga = (value: number) => (value / 1e9).toFixed(1)
  return `${giga(median)} (${giga(least)}..${giga(most)})`
}

/** Measures two products in turn on one engine. */
async function compare(base: Benchmark, other: Benchmark) {
  const engine = await openEngine('simd')
  const [first, second] = [base.prepare(engine), other.prepare(engine)]
  const found = await interleave(WINDOWS, {
    base: () => first.speed(WINDOW_SECONDS),
    other: () => second.speed(WINDOW_SECONDS),
  })
  engine.close()
  return { ...found, ratio: ratios(found.other, found.base).median }
}

/** Measures all shapes and prints the tables. */
export async function benchGemm(): Promise<void> {
  const rows = [['SGEMM, GFLOP/s', 'simd', 'kernel in L1', 'share']]
  for (const benchmark of gemmBenchmarks) {
    const { base, other, ratio } = await compare(peak, benchmark)
    rows.push([benchmark.title, figure(other), figure(base), `${(100 * ratio).toFixed(0)}%`])
  }
  console.log(`\n${table(rows)}`)

  const skipping = [['zeros of A skipped, GFLOP/s', 'm x k x n', 'zeros', 'not skipped', 'skipped', 'ratio']]
  for (const [name, shape] of Object.entries(sparse)) {
    const { base, other, ratio } = await compare(
      gemmBenchmark('dense', name, shape),
      gemmBenchmark('skipped', name, { ...shape, flags: (shape.flags ?? 0) | SkipZeros }),
    )
    skipping.push([
      ...[name, product(shape), `${(100 * shape.zeros!).toFixed(0)}%`, figure(base), figure(other)],
      `${ratio.toFixed(2)}x`,
    ])
  }
  console.log(`\n${table(skipping)}`)
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) await benchGemm()
