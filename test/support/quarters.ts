import {
  createEngine,
  createTrainer,
  type Dataset,
  dataset,
  dense,
  dropout,
  type EngineName,
  flatten,
  sequential,
  sgd,
  type TrainerOptions,
} from '../../src/index.js'

/** Four classes of noisy 4x4 pictures, told apart by which quarter is bright. */
export function quarters(count: number, salt = 0): Dataset {
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

/** The same pictures as float32. */
export function quartersAsFloats(count: number): Dataset {
  const data = quarters(count)
  return dataset({ ...data, inputs: Float32Array.from(data.inputs, (byte) => byte / 255) })
}

const layers = [flatten(), dense(16, { activation: 'relu' }), dropout(0.2), dense(4)]

export const newModel = (seed = 1) => sequential(layers, { input: [4, 4], seed })

/** A trainer of a small network for `quarters`, on an engine of its own. */
export async function newTrainer(options: Partial<TrainerOptions> = {}, engineName: EngineName = 'simd') {
  const model = newModel()
  const engine = await createEngine({ engine: engineName })
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 })
  return { model, engine, trainer: createTrainer(engine, model, { optimizer, batchSize: 32, ...options }) }
}
