import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { layerNormalization } from '../../src/nn/layers/layer-norm.js'
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
    for (const { name, inputs, outputs, grads } of cases('layernorm')) {
      const { x, gamma, beta, dy } = inputs
      const [batch, ...input] = x!.shape as [number, ...number[]]
      const found = runLayers(engine, [layerNormalization()], input, {
        ...{ x: floats(x!), weights: [floats(gamma!), floats(beta!)], dy: floats(dy!), batch },
      })
      const wrong = [
        mismatch(found.y, outputs.y!),
        mismatch(found.dx, grads.x!),
        mismatch(found.gradients.get('layerNormalization_1/scale')!, grads.gamma!),
        mismatch(found.gradients.get('layerNormalization_1/shift')!, grads.beta!),
      ]
      t.same(wrong, [undefined, undefined, undefined, undefined], `${engine.name} ${name}`)
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
    const [scale, shift] = [draw(columns), draw(columns)]
    const epsilon = 1e-3
    const run = (engine: Engine) => {
      const found: Record<string, Float32Array> = {}
      const output = (name: string, count: number) => {
        found[name] = guarded(count)
        return found[name]
      }
      const figures = { mean: output('row mean', rows), inverse: output('row inverse', rows), rows, columns }
      const y = output('y', x.length)
      runInstruction(engine, instruction.layerNorm, { x, scale, shift, y, ...figures, epsilon })
      const gradients = { dscale: output('dscale', columns), dshift: output('dshift', columns) }
      runInstruction(engine, instruction.layerNormGradients, { x, dy, ...gradients, ...figures })
      const dx = output('dx', x.length)
      dx.set(dy)
      runInstruction(engine, instruction.layerNormInput, { x, dy: dx, scale, dx, ...figures })
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
