import t from 'tap'
import { buildSgd, type SgdOptions, sgd } from '../../src/optim/sgd.js'
import * as instruction from '../../src/program/instructions.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { everyEngine, runInstruction } from '../support/run.js'

interface SgdConfig {
  lr: number
  momentum?: number
  nesterov?: boolean
  weight_decay?: number
  steps: number
}

t.test('SGD in all its forms agrees with the golden vectors', async (t) => {
  const cases = golden('optimizers_sgd').filter(({ name }) => !name.includes('clip'))
  t.ok(cases.length >= 5)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs } of cases) {
      const { lr, momentum = 0, nesterov = false, weight_decay = 0, steps } = config as unknown as SgdConfig
      const parameter = floats(inputs.p!)
      const count = parameter.length
      const velocity = momentum === 0 ? null : new Float32Array(count)
      const after: number[] = []
      for (let step = 0; step < steps; step++) {
        const gradient = floats(inputs.g!).slice(step * count, (step + 1) * count)
        runInstruction(engine, instruction.sgd, {
          ...{ parameter, gradient, velocity, count, rate: Float32Array.of(lr) },
          ...{ momentum, weightDecay: weight_decay, nesterov: nesterov ? 1 : 0 },
        })
        after.push(...parameter)
      }
      t.equal(mismatch(after, outputs.p_after!), undefined, `${engine.name} ${name}`)
    }
  }
})

t.test('a wrong option is refused by name', async (t) => {
  const wrong: [SgdOptions, RegExp][] = [
    [
      { rate: Number.NaN },
      /sgd: rate should be a finite number from 0 up or a schedule: stepDecay\(...\), .*found NaN/,
    ],
    [{ rate: 1, momentum: 1 }, /sgd: momentum should be a number from 0 up to, but not, 1, found 1/],
    [{ rate: 1, nesterov: true }, /sgd: nesterov needs a momentum above 0/],
    [{ rate: 1, momentom: 0.9 } as never, /sgd: unknown field 'momentom'; known are rate, momentum/],
    [{} as never, /sgd: the field 'rate' is missing/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => buildSgd(sgd(options)), { name: 'ModelError', message })
  }
})
