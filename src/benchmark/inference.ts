import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { createPredictor } from '../inference/predictor.js'
import { dense } from '../nn/layers/dense.js'
import { embedding } from '../nn/layers/embedding.js'
import { lstm } from '../nn/layers/lstm.js'
import type { LayerSpec } from '../nn/layers/spec.js'
import { timeDistributed } from '../nn/layers/time-distributed.js'
import { sequential } from '../nn/sequential.js'
import type { Benchmark, Prepared } from './benchmark.js'
import { workloads } from './workloads.js'

/** Calls between two looks at the clock, of which browsers' go by steps of up to a millisecond. */
const CALLS = 16
/** Characters of a text's alphabet. */
const CHARACTERS = 64
const STEPS = 100

const layersOf = (wanted: string) => workloads.find(({ id }) => id === wanted)!.layers

/** Calls `once` for about `seconds`, and returns how often it did a second. */
function speedOf(once: (call: number) => void, seconds: number): number {
  const start = performance.now()
  let [calls, milliseconds] = [0, 0]
  do {
    for (let i = 0; i < CALLS; i++) once(calls++)
    milliseconds = performance.now() - start
  } while (milliseconds === 0 || milliseconds < seconds * 1000)
  return calls / (milliseconds / 1000)
}

/** One image after the other through the layers, or one row of them where `single`. */
function prepareImages(
  layers: readonly LayerSpec[],
  single: boolean,
  data: Dataset,
  engine: Engine,
): Prepared {
  const { sampleShape, sampleSize, count } = data
  const predictor = createPredictor(engine, sequential(layers, { input: sampleShape }))
  const bytes = data.inputs as Uint8Array
  const size = single ? sampleSize / sampleShape[0]! : sampleSize
  const pieces = Array.from({ length: Math.min(count, 64) * (sampleSize / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const run = (call: number) => {
    const x = pieces[call % pieces.length]!
    if (single) predictor.step(x)
    else predictor.predict(x)
  }
  return { speed: (seconds) => speedOf(run, seconds), release: () => predictor.close() }
}

/** One character after the other through a language model of two LSTMs. */
function prepareText(engine: Engine): Prepared {
  const layers = [
    ...[embedding(CHARACTERS, 32), lstm(128, { returnSequences: true })],
    ...[lstm(128, { returnSequences: true }), timeDistributed(dense(CHARACTERS))],
  ]
  const predictor = createPredictor(engine, sequential(layers, { input: [STEPS] }))
  const run = (call: number) => predictor.step((call * 7) % CHARACTERS)
  return { speed: (seconds) => speedOf(run, seconds), release: () => predictor.close() }
}

/** Single images, and single time steps, of what `load` gives, as a predictor's user has them. */
export function inferenceBenchmarks(load: () => Dataset): readonly Benchmark[] {
  let data: Dataset | null = null
  const images = (id: string, title: string, workload: string, single = false): Benchmark => ({
    ...{ id, group: 'inference', title, unit: 'samples' },
    prepare(engine) {
      data ??= load()
      return prepareImages(layersOf(workload), single, data, engine)
    },
  })
  return [
    images('image-mlp', 'MLP 784-512-10, one image', 'W2'),
    images('image-lstm', 'LSTM(128), one image', 'W6'),
    images('image-cnn', 'CNN of W10, one image', 'W10'),
    images('step-lstm', 'LSTM(128), one row of an image', 'W6', true),
    {
      ...{ id: 'step-text', group: 'inference', title: '2 x LSTM(128), one character', unit: 'samples' },
      prepare: prepareText,
    },
  ]
}
