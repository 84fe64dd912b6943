import { readFileSync } from 'node:fs'
import { main as compile } from 'assemblyscript/asc'
import t from 'tap'
import {
  cosTurns,
  exp,
  expm1Negative,
  gaussian,
  log,
  normalTail,
  sigmoid,
  sinTurns,
  softplus,
  tanh,
} from '../../src/engine/js/math.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { randomIntegers } from '../support/random.js'

/** The next power of two above every float32: what an infinite result counts as when its error is measured. */
const OVERFLOW = 2 ** 128

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)
const double = new Float64Array(1)
const doubleWords = new Uint32Array(double.buffer)

const bitsOf = (x: number) => {
  float[0] = x
  return bits[0]!
}

/** The distance of `found` from `wanted`, in units in the last place of float32 at `wanted`. */
function ulps(found: number, wanted: number): number {
  if (Number.isNaN(wanted)) return Number.isNaN(found) ? 0 : Infinity
  if (found === wanted) return 0
  const bounded = Math.max(-OVERFLOW, Math.min(wanted, OVERFLOW))
  const finite = Math.max(-OVERFLOW, Math.min(found, OVERFLOW))
  double[0] = bounded
  const exponent = ((doubleWords[1]! >>> 20) & 0x7ff) - 1023
  return Math.abs(finite - bounded) / 2 ** Math.max(Math.min(exponent, 127) - 23, -149)
}

/** Every 1999th bit pattern, the special values, and 200 floats to each side of every place where a formula changes. */
function everyKindOfFloat(): Float32Array {
  const patterns: number[] = []
  for (let pattern = 0; pattern < 2 ** 32; pattern += 1999) patterns.push(pattern)
  const special = [0, -0, Infinity, -Infinity, NaN, 2 ** -149, 3.4028234663852886e38]
  for (const x of special) patterns.push(bitsOf(x))
  const edges = [2 ** -126, 2 ** -149, 1, Math.SQRT1_2, Math.SQRT2, 89, 88.7228, 87.3366, 103.972, 104, 9.5]
  for (let n = 0; n <= 150; n++) edges.push((n + 0.5) * Math.LN2, ((n + 0.5) * Math.LN2) / 2)
  for (const edge of edges) {
    for (const sign of [0, 2 ** 31]) {
      const middle = bitsOf(edge) + sign
      for (let pattern = middle - 200; pattern <= middle + 200; pattern++) patterns.push(pattern)
    }
  }
  return new Float32Array(Uint32Array.from(patterns).buffer)
}

t.test('exp, log, tanh and the sigmoid stay within 2 ulp of the exact result', async (t) => {
  const functions = [
    { name: 'exp', found: exp, exact: Math.exp, bound: 1.03 },
    { name: 'log', found: log, exact: Math.log, bound: 0.85 },
    { name: 'tanh', found: tanh, exact: Math.tanh, bound: 2 },
    { name: 'sigmoid', found: sigmoid, exact: (x: number) => 1 / (1 + Math.exp(-x)), bound: 2 },
  ]
  const samples = everyKindOfFloat()
  for (const { name, found, exact, bound } of functions) {
    let worst = 0
    let at = 0
    for (const x of samples) {
      const error = ulps(found(x), exact(x))
      if (error > worst) {
        worst = error
        at = x
      }
    }
    t.ok(worst <= bound, `${name}: ${worst} ulp at ${at}, at most ${bound}`)
  }
})

t.test('softplus and e^x - 1 stay within 1.7 ulp of the exact result', async (t) => {
  const worst = { softplus: 0, expm1Negative: 0 }
  for (const x of everyKindOfFloat()) {
    const exact = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
    worst.softplus = Math.max(worst.softplus, ulps(softplus(x), exact))
    if (x <= 0) worst.expm1Negative = Math.max(worst.expm1Negative, ulps(expm1Negative(x), Math.expm1(x)))
  }
  t.ok(worst.softplus <= 1.7 && worst.expm1Negative <= 1, JSON.stringify(worst))
})

/** Phi(-t) by the integral of the density from t up: Simpson's rule, whose error is below 1e-11 of it. */
function normalTailByIntegral(t: number): number {
  const steps = 800
  const width = 10 / (t + 1) / steps
  const relative = (i: number) => Math.exp(-(i * width) * (t + (i * width) / 2))
  let sum = 1 + relative(steps)
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * relative(i)
  // A second stretch ten times as wide holds what is left where the density falls slowly.
  const rest = 40 / steps
  const far = (i: number) => Math.exp(-(steps * width + i * rest) * (t + (steps * width + i * rest) / 2))
  let more = far(0) + far(steps)
  for (let i = 1; i < steps; i++) more += (i % 2 === 0 ? 2 : 4) * far(i)
  return (Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)) * ((sum * width) / 3 + (more * rest) / 3)
}

t.test('the tail of the normal distribution stays within 4.2 ulp of its integral', async (t) => {
  let worst = 0
  for (let i = 0; i <= 6000; i++) {
    const x = Math.fround((i / 6000) * 15)
    worst = Math.max(worst, ulps(normalTail(x, gaussian(x)), normalTailByIntegral(x)))
  }
  t.ok(worst <= 4.2, `${worst} ulp`)
})

t.test('sine and cosine of turns stay within 1.6 ulp of the exact result', async (t) => {
  let worst = 0
  for (let i = 0; i <= 2 ** 24; i += 16) {
    const u = i / 2 ** 24
    const quarter = Math.round(u * 4)
    // The exact multiples of a quarter turn are taken off first, so that the reference itself is accurate near zeros.
    const angle = 2 * Math.PI * (u - quarter / 4)
    const sines = [Math.sin(angle), Math.cos(angle), -Math.sin(angle), -Math.cos(angle)]
    worst = Math.max(worst, ulps(sinTurns(u), sines[quarter & 3]!))
    worst = Math.max(worst, ulps(cosTurns(u), sines[(quarter + 1) & 3]!))
  }
  t.ok(worst <= 1.6, `${worst} ulp`)
})

t.test('special values', async (t) => {
  const table: [(x: number) => number, [number, number][]][] = [
    [
      exp,
      [
        [0, 1],
        [-0, 1],
        [Infinity, Infinity],
        [-Infinity, 0],
        [NaN, NaN],
        [89, Infinity],
        [-104, 0],
      ],
    ],
    [
      log,
      [
        [1, 0],
        [0, -Infinity],
        [-0, -Infinity],
        [Infinity, Infinity],
        [-1, NaN],
        [-Infinity, NaN],
        [NaN, NaN],
      ],
    ],
    [
      tanh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [NaN, NaN],
        [1e-45, 2 ** -149],
      ],
    ],
    [
      sigmoid,
      [
        [0, 0.5],
        [-0, 0.5],
        [Infinity, 1],
        [-Infinity, 0],
        [NaN, NaN],
      ],
    ],
  ]
  for (const [f, pairs] of table) {
    for (const [x, y] of pairs)
      t.ok(Object.is(f(Math.fround(x)), y), `${f.name}(${Object.is(x, -0) ? '-0' : x}) = ${y}`)
  }
})

/** A module whose `run` applies one function of assembly/math.ts to whole vectors. */
const HARNESS = `
import {
  cosTurns, exp, expNegative, expm1Negative, gaussian, log, normalTail, sigmoid, sinTurns, softplus, tanh
} from './math'
export function run(f: i32, x: usize, y: usize, count: i32): void {
  for (const end = x + ((<usize>count) << 2); x < end; x += 16, y += 16) {
    const v = v128.load(x)
    let r = v
    switch (f) {
      case 0: { r = exp(v); break }
      case 1: { r = expNegative(v); break }
      case 2: { r = log(v); break }
      case 3: { r = tanh(v); break }
      case 4: { r = sigmoid(v); break }
      case 5: { r = sinTurns(v); break }
      case 6: { r = cosTurns(v); break }
      case 7: { r = softplus(v); break }
      case 8: { r = expm1Negative(v); break }
      case 9: { r = normalTail(v, gaussian(v)); break }
    }
    v128.store(y, r)
  }
}`

t.test('the lanes give the bits of the scalar twins', async (t) => {
  const cases = new Cases()
  let binary: Uint8Array | undefined
  const messages: string[] = []
  const { error } = await compile(
    [
      'harness.ts',
      '--outFile',
      'harness.wasm',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '-O',
      '--initialMemory',
      '16',
    ],
    {
      readFile(name) {
        if (name === 'harness.ts') return HARNESS
        if (name !== 'math.ts' && name !== 'lanes.ts') return null
        return readFileSync(new URL(`../../../assembly/${name}`, import.meta.url), 'utf8')
      },
      writeFile(name, contents) {
        if (name === 'harness.wasm') binary = contents as Uint8Array
      },
      listFiles: () => [],
      stderr: { write: (text) => messages.push(String(text)) },
    },
  )
  t.equal(error, null, messages.join(''))
  const { instance } = await WebAssembly.instantiate(new Uint8Array(binary!))
  const core = instance.exports as unknown as {
    memory: WebAssembly.Memory
    run(f: number, x: number, y: number, count: number): void
  }
  const count = 1 << 16
  const [x, y] = [1 << 18, 1 << 19]
  const integers = randomIntegers(11)
  const any = () => mixedFloats(count, integers)
  const twins: [string, (x: number) => number, () => Float32Array][] = [
    ['exp', exp, any],
    ['expNegative', exp, () => any().map((x) => -Math.abs(x))],
    ['log', log, any],
    ['tanh', tanh, any],
    ['sigmoid', sigmoid, any],
    ['sinTurns', sinTurns, () => any().map(() => integers(0, 2 ** 24) / 2 ** 24)],
    ['cosTurns', cosTurns, () => any().map(() => integers(0, 2 ** 24) / 2 ** 24)],
    ['softplus', softplus, any],
    ['expm1Negative', expm1Negative, () => any().map((x) => -Math.abs(x))],
    ['normalTail', (t) => normalTail(t, gaussian(t)), () => any().map((x) => Math.min(Math.abs(x), 15))],
  ]
  for (const [i, [name, twin, draw]] of twins.entries()) {
    const input = draw()
    new Float32Array(core.memory.buffer, x, count).set(input)
    core.run(i, x, y, count)
    sameBits(cases, new Float32Array(core.memory.buffer, y, count), input.map(twin), name)
  }
  cases.end(t)
})
