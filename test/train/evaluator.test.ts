import t from 'tap'
import {
  createEngine,
  createEvaluator,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  dropout,
  type EngineName,
  flatten,
  sequential,
  sgd,
  standardisation,
  type TrainerOptions,
} from '../../src/index.js'

/** Four classes of noisy 4x4 pictures, told apart by which quarter is bright. */
function quarters(count: number, salt = 0): Dataset {
  let seed = 99 + salt
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  const images = new Uint8Array(count * 16)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 4)
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < 16; p++) {
      const quarter = (p >> 3) * 2 + ((p >> 1) & 1)
      images[i * 16 + p] = Math.floor((quarter === labels[i] ? 120 : 0) + random() * 130)
    }
  }
  return dataset({ name: 'quarters', inputs: images, targets: labels, sampleShape: [4, 4], classes: 4 })
}

const layers = [flatten(), dense(16, { activation: 'relu' }), dropout(0.2), dense(4)]
const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 })

async function setUp(engineName: EngineName, options: Partial<TrainerOptions> = {}, seed = 1) {
  const model = sequential(layers, { input: [4, 4], seed })
  const engine = await createEngine({ engine: engineName })
  return { model, engine, trainer: createTrainer(engine, model, { optimizer, batchSize: 32, ...options }) }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

t.test('an evaluator measures and predicts as the trainer does', async (t) => {
  const data = quarters(300)
  for (const options of [{}, { standardisation: standardisation(data) }]) {
    const { trainer, engine, model } = await setUp('simd', options)
    await all(trainer.fit(data, { epochs: 1 }))
    const evaluator = createEvaluator(engine, model, options)
    t.same(await evaluator.evaluate(data), await trainer.evaluate(data))
    t.same(await evaluator.predict(data), await trainer.predict(data))
    evaluator.close()
    await all(trainer.fit(data, { epochs: 1 }))
  }
  const { engine, model } = await setUp('simd')
  const message = /^createEvaluator: unknown field 'los'/
  t.throws(() => createEvaluator(engine, model, { los: 1 } as never), { name: 'ModelError', message })
})
