import type { Dataset } from '../data/dataset.js'
import { take } from '../data/splits.js'
import type { Engine } from '../engine/engine.js'
import { sequential } from '../nn/sequential.js'
import type { EpochResult } from '../train/results.js'
import { createTrainer, type Trainer } from '../train/trainer.js'
import type { Benchmark, Prepared } from './benchmark.js'
import { type Workload, workloads } from './workloads.js'

/** The clocks of browsers go by steps of up to a millisecond. */
const LEAST_SECONDS = 0.002

const sum = (epochs: readonly EpochResult[], of: (epoch: EpochResult) => number) =>
  epochs.reduce((total, epoch) => total + of(epoch), 0)

/** A new model of the workload, to be trained on `engine`. */
export function workloadTrainer(workload: Workload, { sampleShape }: Dataset, engine: Engine): Trainer {
  const { layers, optimizer, batchSize, loss = 'softmaxCrossEntropy' } = workload
  return createTrainer(engine, sequential(layers, { input: sampleShape }), { optimizer, batchSize, loss })
}

/**
 * The speed at which an engine trains a workload, in samples a second, as a user's own loop would see it: gathering and
 * bookkeeping included, drawing an epoch's order not.
 */
export function prepareTraining(workload: Workload, data: Dataset, engine: Engine): Prepared {
  const { batchSize } = workload
  const trainer = workloadTrainer(workload, data, engine)
  const train = async (samples: number) => {
    const most = Math.floor(data.count / batchSize) * batchSize
    const count = Math.min(most, Math.ceil(samples / batchSize) * batchSize)
    for await (const _ of trainer.fit(take(data, count), { epochs: Math.ceil(samples / count) })) {
      // All that matters is what the trainer notes of each epoch.
    }
    const epochs = trainer.history.splice(0)
    return { samples: sum(epochs, (epoch) => epoch.samples), seconds: sum(epochs, (epoch) => epoch.seconds) }
  }
  /** At least so many samples, and more where the clock shows too little of them. */
  const measure = async (samples: number) => {
    let found = await train(samples)
    while (found.seconds < LEAST_SECONDS) found = await train(4 * found.samples)
    return found.samples / found.seconds
  }
  let speed: number | null = null
  return {
    async speed(seconds) {
      // Before the first guess at how many samples fill a window, code is compiled and memory touched.
      speed ??= await measure(batchSize)
      speed = await measure(speed * seconds)
      return speed
    },
    release: () => trainer.close(),
  }
}

/** The training workloads W1 to W10 on what `load` gives, which is asked for it only when one of them is measured. */
export function trainingBenchmarks(load: () => Dataset): readonly Benchmark[] {
  let data: Dataset | null = null
  return workloads.map((workload) => ({
    ...{ id: workload.id, group: 'training', title: workload.title, unit: 'samples' },
    prepare(engine) {
      data ??= load()
      return prepareTraining(workload, data, engine)
    },
  }))
}
