import t from 'tap'
import { Activation } from '../../assembly/codes.js'
import { activate, activateBackward } from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const codes: Record<string, Activation> = {
  relu: Activation.Relu,
  leaky_relu: Activation.LeakyRelu,
  tanh: Activation.Tanh,
  sigmoid: Activation.Sigmoid,
  hard_sigmoid: Activation.HardSigmoid,
  softplus: Activation.Softplus,
  elu: Activation.Elu,
  gelu_erf: Activation.Gelu,
  gelu_tanh: Activation.GeluTanh,
}
const kinds = [Activation.None, Activation.Silu, ...Object.values(codes)]

t.test('golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of golden('activations')) {
      const activation = codes[config.activation as unknown as string]
      if (activation === undefined) continue
      const slope = config.slope ?? config.alpha ?? 0
      const x = floats(inputs.x!)
      const count = x.length
      const y = new Float32Array(count)
      runInstruction(engine, activate, { x, y, count, activation, slope })
      t.equal(mismatch(y, outputs.y!), undefined, `${engine.name} ${name} y`)
      const dx = new Float32Array(count)
      const dy = floats(inputs.dy!)
      runInstruction(engine, activateBackward, { x, y, dy, dx, count, activation, slope })
      t.equal(mismatch(dx, grads.x!), undefined, `${engine.name} ${name} dx`)
    }
  }
})

t.test('every engine and every number of shares gives the same bits, in place or not', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(5)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 16))
  const guard = new Float32Array(4).fill(99)
  for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 1003]) {
    const x = mixedFloats(count + 4, integers)
    const dy = mixedFloats(count + 4, integers)
    for (const activation of kinds) {
      const slope = 0.01
      let wanted: Float32Array[] | undefined
      for (const engine of engines) {
        const y = new Float32Array(count + 4).fill(99)
        runInstruction(engine, activate, { x: x.slice(), y, count, activation, slope })
        const inPlace = x.slice()
        runInstruction(engine, activate, { x: inPlace, y: inPlace, count, activation, slope })
        const dx = new Float32Array(count + 4).fill(99)
        runInstruction(engine, activateBackward, { x, y, dy: dy.slice(), dx, count, activation, slope })
        const over = dy.slice()
        runInstruction(engine, activateBackward, { x, y, dy: over, dx: over, count, activation, slope })

        const what = `${engine.name} of ${engine.threads}, activation ${activation}, ${count}`
        wanted ??= [y, dx]
        sameBits(cases, y, wanted[0]!, `${what}: y`)
        sameBits(cases, dx, wanted[1]!, `${what}: dx`)
        sameBits(cases, inPlace.slice(0, count), y.slice(0, count), `${what}: y in place`)
        sameBits(cases, over.slice(0, count), dx.slice(0, count), `${what}: dx in place`)
        sameBits(cases, y.slice(count), guard, `${what}: nothing behind y`)
        sameBits(cases, dx.slice(count), guard, `${what}: nothing behind dx`)
      }
    }
  }
  cases.end(t)
})

t.test('NaN stays NaN, and relu of -0 is 0', async (t) => {
  for (const engine of await everyEngine()) {
    for (const activation of kinds) {
      const x = new Float32Array(5).fill(NaN)
      runInstruction(engine, activate, { x, y: x, count: 5, activation, slope: 0.1 })
      t.ok(x.every(Number.isNaN), `${engine.name} activation ${activation}`)
    }
    const zero = new Float32Array([-0])
    runInstruction(engine, activate, { x: zero, y: zero, count: 1, activation: Activation.Relu, slope: 0 })
    t.ok(Object.is(zero[0], 0), engine.name)
    // A NaN activation does not stop the gradient, as in PyTorch: the fault stays visible below.
    const dx = new Float32Array(1)
    const args = { x: null, y: new Float32Array([NaN]), dy: new Float32Array([3]), dx, count: 1, slope: 0 }
    runInstruction(engine, activateBackward, { ...args, activation: Activation.Relu })
    t.equal(dx[0], 3, engine.name)
  }
})

t.test('silu, which has no golden vector, follows its definition', async (t) => {
  const integers = randomIntegers(9)
  const x = Float32Array.from({ length: 400 }, () => integers(-(2 ** 20), 2 ** 20) / 2 ** 16)
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
  const data = [...x].map((v) => v * sigmoid(v))
  const slopes = [...x].map((v) => sigmoid(v) * (1 + v * (1 - sigmoid(v))))
  const dy = new Float32Array(400).fill(1)
  for (const engine of await everyEngine()) {
    const [y, dx] = [new Float32Array(400), new Float32Array(400)]
    const args = { x, count: 400, activation: Activation.Silu, slope: 0 }
    runInstruction(engine, activate, { ...args, y })
    t.equal(mismatch(y, { shape: [400], data }), undefined, `${engine.name} y`)
    runInstruction(engine, activateBackward, { ...args, y: null, dy, dx })
    t.equal(mismatch(dx, { shape: [400], data: slopes }), undefined, `${engine.name} dx`)
  }
})

t.test('at infinity the functions have their limits, and slopes stay finite', async (t) => {
  const limits: [Activation, number, number][] = [
    [Activation.HardSigmoid, 0, 1],
    [Activation.Softplus, 0, Infinity],
    [Activation.Elu, -1, Infinity],
    [Activation.Silu, 0, Infinity],
    [Activation.Gelu, 0, Infinity],
    [Activation.GeluTanh, 0, Infinity],
  ]
  for (const engine of await everyEngine()) {
    for (const [activation, low, high] of limits) {
      const x = Float32Array.of(-Infinity, Infinity, -3e38, 3e38, -1e20)
      const [y, dx] = [new Float32Array(5), new Float32Array(5)]
      runInstruction(engine, activate, { x, y, count: 5, activation, slope: 1 })
      t.ok(y[0] === low && y[1] === high, `${engine.name} ${Activation[activation]}: ${y}`)
      const dy = new Float32Array(5).fill(1)
      runInstruction(engine, activateBackward, { x, y, dy, dx, count: 5, activation, slope: 1 })
      const slope = activation === Activation.HardSigmoid ? 0 : 1
      t.ok(
        [0, slope, 0, slope, 0].every((s, i) => Math.abs(dx[i]!) === s),
        `slopes ${dx}`,
      )
    }
  }
})
