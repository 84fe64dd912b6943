import t from 'tap'
import {
  adam,
  createEngine,
  createTrainer,
  dataset,
  dense,
  type LayerSpec,
  lstm,
  type OptimizerSpec,
  rmsprop,
  sequential,
  sgd,
  simpleRNN,
} from '../../src/index.js'
import { floats, type GoldenTensor, golden, mismatch } from '../support/golden.js'

interface Config {
  readonly lr: number
  readonly steps: number
  readonly batch: number
  readonly alpha: number
}

/** The network and optimizer of each trajectory; names of its weights in the golden file by their names here. */
const trajectories: Record<
  string,
  { layers: LayerSpec[]; optimizer: (config: Config) => OptimizerSpec; names: Record<string, string> }
> = {
  mlp_20_16_5_relu_sgd: {
    layers: [dense(16, { activation: 'relu' }), dense(5)],
    optimizer: ({ lr }) => sgd({ learningRate: lr }),
    names: { 'dense_1/kernel': 'W1', 'dense_1/bias': 'b1', 'dense_2/kernel': 'W2', 'dense_2/bias': 'b2' },
  },
  lstm6_dense3_adam: {
    layers: [lstm(6), dense(3)],
    optimizer: ({ lr }) => adam({ learningRate: lr }),
    names: {
      'lstm_1/kernel': 'Wx',
      'lstm_1/recurrentKernel': 'Wh',
      'lstm_1/bias': 'b',
      'dense_1/kernel': 'Wd',
      'dense_1/bias': 'bd',
    },
  },
  rnn7_identity_dense3_rmsprop: {
    layers: [simpleRNN(7), dense(3)],
    optimizer: ({ lr, alpha }) => rmsprop({ learningRate: lr, decay: alpha }),
    names: {
      'simpleRNN_1/kernel': 'Wx',
      'simpleRNN_1/recurrentKernel': 'Wh',
      'simpleRNN_1/bias': 'b',
      'dense_1/kernel': 'Wd',
      'dense_1/bias': 'bd',
    },
  },
}

/** Samples one after the other: sequences are stored [steps, batch, features]. */
function samplesOf({ shape, data }: GoldenTensor): { images: Float32Array; sampleShape: number[] } {
  if (shape.length === 2) return { images: Float32Array.from(data), sampleShape: shape.slice(1) }
  const [steps, batch, features] = shape as [number, number, number]
  const images = new Float32Array(data.length)
  for (const [i, value] of data.entries()) {
    const [step, rest] = [Math.floor(i / (batch * features)), i % (batch * features)]
    const sample = Math.floor(rest / features)
    images[(sample * steps + step) * features + (rest % features)] = value
  }
  return { images, sampleShape: [steps, features] }
}

for (const { name, config, inputs, outputs } of golden('trajectories')) {
  t.test(`training follows the golden trajectory ${name}`, async (t) => {
    const { layers, optimizer, names } = trajectories[name]!
    const { steps, ...rest } = config as unknown as Config
    const labels = Uint8Array.from(inputs.labels!.data)
    const { images, sampleShape } = samplesOf(inputs.x!)
    for (const engineName of ['simd', 'js'] as const) {
      const model = sequential(layers, { input: sampleShape })
      model.setWeights(
        new Map(Object.entries(names).map(([path, golden]) => [path, floats(inputs[golden]!)])),
      )
      const classes = model.output[0]!
      const data = dataset({ name: 'golden', inputs: images, targets: labels, sampleShape, classes })
      const engine = await createEngine({ engine: engineName })
      const trainer = createTrainer(engine, model, {
        ...{ optimizer: optimizer({ steps, ...rest }), batchSize: labels.length, shuffle: false },
      })
      const losses: number[] = []
      for await (const _ of trainer.fit(data, { epochs: steps, onStep: ({ loss }) => losses.push(loss) }));
      t.equal(mismatch(losses, outputs.losses!), undefined, `${engineName} losses`)
      const { loss } = await trainer.evaluate(data)
      t.equal(mismatch([loss], outputs.final_loss!), undefined, `${engineName} final loss`)
      const weights = model.weights()
      for (const [path, golden] of Object.entries(names)) {
        t.equal(mismatch(weights.get(path)!, outputs[golden]!), undefined, `${engineName} ${golden}`)
      }
    }
  })
}
