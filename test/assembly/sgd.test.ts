import t from 'tap'
import { sgd } from '../../src/index.js'
import * as instruction from '../../src/program/instructions.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { testOptimizerBits } from '../support/optimizer-kernels.js'
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

const rate = 0.01
testOptimizerBits([
  sgd({ learningRate: rate }),
  sgd({ learningRate: rate, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
])
