/** GEMM in GFLOP/s beside what its micro-kernel reaches in the L1 cache, and skipping zeros beside not skipping them. */
import { pathToFileURL } from 'node:url'
import { GemmFlag } from '../assembly/opcodes.js'
import type { Engine } from '../src/engine/engine.js'
import { createSimdEngine } from '../src/engine/wasm.js'
import { encode } from '../src/program/encode.js'
import { gemm, type InstructionType } from '../src/program/instructions.js'
import { interleave, type Measured, table } from './windows.js'

const { TransposeA, TransposeB, Accumulate, SkipZeros } = GemmFlag

const WINDOWS = 9
const WINDOW_SECONDS = 0.03

interface Shape {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly flags?: number
  /** Share of A's elements that are zeros. */
  readonly zeros?: number
}

/** A and B in L1, unpacked, no edges: the multiply+add peak that the micro-kernel makes of this machine. */
const peak: Shape = { m: 8, k: 256, n: 16 }

/** [m x k] [k x n], with the products of training named by their layer. */
const dense: Record<string, Shape> = {
  square: { m: 512, k: 512, n: 512 },
  'large square': { m: 1024, k: 1024, n: 1024 },
  'dense 784-512, batch 128: forward': { m: 128, k: 784, n: 512 },
  'weight gradient': { m: 784, k: 128, n: 512, flags: TransposeA },
  'dense 512-10, batch 128: forward': { m: 128, k: 512, n: 10 },
  'weight gradient, 10 columns': { m: 512, k: 128, n: 10, flags: TransposeA },
  'input gradient, 10 terms': { m: 128, k: 10, n: 512, flags: TransposeB },
  'dense 784-128, batch 32: forward': { m: 32, k: 784, n: 128 },
  'weight gradient, batch 32': { m: 784, k: 32, n: 128, flags: TransposeA },
  'dense 784-100, batch 250: forward': { m: 250, k: 784, n: 100 },
  'weight gradient, 100 columns': { m: 784, k: 250, n: 100, flags: TransposeA },
  'dense 2048-2048, batch 32: forward': { m: 32, k: 2048, n: 2048 },
  'weight gradient, 2048': { m: 2048, k: 32, n: 2048, flags: TransposeA },
  'input gradient, 2048': { m: 32, k: 2048, n: 2048, flags: TransposeB },
  'lstm 128, batch 128: one step': { m: 128, k: 128, n: 512, flags: Accumulate },
  'step of the input gradient': { m: 128, k: 512, n: 128, flags: TransposeB },
  'lstm 16, batch 128: one step': { m: 128, k: 16, n: 64, flags: Accumulate },
  'one image: 784-512': { m: 1, k: 784, n: 512 },
  'one image: 512-10': { m: 1, k: 512, n: 10 },
  'one image: 2048-2048': { m: 1, k: 2048, n: 2048 },
  'one image: input gradient': { m: 1, k: 512, n: 784, flags: TransposeB },
}

const sparse: Record<string, Shape> = {
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

/** A run of one product for about `WINDOW_SECONDS`, in GFLOP/s, every term counted whether skipped or not. */
function prepare(engine: Engine, { m, k, n, flags = 0, zeros = 0 }: Shape): () => number {
  const place = (length: number, value: (i: number) => number) => {
    const address = engine.allocate(length * 4)
    const { f32 } = engine.views
    for (let i = 0; i < length; i++) f32[(address >>> 2) + i] = value(i)
    return address
  }
  // Fractions of multiples of the golden ratio: spread evenly, without a pattern that a branch predictor could learn.
  const spread = (i: number) => (i * 0.6180339887498949) % 1
  const instruction = encode(gemm as unknown as InstructionType, {
    a: place(m * k, (i) => (spread(Math.imul(i, i + 7) >>> 0) < zeros ? 0 : spread(i) - 0.5)),
    lda: flags & TransposeA ? m : k,
    b: place(k * n, (i) => spread(i) - 0.5),
    ldb: flags & TransposeB ? k : n,
    c: place(m * n, () => 0),
    ldc: n,
    m,
    n,
    k,
    flags,
  })
  const flops = 2 * m * n * k
  // Small products many to a program, so that calling the core does not count.
  const copies = Math.ceil(1e6 / flops)
  const words = new Array<number[]>(copies).fill(instruction).flat()
  const program = engine.allocate(words.length * 4)
  engine.views.i32.set(words, program >>> 2)
  return () => {
    const start = performance.now()
    let runs = 0
    let seconds = 0
    do {
      engine.run(program, words.length)
      runs++
      seconds = (performance.now() - start) / 1000
    } while (seconds < WINDOW_SECONDS)
    return (flops * copies * runs) / seconds / 1e9
  }
}

const figure = ({ median, least, most }: Measured) =>
  `${median.toFixed(1)} (${least.toFixed(1)}..${most.toFixed(1)})`
const product = ({ m, k, n, flags = 0 }: Shape) =>
  `${m}x${k}x${n}${flags & TransposeA ? ' A^T' : ''}${flags & TransposeB ? ' B^T' : ''}${flags & Accumulate ? ' +=' : ''}`

/**
 * Measures two products in turn; `ratio` is of neighbouring windows, so that a machine which slows down for a while
 * slows both.
 */
async function compare(base: () => number, other: () => number) {
  const latest = { base: 0, other: 0 }
  return await interleave(WINDOWS, {
    base: () => {
      latest.base = base()
      return latest.base
    },
    other: () => {
      latest.other = other()
      return latest.other
    },
    ratio: () => latest.other / latest.base,
  })
}

/** Measures all shapes and prints the tables. */
export async function benchGemm(): Promise<void> {
  const rows = [['SGEMM, GFLOP/s', 'm x k x n', 'simd', 'kernel in L1', 'share']]
  for (const [name, shape] of Object.entries(dense)) {
    const engine = await createSimdEngine()
    const found = await compare(prepare(engine, peak), prepare(engine, shape))
    const share = `${(100 * found.ratio.median).toFixed(0)}%`
    rows.push([name, product(shape), figure(found.other), figure(found.base), share])
    engine.close()
  }
  console.log(`\n${table(rows)}`)

  const skipping = [['zeros of A skipped, GFLOP/s', 'm x k x n', 'zeros', 'not skipped', 'skipped', 'ratio']]
  for (const [name, shape] of Object.entries(sparse)) {
    const engine = await createSimdEngine()
    const found = await compare(
      prepare(engine, shape),
      prepare(engine, { ...shape, flags: (shape.flags ?? 0) | SkipZeros }),
    )
    skipping.push([
      name,
      product(shape),
      `${(100 * shape.zeros!).toFixed(0)}%`,
      figure(found.base),
      figure(found.other),
      `${found.ratio.median.toFixed(2)}x`,
    ])
    engine.close()
  }
  console.log(`\n${table(skipping)}`)
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) await benchGemm()
