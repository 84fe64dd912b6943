import t from 'tap'
import { Activation } from '../../../../assembly/codes.js'
import { createDoubleEngine } from '../../../../src/engine/js/double/engine.js'
import * as double from '../../../../src/engine/js/double/math.js'
import { createJsEngine } from '../../../../src/engine/js/engine.js'
import * as single from '../../../../src/engine/js/math.js'
import {
  activation,
  createTrainer,
  dataset,
  dense,
  dropout,
  flatten,
  type LayerSpec,
  sequential,
  sgd,
} from '../../../../src/index.js'
import { encode } from '../../../../src/program/encode.js'
import type { InstructionType } from '../../../../src/program/instructions.js'
import * as instruction from '../../../../src/program/instructions.js'
import { randomIntegers } from '../../../support/random.js'

function randomData(samples: number, sampleShape: number[], classes: number, bytes: boolean) {
  const integers = randomIntegers(samples)
  const count = samples * sampleShape.reduce((product, n) => product * n, 1)
  const images = bytes
    ? Uint8Array.from({ length: count }, () => integers(0, 255))
    : Float32Array.from({ length: count }, () => integers(-1000, 1000) / 1000)
  const labels = Uint8Array.from({ length: samples }, () => integers(0, classes - 1))
  return dataset({ name: 'random', inputs: images, targets: labels, sampleShape, classes })
}

const layers: LayerSpec[] = [
  flatten(),
  dense(9, { activation: 'tanh' }),
  dropout(0.3),
  dense(7, { activation: 'sigmoid' }),
  dense(6, { activation: 'gelu' }),
  dense(6, { activation: 'elu' }),
  dense(6, { activation: 'softplus' }),
  dense(6, { activation: 'silu' }),
  dense(6),
  activation('softmax'),
  dense(3),
]

t.test('the functions in double precision are those that float32 comes close to', async (t) => {
  type Function = (x: number, second: number) => number
  const double64 = new Map<string, Function>(Object.entries(double))
  t.same(new Set(double64.keys()), new Set(Object.keys(single)))
  for (const [name, function32] of Object.entries<Function>(single)) {
    const function64 = double64.get(name)!
    let worst = 0
    for (let i = 1; i < 1000; i++) {
      // Within the domain of all: logarithms need more than 0, expm1Negative less, turns end at 1.
      const turns = name.endsWith('Turns')
      const x = Math.fround(name === 'expm1Negative' ? -i / 100 : i / (turns ? 1000 : 100))
      const second = double.gaussian(x)
      const wanted = function64(x, second)
      // Beside its zeros a sine is only as good as its argument.
      const scale = turns ? 1 : Math.abs(wanted) + 1e-30
      worst = Math.max(worst, Math.abs(function32(x, Math.fround(second)) - wanted) / scale)
    }
    t.ok(worst < 1e-6, `${name}: ${worst}`)
  }
  // Abramowitz and Stegun, table 26.1 and 26.2.
  t.ok(Math.abs(double.normalTail(1, double.gaussian(1)) - 0.158655253931457) < 1e-15)
  const [below, above] = [3 - 1e-9, 3].map((x) => double.normalTail(x, double.gaussian(x)))
  t.ok(Math.abs(below! / above! - 1) < 1e-7, 'both formulas meet')
})

t.test('the double engine knows every instruction and rounds nothing to float32', async (t) => {
  const engine = createDoubleEngine()
  const program = engine.allocate(256)
  for (const type of Object.values(instruction)) {
    const words = encode(type as unknown as InstructionType, {})
    engine.views.i32.set(words, program >>> 2)
    t.doesNotThrow(() => engine.run(program, words.length), type.name)
  }
  const x = engine.allocate(4 * 3)
  engine.views.f32.set([0.1, 1e-9, -0.1], x >>> 2)
  const words = encode(instruction.activate, { x, y: x, count: 3, activation: Activation.Sigmoid, slope: 0 })
  engine.views.i32.set(words, program >>> 2)
  engine.run(program, words.length)
  const [a, b, c] = engine.views.f32.subarray(x >>> 2)
  t.ok(Math.abs(a! - 1 / (1 + Math.exp(-0.1))) < 1e-16)
  t.ok(Math.abs(b! - 0.5 - 0.25e-9) < 1e-16)
  t.ok(Math.abs(a! + c! - 1) < 1e-15)
})

t.test('training in double precision goes where float32 goes, to other bits', async (t) => {
  const data = randomData(200, [5, 4], 3, false)
  const losses: number[] = []
  for (const engine of [createJsEngine(), createDoubleEngine()]) {
    const model = sequential(layers, { input: [5, 4], seed: 3 })
    const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) })
    for await (const { loss } of trainer.fit(data, { epochs: 3 })) losses.push(loss)
    const [weights] = model.weights().values()
    t.equal(
      weights!.every((w) => w === Math.fround(w)),
      engine.name === 'js',
    )
  }
  for (let epoch = 0; epoch < 3; epoch++) {
    t.ok(Math.abs(losses[epoch]! - losses[epoch + 3]!) < 1e-5, `epoch ${epoch}: ${losses}`)
    t.not(losses[epoch], losses[epoch + 3])
  }
})
