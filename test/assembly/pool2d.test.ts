import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { flatten } from '../../src/nn/layers/flatten.js'
import { averagePooling2d, globalAveragePooling2d, maxPooling2d } from '../../src/nn/layers/pool2d.js'
import type { LayerSpec } from '../../src/nn/layers/spec.js'
import * as instruction from '../../src/program/instructions.js'
import { mixedFloats, sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { guarded, roughFloats } from '../support/images.js'
import { runLayers } from '../support/layers.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

interface PoolConfig {
  layer: 'maxpool' | 'avgpool' | 'global_average_pool' | 'flatten'
  size: number
  stride: number
}

const layers: Record<PoolConfig['layer'], (config: PoolConfig) => LayerSpec> = {
  maxpool: ({ size, stride }) => maxPooling2d(size, { strides: stride }),
  avgpool: ({ size, stride }) => averagePooling2d(size, { strides: stride }),
  global_average_pool: () => globalAveragePooling2d(),
  flatten: () => flatten(),
}

t.test('pooling agrees with the golden vectors', async (t) => {
  const cases = golden('pooling')
  t.equal(cases.length, 17)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const pooling = config as unknown as PoolConfig
      const [batch, ...input] = inputs.x!.shape as [number, ...number[]]
      const found = runLayers(engine, [layers[pooling.layer](pooling)], input, {
        ...{ x: floats(inputs.x!), weights: [], dy: floats(inputs.dy!), batch },
      })
      t.equal(mismatch(found.y, outputs.y!), undefined, `${engine.name} ${name} y`)
      t.equal(mismatch(found.dx, grads.x!), undefined, `${engine.name} ${name} dx`)
    }
  }
})

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(6)
  const engines = await everyEngine()
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 18))
  for (let n = 0; n < 60; n++) {
    const [windowHeight, windowWidth] = [integers(1, 4), integers(1, 4)]
    const stride = integers(1, 4)
    const [height, width] = [windowHeight + integers(0, 6), windowWidth + integers(0, 6)]
    const [batch, channels] = [integers(1, 4), integers(1, 13)]
    const shape = { batch, height, width, channels, windowHeight, windowWidth, stride }
    const outHeight = Math.floor((height - windowHeight) / stride) + 1
    const outWidth = Math.floor((width - windowWidth) / stride) + 1
    const outputs = batch * outHeight * outWidth * channels
    // Small whole numbers tie often; others meet NaN and infinities.
    const size = batch * height * width * channels
    const x =
      n % 2 === 0 ? Float32Array.from({ length: size }, () => integers(-2, 2)) : mixedFloats(size, integers)
    const dy = roughFloats(outputs, integers)
    const run = (engine: Engine) => {
      const [y, bare, mean] = [guarded(outputs), guarded(outputs), guarded(outputs)]
      const largest = new Int32Array(outputs + 3).fill(77)
      const [dx, dxMean] = [guarded(size), guarded(size)]
      runInstruction(engine, instruction.maxPool2d, { x, y, largest, ...shape })
      runInstruction(engine, instruction.maxPool2d, { x, y: bare, largest: null, ...shape })
      runInstruction(engine, instruction.maxPool2dBackward, { dy, largest, dx, ...shape })
      runInstruction(engine, instruction.averagePool2d, { x, y: mean, ...shape })
      runInstruction(engine, instruction.averagePool2dBackward, { dy, dx: dxMean, ...shape })
      return { y, bare, largest, mean, dx, dxMean }
    }
    const wanted = run(engines[0]!)
    for (const engine of engines.slice(1)) {
      const found = run(engine)
      const label = `${engine.describe()}: [${batch}, ${height}, ${width}, ${channels}], windows ${windowHeight} x ${windowWidth}, stride ${stride}`
      for (const part of ['y', 'mean', 'dx', 'dxMean'] as const) {
        sameBits(cases, found[part], wanted[part], `${part} ${label}`)
      }
      cases.ok(
        found.largest.every((at, i) => at === wanted.largest[i]),
        `largest ${label}`,
      )
      sameBits(cases, found.bare, wanted.y, `y without largest ${label}`)
    }
  }
  cases.end(t)
})
