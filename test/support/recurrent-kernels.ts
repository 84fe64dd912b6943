import t from 'tap'
import { RecurrentFlag } from '../../assembly/codes.js'
import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import { createSimdEngine } from '../../src/engine/wasm.js'
import * as instruction from '../../src/program/instructions.js'
import { Cases } from './cases.js'
import { effort } from './effort.js'
import { floats, golden, mismatch } from './golden.js'
import { randomIntegers } from './random.js'
import { everyEngine, runInstruction } from './run.js'
import { createSharesEngine } from './threads.js'

type Random = ReturnType<typeof randomIntegers>

/** Everything that one recurrent layer of any kind reads and writes, forward and backward. */
interface Case {
  readonly sizes: { steps: number; batch: number; hidden: number; flags: number; truncate: number }
  readonly memory: Record<string, Float32Array | Int32Array | null>
}

function randomCase(random: Random, gates: number, special: boolean, width?: number): Case {
  const small = random(0, 2) === 0
  const steps = random(1, 5)
  const batch = random(1, small ? 3 : 19)
  const hidden = width ?? random(1, small ? 5 : 40)
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
      valid: optional(() => floats(steps * batch, () => random(0, 1))),
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

const layers = {
  simpleRnn: {
    gates: 1,
    run(engine: Engine, { sizes: { truncate, ...sizes }, memory }: Case) {
      const { z, weights, h, mask, masked, valid, dy, dh } = memory as Record<string, Float32Array>
      const pack = (transposed: boolean) => packed(engine, weights!, 0, sizes.hidden, transposed)
      const shared = { z: z!, h: h!, mask: mask!, valid: valid!, ...sizes }
      runInstruction(engine, instruction.simpleRnn, { ...shared, packed: pack(false), masked: masked! })
      const args = { ...shared, packed: pack(true), dy: dy!, dh: dh!, truncate }
      runInstruction(engine, instruction.simpleRnnBackward, args)
    },
  },
  lstm: {
    gates: 4,
    run(engine: Engine, { sizes: { truncate, ...sizes }, memory }: Case) {
      const { z, weights, h, c, mask, masked, valid, dy, dh, dc } = memory as Record<string, Float32Array>
      const pack = (transposed: boolean) => packed(engine, weights!, 0, 4 * sizes.hidden, transposed)
      const shared = { z: z!, c: c!, mask: mask!, valid: valid!, ...sizes }
      runInstruction(engine, instruction.lstm, { ...shared, packed: pack(false), h: h!, masked: masked! })
      const args = { ...shared, packed: pack(true), dy: dy!, dh: dh!, dc: dc!, truncate }
      runInstruction(engine, instruction.lstmBackward, args)
    },
  },
  gru: {
    gates: 3,
    run(engine: Engine, { sizes: { truncate, ...sizes }, memory }: Case) {
      const { z, weights, bias, h, inner, mask, masked, valid, dy, dh } = memory as Record<
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
      const shared = { z: z!, h: h!, inner: inner!, mask: mask!, valid: valid!, ...sizes }
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

/** The cell of golden cases. */
const goldenCells = { simpleRnn: 'rnn', lstm: 'lstm', gru: 'gru' } as const

/** The gradient of outputs, 0 before a sample's first valid step: what is given there is no step's output. */
function ofOutputs(
  dy: Float32Array,
  valid: Float32Array | null,
  batch: number,
  hidden: number,
): Float32Array {
  if (!valid) return dy
  const isLast = dy.length === batch * hidden
  const first = Array.from({ length: batch }, (_, b) =>
    valid.findIndex((isOne, at) => at % batch === b && isOne === 1),
  )
  return dy.map((value, i) => {
    const [at, b] = [Math.floor(i / hidden), Math.floor(i / hidden) % batch]
    return first[b]! >= 0 && (isLast || at >= first[b]!) ? value : 0
  })
}

/** The tests that each kind of layer has to pass. */
export function testRecurrentKernel(name: keyof typeof layers): void {
  const { gates, run } = layers[name]

  t.test('every engine and any number of threads give the same bits', async (t) => {
    const reference = await createSimdEngine()
    const others: Record<string, Engine> = { js: createJsEngine() }
    for (const threads of [2, 3, 8]) others[`${threads} threads`] = await createSharesEngine(threads, 4 << 20)
    const cases = new Cases()
    for (let i = 0; i < effort(60, 300); i++) {
      const make = () => randomCase(randomIntegers(1000 + 7 * i), gates, i % 3 === 0)
      const expected = make()
      run(reference, expected)
      for (const [engineName, engine] of Object.entries(others)) {
        const found = make()
        run(engine, found)
        const wrong = difference(expected, found)
        cases.ok(!wrong, `${engineName} case ${i} ${JSON.stringify(found.sizes)}: ${wrong}`)
      }
    }
    cases.end(t)
  })

  t.test('products with more terms than a block holds give the same bits', async (t) => {
    const reference = await createSimdEngine()
    const js = createJsEngine()
    const width = { simpleRnn: 523, lstm: 133, gru: 261 }[name]
    for (let i = 0; i < 3; i++) {
      const make = () => randomCase(randomIntegers(3000 + i), gates, false, width)
      const [expected, found] = [make(), make()]
      run(reference, expected)
      run(js, found)
      t.equal(difference(expected, found), undefined, JSON.stringify(found.sizes))
    }
  })

  t.test('gradients of a state below 2^-90 have vanished, others and NaN have not', async (t) => {
    const tiny = 2 ** -91
    const gradients = [2 ** -90, tiny, -tiny, NaN, 1e-40, 1]
    const hidden = gradients.length
    for (const engine of await everyEngine()) {
      const states = () => new Float32Array(2 * hidden).fill(0.5)
      const z = Float32Array.from({ length: gates * hidden }, (_, i) => 0.3 + 0.05 * i)
      const memory = {
        ...{ z, weights: new Float32Array(gates * hidden * hidden), bias: null, h: states(), c: states() },
        ...{ inner: new Float32Array(hidden), mask: null, masked: null, valid: null, dy: null },
        dh: Float32Array.from(gradients),
        dc: new Float32Array(hidden).fill(-tiny),
      }
      run(engine, { sizes: { steps: 1, batch: 1, hidden, flags: 0, truncate: 0 }, memory })
      const passed = gradients.map((_, unit) => {
        const dz = Array.from({ length: gates }, (_, gate) => z[gate * hidden + unit]!)
        return dz.some(Number.isNaN) ? NaN : dz.some((value) => value !== 0)
      })
      t.same(passed, [true, false, false, NaN, false, true], engine.name)
      if (name === 'lstm') t.equal(memory.dc[1], 0, 'so has that of the cell')
    }
  })

  t.test('gradients for given states agree with the golden vectors', async (t) => {
    const cases = ['recurrent_rnn', 'recurrent_lstm', 'recurrent_gru', 'masks'].flatMap(golden)
    for (const { name: goldenName, config, inputs, outputs, grads } of cases) {
      if ((config.cell as unknown) !== goldenCells[name] || !inputs.h0) continue
      if (config.masked_output === ('zero' as never)) continue
      const options = config as unknown as Record<string, string>
      const [steps, batch, features] = inputs.x!.shape as [number, number, number]
      const hidden = inputs.h0.shape[1]!
      const slot = batch * hidden
      const width = gates * hidden
      const z = Float32Array.from({ length: steps * batch * width }, (_, i) => {
        const [row, column] = [Math.floor(i / width), i % width]
        let sum = inputs.b?.data[column] ?? 0
        for (let k = 0; k < features; k++) {
          sum += inputs.x!.data[row * features + k]! * inputs.Wx!.data[k * width + column]!
        }
        return sum
      })
      const states = (initial: Float32Array) => {
        const all = new Float32Array((steps + 1) * slot)
        all.set(initial)
        return all
      }
      const isSequence = options.return === 'sequence'
      const valid = inputs.mask ? floats(inputs.mask) : null
      const dy = ofOutputs(floats(inputs.dy!), valid, batch, hidden)
      const final = inputs.dh_n ? floats(inputs.dh_n) : new Float32Array(slot)
      const flags =
        (options.gate_activation === 'hard_sigmoid' ? RecurrentFlag.HardGates : 0) |
        (options.activation === 'relu' ? RecurrentFlag.Relu : 0) |
        (options.reset === 'before' ? RecurrentFlag.ResetBefore : 0)
      for (const engine of await everyEngine()) {
        const memory = {
          ...{ z: z.slice(), weights: floats(inputs.Wh!), bias: inputs.b_hn ? floats(inputs.b_hn) : null },
          ...{ h: states(floats(inputs.h0)), c: states(inputs.c0 ? floats(inputs.c0) : final) },
          ...{ inner: new Float32Array(steps * slot), mask: null, masked: null, valid },
          dy: isSequence ? dy : null,
          dh: isSequence ? final.slice() : dy.slice(),
          dc: inputs.dc_n ? floats(inputs.dc_n) : new Float32Array(slot),
        }
        run(engine, { sizes: { steps, batch, hidden, flags, truncate: 0 }, memory })
        const what = `${engine.name} ${goldenName}`
        t.equal(mismatch(memory.dh, grads.h0!), undefined, `${what} dh0`)
        t.equal(mismatch(memory.h.slice(steps * slot), outputs.h_n!), undefined, `${what} h_n`)
        if (grads.c0) t.equal(mismatch(memory.dc, grads.c0), undefined, `${what} dc0`)
        if (outputs.c_n)
          t.equal(mismatch(memory.c.slice(steps * slot), outputs.c_n), undefined, `${what} c_n`)
      }
    }
  })
}
