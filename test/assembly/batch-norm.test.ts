import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { batchNormalization } from '../../src/nn/layers/batch-norm.js'
import * as instruction from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, type GoldenCase, golden, mismatch } from '../support/golden.js'
import { guarded } from '../support/images.js'
import { runLayers } from '../support/layers.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

const cases = (prefix: string): GoldenCase[] => {
  const found = golden('normalisation').filter(({ name }) => name.startsWith(prefix))
  if (found.length === 0) throw new Error(`no golden case is called ${prefix}`)
  return found
}

t.test('normalisation in training agrees with the golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, inputs, outputs, grads } of cases('batchnorm_train')) {
      const { x, gamma, beta, dy } = inputs
      const [batch, ...input] = x!.shape as [number, ...number[]]
      const rest = [0, 1].map((value) => new Float32Array(gamma!.data.length).fill(value))
      const found = runLayers(engine, [batchNormalization()], input, {
        ...{ x: floats(x!), weights: [floats(gamma!), floats(beta!), ...rest], dy: floats(dy!), batch },
      })
      const wrong = [
        mismatch(found.y, outputs.y!),
        mismatch(found.dx, grads.x!),
        mismatch(found.gradients.get('batchNormalization_1/scale')!, grads.gamma!),
        mismatch(found.gradients.get('batchNormalization_1/shift')!, grads.beta!),
      ]
      t.same(wrong, [undefined, undefined, undefined, undefined], `${engine.name} ${name}`)
    }
  }
})

t.test('running statistics and inference agree with the golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, inputs, outputs } of cases('batchnorm_running')) {
      const [scale, shift] = [floats(inputs.gamma!), floats(inputs.beta!)]
      const channels = scale.length
      const rows = inputs.x0!.data.length / channels
      const [runningMean, runningVariance] = [new Float32Array(channels), new Float32Array(channels).fill(1)]
      const [mean, inverse] = [new Float32Array(channels), new Float32Array(channels)]
      const y = new Float32Array(rows * channels)
      for (let k = 0; k < 3; k++) {
        const x = floats(inputs[`x${k}`]!)
        runInstruction(engine, instruction.batchNormStatistics, {
          ...{ x, mean, inverse, runningMean, runningVariance, rows, channels, epsilon: 1e-5, momentum: 0.1 },
        })
        runInstruction(engine, instruction.batchNorm, { x, mean, inverse, scale, shift, y, rows, channels })
        const wrong = [
          mismatch(y, outputs[`y${k}`]!),
          mismatch(runningMean, outputs[`running_mean_after_${k + 1}`]!),
          mismatch(runningVariance, outputs[`running_var_after_${k + 1}`]!),
        ]
        t.same(wrong, [undefined, undefined, undefined], `${engine.name} ${name} ${k}`)
      }
      const args = { variance: runningVariance, inverse, channels, epsilon: 1e-5 }
      runInstruction(engine, instruction.inverseDeviation, args)
      runInstruction(engine, instruction.batchNorm, {
        ...{ x: floats(inputs.x_eval!), mean: runningMean, inverse, scale, shift, y, rows, channels },
      })
      t.equal(mismatch(y, outputs.y_eval!), undefined, `${engine.name} ${name} inference`)
    }
    for (const { name, inputs, outputs } of cases('batchnorm_inference')) {
      const { x, gamma, beta, running_mean, running_var } = inputs
      const channels = gamma!.data.length
      const rows = x!.data.length / channels
      const [inverse, y] = [new Float32Array(channels), new Float32Array(rows * channels)]
      const variance = floats(running_var!)
      runInstruction(engine, instruction.inverseDeviation, { variance, inverse, channels, epsilon: 1e-5 })
      runInstruction(engine, instruction.batchNorm, {
        ...{
          x: floats(x!),
          mean: floats(running_mean!),
          inverse,
          scale: floats(gamma!),
          shift: floats(beta!),
        },
        ...{ y, rows, channels },
      })
      t.equal(mismatch(y, outputs.y!), undefined, `${engine.name} ${name}`)
    }
  }
})

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(9)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  for (let n = 0; n < 60; n++) {
    const [rows, columns] = n === 0 ? [1, 1] : [integers(1, 40), integers(1, 37)]
    const draw = (count: number) => {
      const zeros = [0, -0, 1e-42]
      return Float32Array.from({ length: count }, () =>
        integers(0, 5) === 0 ? zeros[integers(0, 2)]! : integers(-(2 ** 23), 2 ** 23) / 2 ** 20,
      )
    }
    const [x, dy] = [draw(rows * columns), draw(rows * columns)]
    const [scale, shift, before] = [draw(columns), draw(columns), draw(columns)]
    const epsilon = 1e-3
    const run = (engine: Engine) => {
      const found: Record<string, Float32Array> = {}
      const output = (name: string, count: number) => {
        found[name] = guarded(count)
        return found[name]
      }
      const shape = { rows, channels: columns }
      const [mean, inverse] = [output('mean', columns), output('inverse', columns)]
      const [runningMean, runningVariance] = [
        output('runningMean', columns),
        output('runningVariance', columns),
      ]
      runningMean.set(before)
      runningVariance.set(before.map(Math.abs))
      runInstruction(engine, instruction.batchNormStatistics, {
        ...{ x, mean, inverse, runningMean, runningVariance, ...shape, epsilon, momentum: 0.3 },
      })
      runInstruction(engine, instruction.inverseDeviation, {
        ...{
          variance: runningVariance,
          inverse: output('running inverse', columns),
          channels: columns,
          epsilon,
        },
      })
      const y = output('y', x.length)
      runInstruction(engine, instruction.batchNorm, { x, mean, inverse, scale, shift, y, ...shape })
      const [dscale, dshift] = [output('dscale', columns), output('dshift', columns)]
      runInstruction(engine, instruction.batchNormGradients, {
        x,
        dy,
        mean,
        inverse,
        dscale,
        dshift,
        ...shape,
      })
      const dx = output('dx', x.length)
      dx.set(dy)
      runInstruction(engine, instruction.batchNormInput, {
        ...{ x, dy: dx, mean, inverse, scale, dscale, dshift, dx, ...shape },
      })
      return found
    }
    const wanted = run(engines[0]!)
    for (const engine of engines.slice(1)) {
      const found = run(engine)
      for (const [part, values] of Object.entries(wanted)) {
        sameBits(cases, found[part]!, values, `${engine.describe()}: ${part} of ${rows} x ${columns}`)
      }
    }
  }
  cases.end(t)
})
