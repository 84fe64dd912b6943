import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import {
  adam,
  createEngine,
  createEvaluator,
  createTrainer,
  modelFromConfig,
  subset,
} from '../../src/index.js'
import { drawArchitecture, drawData, drawGraph, layerTypes } from '../support/architectures.js'
import { sameBits } from '../support/bits.js'
import { effort } from '../support/effort.js'
import { randomIntegers } from '../support/random.js'
import { createDisorderedEngine } from '../support/threads.js'

const ROUNDS = effort(1, 4)
const STEPS = 3
const threadCounts = [2, 3, 4, 7]

t.test(
  'random networks of all layers, and graphs of them, train to the same bits on all engines',
  async (t) => {
    const draw = randomIntegers(50)
    const rows = ROUNDS * layerTypes.length
    for (let i = 0; i < rows + 10 * ROUNDS; i++) {
      const architecture =
        i < rows ? drawArchitecture(draw, layerTypes[i % layerTypes.length]!) : drawGraph(draw)
      const { config, loss, batch } = architecture
      const data = drawData(draw, architecture, STEPS * batch)
      const accumulate = modelFromConfig(config).stateful ? 1 : draw(1, 3)
      const train = async (engine: Engine) => {
        const model = modelFromConfig(config)
        const options = {
          optimizer: adam({ learningRate: 0.01 }),
          loss,
          accumulate,
          batchSize: batch,
          shuffle: !model.stateful,
        }
        const trainer = createTrainer(engine, model, options)
        const epochs = trainer.fit(data, { epochs: 1, validationData: data })
        const { value } = await epochs.next()
        const result = { weights: await model.fingerprint(), losses: [value!.loss, value!.validation!.loss] }
        engine.close()
        return result
      }
      const simd = await train(await createEngine({ engine: 'simd' }))
      const network = `batch ${batch} in ${accumulate}, ${JSON.stringify(loss)}, ${JSON.stringify(config)}`
      t.not(simd.weights, await modelFromConfig(config).fingerprint(), `trained: ${network}`)
      t.same(await train(await createEngine({ engine: 'js' })), simd, `js: ${network}`)
      t.same(await train(await createDisorderedEngine(3, 1 << 21, draw)), simd, `in disorder: ${network}`)
      const threads = threadCounts[i % threadCounts.length]!
      t.same(
        await train(await createEngine({ engine: 'threads', threads })),
        simd,
        `${threads} threads: ${network}`,
      )
    }
  },
)

t.test('predictions for a sample do not depend on the rest of its batch', async (t) => {
  const draw = randomIntegers(70)
  for (let i = 0; i < ROUNDS * layerTypes.length; i++) {
    const architecture = drawArchitecture(draw, layerTypes[i % layerTypes.length]!)
    const { config, loss, batch } = architecture
    const data = drawData(draw, architecture, batch + 1)
    const model = modelFromConfig(config)
    // What carries its state from batch to batch has no predictions one by one.
    if (model.stateful) continue
    const engine = await createEngine({ engine: i % 2 === 0 ? 'simd' : 'js' })
    const evaluator = createEvaluator(engine, model, { loss })
    const together = await evaluator.predict(data)
    const alone: number[] = []
    for (let sample = 0; sample < data.count; sample++) {
      alone.push(...(await evaluator.predict(subset(data, [sample]))).probabilities)
    }
    engine.close()
    const network = `${JSON.stringify(loss)}, ${JSON.stringify(config)}`
    sameBits(t, Float32Array.from(alone), together.probabilities, network)
  }
})
