import { createEngine, createTrainer, type Dataset, type EngineName, sequential, take } from '../src/index.js'
import type { Workload } from './workloads.js'

/**
 * A function that trains the workload for about `seconds` and returns samples a second, as a user's own loop would see
 * them: gathering, shuffling and bookkeeping included.
 */
export async function trainingSpeed(
  workload: Workload,
  data: Dataset,
  engineName: EngineName,
): Promise<(seconds: number) => Promise<number>> {
  const engine = await createEngine({ engine: engineName })
  const model = sequential(workload.layers, { input: data.sampleShape })
  const { optimizer, batchSize, loss = 'softmaxCrossEntropy' } = workload
  const trainer = createTrainer(engine, model, { optimizer, batchSize, loss })
  const train = async (samples: number) => {
    const count = Math.min(data.count, Math.ceil(samples / batchSize) * batchSize)
    for await (const epoch of trainer.fit(take(data, count), { epochs: Math.ceil(samples / count) })) {
      if (!epoch.complete) throw new Error('stopped')
    }
    const epochs = trainer.history.splice(0)
    const total = (of: (epoch: (typeof epochs)[number]) => number) =>
      epochs.reduce((sum, e) => sum + of(e), 0)
    return total((epoch) => epoch.samples) / total((epoch) => epoch.seconds)
  }
  let speed = await train(4 * batchSize)
  return async (seconds) => {
    speed = await train(speed * seconds)
    return speed
  }
}
