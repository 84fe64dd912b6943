import t from 'tap'
import { RecurrentFlag } from '../assembly/opcodes.js'
import type { Engine } from '../src/engine/engine.js'
import { createJsEngine } from '../src/engine/js/engine.js'
import { createSimdEngine } from '../src/engine/simd.js'
import * as instruction from '../src/program/instructions.js'
import { randomIntegers } from './support/random.js'
import { runInstruction } from './support/run.js'
import { createSharesEngine } from './support/threads.js'

type Random = ReturnType<typeof randomIntegers>

/** Everything that one recurrent layer of any kind reads and writes, forward and backward. */
interface Case {
  readonly sizes: { steps: number; batch: number; hidden: number; flags: number; truncate: number }
  readonly memory: Record<string, Float32Array | Int32Array | null>
}

function randomCase(random: Random, gates: number, special: boolean): Case {
  const small = random(0, 2) === 0
  const steps = random(1, 5)
  const batch = random(1, small ? 3 : 19)
  const hidden = random(1, small ? 5 : 40)
  const reverse = random(0, 1)
  const zero = random(0, 1) * RecurrentFlag.ZeroState
  const other = random(0, 7) * RecurrentFlag.HardGates
  const flags = reverse | zero | other
  const value = () => {
    if (special && random(0, 200) === 0) return [Infinity, -Infinity, NaN, -0, 1e-40][random(0, 4)]!
    return random(-(2 ** 22), 2 ** 22) / 2 ** 21
  }
  const floats = (count: number, of: () => number = value) => Float32Array.from({ length: count }, of)
  const slot = batch * hidden
  const initial = () => {
    const states = new Float32Array((steps + 1) * slot).fill(NaN)
    const at = reverse ? steps * slot : 0
    states.set(
      floats(slot, () => (zero ? 0 : value())),
      at,
    )
    return states
  }
  const optional = <T>(make: () => T) => (random(0, 1) === 0 ? make() : null)
  const mask = optional(() => floats(slot, () => [0, 2][random(0, 1)]!))
  return {
    sizes: { steps, batch, hidden, flags, truncate: random(0, 1) * random(1, 3) },
    memory: {
      z: floats(steps * slot * gates),
      weights: floats(gates * hidden * hidden),
      bias: optional(() => floats(hidden)),
      h: initial(),
      c: initial(),
      inner: new Float32Array(steps * slot).fill(NaN),
      mask,
      masked: mask && new Float32Array(steps * slot).fill(NaN),
      lengths: optional(() => Int32Array.from({ length: batch }, () => random(0, steps))),
      dy: optional(() => floats(steps * slot)),
      dh: floats(slot),
      dc: floats(slot),
    },
  }
}

function packed(engine: Engine, weights: Float32Array, column: number, columns: number, transposed: boolean) {
  const hidden = weights.length / columns
  const n = transposed ? hidden : columns - column
  const k = transposed ? columns - column : hidden
  const result = new Float32Array(Math.ceil(n / 8) * 8 * k).fill(NaN)
  const b = weights.slice(column)
  const args = { b, ldb: columns, packed: result, k, n, transposed: transposed ? 1 : 0 }
  runInstruction(engine, instruction.pack, args)
  return result
}

/** Columns 0 .. end of rows that are `width` long. */
function columnsOf(weights: Float32Array, width: number, begin: number, end: number): Float32Array {
  return weights.filter((_, i) => i % width >= begin && i % width < end)
}

type Runner = (engine: Engine, found: Case) => void

const layers: Record<string, { gates: number; run: Runner }> = {
  simpleRnn: {
    gates: 1,
    run(engine, { sizes: { truncate, ...sizes }, memory }) {
      const { z, weights, h, mask, masked, lengths, dy, dh } = memory as Record<string, Float32Array>
      const pack = (transposed: boolean) => packed(engine, weights!, 0, sizes.hidden, transposed)
      const shared = { z: z!, h: h!, mask: mask!, lengths: lengths!, ...sizes }
      runInstruction(engine, instruction.simpleRnn, { ...shared, packed: pack(false), masked: masked! })
      const args = { ...shared, packed: pack(true), dy: dy!, dh: dh!, truncate }
      runInstruction(engine, instruction.simpleRnnBackward, args)
    },
  },
  lstm: {
    gates: 4,
    run(engine, { sizes: { truncate, ...sizes }, memory }) {
      const { z, weights, h, c, mask, masked, lengths, dy, dh, dc } = memory as Record<string, Float32Array>
      const pack = (transposed: boolean) => packed(engine, weights!, 0, 4 * sizes.hidden, transposed)
      const shared = { z: z!, c: c!, mask: mask!, lengths: lengths!, ...sizes }
      runInstruction(engine, instruction.lstm, { ...shared, packed: pack(false), h: h!, masked: masked! })
      const args = { ...shared, packed: pack(true), dy: dy!, dh: dh!, dc: dc!, truncate }
      runInstruction(engine, instruction.lstmBackward, args)
    },
  },
  gru: {
    gates: 3,
    run(engine, { sizes: { truncate, ...sizes }, memory }) {
      const { z, weights, bias, h, inner, mask, masked, lengths, dy, dh } = memory as Record<
        string,
        Float32Array
      >
      const { hidden } = sizes
      const gates = columnsOf(weights!, 3 * hidden, 0, 2 * hidden)
      const candidate = columnsOf(weights!, 3 * hidden, 2 * hidden, 3 * hidden)
      const pack = (transposed: boolean) => ({
        packed: packed(engine, gates, 0, 2 * hidden, transposed),
        packedCandidate: packed(engine, candidate, 0, hidden, transposed),
      })
      const shared = { z: z!, h: h!, inner: inner!, mask: mask!, lengths: lengths!, ...sizes }
      runInstruction(engine, instruction.gru, { ...shared, ...pack(false), bias: bias!, masked: masked! })
      runInstruction(engine, instruction.gruBackward, {
        ...{ ...shared, ...pack(true), dy: dy!, dh: dh!, truncate },
      })
    },
  },
}

/** What differs first between two runs, as text; any NaN equals any other. */
function difference(a: Case, b: Case): string | undefined {
  for (const [name, values] of Object.entries(a.memory)) {
    const at = values?.findIndex((value, i) => !Object.is(value, b.memory[name]![i])) ?? -1
    if (at >= 0) return `${name}[${at}]: ${values![at]} and ${b.memory[name]![at]}`
  }
  return undefined
}

t.test('every engine and any number of threads give the same bits', async (t) => {
  const reference = await createSimdEngine()
  const others: Record<string, Engine> = { js: createJsEngine() }
  for (const threads of [2, 3, 8]) others[`${threads} threads`] = await createSharesEngine(threads, 4 << 20)
  for (const [name, { gates, run }] of Object.entries(layers)) {
    for (let i = 0; i < 150; i++) {
      const make = () => randomCase(randomIntegers(1000 + 7 * i), gates, i % 3 === 0)
      const expected = make()
      run(reference, expected)
      for (const [engineName, engine] of Object.entries(others)) {
        const found = make()
        run(engine, found)
        const wrong = difference(expected, found)
        if (wrong) t.fail(`${name} ${engineName} case ${i} ${JSON.stringify(found.sizes)}: ${wrong}`)
      }
    }
    t.pass(name)
  }
})
