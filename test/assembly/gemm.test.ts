import t from 'tap'
import { Activation, GemmFlag } from '../../assembly/codes.js'
import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import { createSimdEngine, createWasmEngine } from '../../src/engine/wasm.js'
import { encode } from '../../src/program/encode.js'
import { gemm, type InstructionType } from '../../src/program/instructions.js'
import { effort } from '../support/effort.js'
import { randomIntegers } from '../support/random.js'
import { runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const { TransposeA, TransposeB, Accumulate, SkipZeros } = GemmFlag

/** One product: where its matrices lie in `memory`, in floats, and the instruction's other arguments. */
interface Product {
  readonly memory: Float32Array
  readonly args: Readonly<Record<string, number>>
}

interface Shape {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly flags: number
  readonly activation?: number
  readonly bias?: boolean
  /** Parts in 100 of A that are zeros of either sign. */
  readonly zeros?: number
  /** Infinities and NaN among A's or B's elements. */
  readonly special?: 'a' | 'b'
  /** Elements between the end of a row and the next row's start. */
  readonly gap?: number
}

const WORD = 4
const GUARD = 8

/** Fills a product's memory: NaN wherever no input lies, C included where it is only written. */
function createProduct(shape: Shape, seed: number): Product {
  const random = randomIntegers(seed)
  const { m, n, k, flags, activation = Activation.None, bias = false, zeros = 10, special, gap = 0 } = shape
  const float = () => {
    const kind = random(0, 99)
    const scale = kind === 0 ? 2 ** -130 : kind === 1 ? 2 ** 40 : 1
    return (random(-(2 ** 23), 2 ** 23) / 2 ** 22) * scale
  }
  const odd = (value: number) => (random(0, 19) === 0 ? [Infinity, -Infinity, NaN][random(0, 2)]! : value)
  const zero = () => (random(0, 1) === 0 ? 0 : -0)
  const elementOfA = () => (random(0, 99) < zeros ? zero() : special === 'a' ? odd(float()) : float())
  const elementOfB = () => (special === 'b' ? odd(float()) : float())

  const [aRows, aColumns] = flags & TransposeA ? [k, m] : [m, k]
  const [bRows, bColumns] = flags & TransposeB ? [n, k] : [k, n]
  const lda = aColumns + gap
  const ldb = bColumns + (gap && random(0, gap))
  const ldc = n + (gap && random(0, gap))
  const a = GUARD
  const b = a + aRows * lda + GUARD
  const c = b + bRows * ldb + GUARD
  const biasAt = c + m * ldc + GUARD
  const memory = new Float32Array(biasAt + n + GUARD).fill(NaN)
  const put = (at: number, rows: number, columns: number, stride: number, element: () => number) => {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) memory[at + i * stride + j] = element()
  }
  put(a, aRows, aColumns, lda, elementOfA)
  put(b, bRows, bColumns, ldb, elementOfB)
  if (flags & Accumulate) put(c, m, n, ldc, () => (random(0, 9) === 0 ? zero() : float()))
  if (bias) put(biasAt, 1, n, n, float)
  return {
    memory,
    args: { a, lda, b, ldb, c, ldc, m, n, k, flags, bias: bias ? biasAt : 0, activation, slope: 0.125 },
  }
}

/** The product's memory after it was run on `engine`, as bits, with one pattern for every NaN. */
function run(engine: Engine, { memory, args }: Product): Uint32Array {
  const base = engine.allocate(memory.byteLength)
  const address = (name: string) => base + args[name]! * WORD
  const words = encode(gemm as unknown as InstructionType, {
    ...args,
    a: address('a'),
    b: address('b'),
    c: address('c'),
    bias: args.bias === 0 ? 0 : address('bias'),
  })
  const program = engine.allocate(words.length * WORD)
  engine.views.i32.set(words, program >>> 2)
  engine.views.f32.set(memory, base >>> 2)
  engine.run(program, words.length)
  const floats = engine.views.f32.slice(base >>> 2, (base >>> 2) + memory.length)
  const bits = new Uint32Array(floats.buffer)
  for (let i = 0; i < bits.length; i++) if (Number.isNaN(floats[i])) bits[i] = 0x7fc00000
  engine.release(program)
  engine.release(base)
  return bits
}

/** Where two runs differ first, in words, or -1. */
function difference(x: Uint32Array, y: Uint32Array): number {
  return x.findIndex((word, i) => word !== y[i])
}

function describe(shape: Shape): string {
  const { m, n, k, flags } = shape
  const names = ['transposeA', 'transposeB', 'accumulate', 'skipZeros'].filter((_, bit) => flags & (1 << bit))
  return `${m} x ${k} x ${n} ${names.join(' ')} ${JSON.stringify(shape)}`
}

/** Shapes of every mode; sizes from 1 to `largest`. */
function* randomShapes(count: number, largest: number, seed: number): Generator<Shape> {
  const random = randomIntegers(seed)
  const size = () => random(1, random(0, 3) === 0 ? 9 : largest)
  const activations = [
    Activation.None,
    Activation.Relu,
    Activation.LeakyRelu,
    Activation.Tanh,
    Activation.Sigmoid,
  ]
  for (let i = 0; i < count; i++) {
    const flags = random(0, 15)
    const special = random(0, 7) === 0 ? (['a', 'b'] as const)[random(0, 1)] : undefined
    yield {
      m: size(),
      n: size(),
      k: size(),
      flags,
      zeros: [0, 10, 29, 33, 37, 80, 95, 100][random(0, 7)]!,
      gap: random(0, 1) * 7,
      ...(special && { special }),
      ...(!(flags & Accumulate) && { activation: activations[random(0, 4)]!, bias: random(0, 1) === 1 }),
    }
  }
}

/** Sizes on both sides of the blocks' edges: KC = 256, the panels' widths, packed B's columns at each depth. */
const edgeShapes: Shape[] = [255, 256, 257, 513].flatMap((k) =>
  [0, TransposeA, TransposeB, TransposeA | TransposeB].flatMap((transposes) =>
    [0, Accumulate, SkipZeros].map((mode) => ({
      m: 21,
      n: 75,
      k,
      flags: transposes | mode,
      zeros: 60,
      bias: mode === 0,
    })),
  ),
)
for (const n of [511, 512, 513, 1100]) {
  for (const flags of [0, TransposeB, SkipZeros, SkipZeros | TransposeA | TransposeB, Accumulate]) {
    edgeShapes.push({ m: 18, n, k: 300, flags, zeros: 70, gap: 3, bias: !(flags & Accumulate) })
    edgeShapes.push({ m: 2, n, k: 300, flags, zeros: 70 })
  }
}
edgeShapes.push(
  { m: 5, n: 9000, k: 20, flags: TransposeB },
  { m: 9, n: 9000, k: 20, flags: SkipZeros, zeros: 75 },
)

t.test('the cores give the bits of the plain loops', async (t) => {
  const simd = await createSimdEngine()
  const scalar = await createWasmEngine('scalar')
  const js = createJsEngine()
  let seed = 1
  const shapes = [...randomShapes(effort(1000, 5000), 70, 7), ...edgeShapes]
  for (const shape of shapes) {
    const product = createProduct(shape, ++seed)
    const expected = run(js, product)
    for (const engine of [simd, scalar]) {
      const at = difference(run(engine, product), expected)
      if (at >= 0) t.fail(`${engine.name}: ${describe(shape)} differs at word ${at}`, { args: product.args })
    }
  }
  t.pass(`${shapes.length} products`)
})

t.test('writes nothing but C', async (t) => {
  for (const engine of [await createSimdEngine(), createJsEngine()]) {
    for (const shape of randomShapes(300, 40, 3)) {
      const product = createProduct(shape, 5)
      const { c, ldc, m, n } = product.args as Record<'c' | 'ldc' | 'm' | 'n', number>
      const after = new Float32Array(run(engine, product).buffer)
      const outside = after.findIndex((value, i) => {
        const row = Math.floor((i - c) / ldc)
        const inC = row >= 0 && row < m && (i - c) % ldc < n
        return !inC && !Object.is(value, product.memory[i])
      })
      if (outside >= 0) t.fail(`${engine.name}: ${describe(shape)} wrote word ${outside}`)
    }
    t.pass(engine.name)
  }
})

t.test('the plain loops agree with a product in float64', async (t) => {
  const js = createJsEngine()
  for (const shape of randomShapes(200, 40, 11)) {
    const { special: _, activation: __, ...plain } = shape
    const product = createProduct(plain, 13)
    const { memory, args } = product
    const { a, lda, b, ldb, c, ldc, m, n, k, flags, bias } = args as Record<string, number> & typeof args
    const result = new Float32Array(run(js, product).buffer)
    for (let i = 0; i < m!; i++) {
      for (let j = 0; j < n!; j++) {
        let sum = flags! & Accumulate ? memory[c! + i * ldc! + j]! : 0
        if (bias) sum += memory[bias + j]!
        let magnitude = Math.abs(sum)
        for (let p = 0; p < k!; p++) {
          const x = memory[a! + (flags! & TransposeA ? p * lda! + i : i * lda! + p)]!
          const y = memory[b! + (flags! & TransposeB ? j * ldb! + p : p * ldb! + j)]!
          sum += x * y
          magnitude += Math.abs(x * y)
        }
        // Higham, Accuracy and Stability of Numerical Algorithms, (3.5), plus underflow.
        const bound = (k! + 2) * 2 ** -24 * magnitude * 1.01 + k! * 2 ** -149
        const error = Math.abs(result[c! + i * ldc! + j]! - sum)
        if (!(error <= bound)) t.fail(`${describe(shape)}: C[${i}, ${j}] is off by ${error}, bound ${bound}`)
      }
    }
  }
  t.pass('within the bound')
})

t.test('skipping zeros changes no bit while B is finite', async (t) => {
  for (const engine of [await createSimdEngine(), createJsEngine()]) {
    let seed = 100
    for (const shape of randomShapes(300, 70, 17)) {
      const finite = { ...shape, special: 'a' as const, zeros: 75 }
      const dense = createProduct({ ...finite, flags: shape.flags & ~SkipZeros }, ++seed)
      const sparse = createProduct({ ...finite, flags: shape.flags | SkipZeros }, seed)
      const at = difference(run(engine, dense), run(engine, sparse))
      if (at >= 0) t.fail(`${engine.name}: ${describe(shape)} differs at word ${at}`)
    }
    t.pass(engine.name)
  }
})

t.test('any number of threads gives the same bits', async (t) => {
  const reference = await createSimdEngine()
  const shapes: Shape[] = [
    ...randomShapes(effort(200, 800), 70, 23),
    ...[0, SkipZeros, TransposeA | SkipZeros, TransposeB, Accumulate].flatMap((flags) => [
      { m: 33, n: 300, k: 270, flags, zeros: 70 },
      { m: 1, n: 130, k: 270, flags, zeros: 70 },
      { m: 130, n: 10, k: 270, flags, zeros: 70 },
    ]),
  ]
  for (const threads of [2, 3, 8]) {
    const engine = await createSharesEngine(threads, 4 << 20)
    let seed = 200
    for (const shape of shapes) {
      const product = createProduct(shape, ++seed)
      const at = difference(run(reference, product), run(engine, product))
      if (at >= 0) t.fail(`${threads} threads: ${describe(shape)} differs at word ${at}`)
    }
    t.pass(`${threads} threads`)
  }
})

t.test('zeros are skipped from a third of A and 32 columns on, in every engine alike', async (t) => {
  const engines = [await createSimdEngine(), createJsEngine(), await createSharesEngine(3, 1 << 20)]
  for (const { zeros, n, m, skipped } of [
    { zeros: 3, n: 32, m: 3, skipped: true },
    { zeros: 2, n: 32, m: 3, skipped: false },
    { zeros: 3, n: 31, m: 3, skipped: false },
    { zeros: 5, n: 32, m: 5, skipped: true },
    { zeros: 4, n: 32, m: 5, skipped: false },
  ]) {
    // The zero in A's first row meets B's infinities: NaN in C tells that it was not skipped.
    const k = 3
    const a = new Float32Array(m * k).fill(1)
    for (let i = 0; i < zeros; i++) a[(i % m) * k] = 0
    const b = new Float32Array(k * n).fill(1)
    b.fill(Infinity, 0, n)
    for (const engine of engines) {
      const c = new Float32Array(m * n)
      runInstruction(engine, gemm, {
        ...{ a, lda: k, b, ldb: n, c, ldc: n, m, n, k, flags: SkipZeros },
        ...{ bias: null, activation: Activation.None, slope: 0 },
      })
      t.ok(
        Object.is(c[0], skipped ? 2 : NaN),
        `${engine.describe()}: ${zeros} zeros of ${m * k}, ${n} columns`,
      )
    }
  }
})
