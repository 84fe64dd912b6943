import t from 'tap'
import { createEngine, createTrainer, dataset, dense, sequential, sgd } from '../src/index.js'
import { floats, golden, mismatch } from './support/golden.js'

t.test('30 steps of an MLP follow the golden trajectory', async (t) => {
  const found = golden('trajectories').find(({ name }) => name === 'mlp_20_16_5_relu_sgd')!
  const { inputs, outputs } = found
  const { lr, steps, batch } = found.config as unknown as { lr: number; steps: number; batch: number }
  const names = { W1: 'dense_1/kernel', b1: 'dense_1/bias', W2: 'dense_2/kernel', b2: 'dense_2/bias' }
  for (const engineName of ['simd', 'js'] as const) {
    const model = sequential([dense(16, { activation: 'relu' }), dense(5)], { input: [20] })
    model.setWeights(new Map(Object.entries(names).map(([name, path]) => [path, floats(inputs[name]!)])))
    const data = dataset({
      ...{ name: 'golden', images: floats(inputs.x!), labels: Uint8Array.from(inputs.labels!.data) },
      ...{ sampleShape: [20], classes: 5 },
    })
    const engine = await createEngine({ engine: engineName })
    const options = { optimizer: sgd({ rate: lr }), batchSize: batch, shuffle: false }
    const trainer = createTrainer(engine, model, options)
    const losses: number[] = []
    for await (const _ of trainer.fit(data, { epochs: steps, onStep: ({ loss }) => losses.push(loss) }));
    t.equal(mismatch(losses, outputs.losses!), undefined, `${engineName} losses`)
    const { loss } = await trainer.evaluate(data)
    t.equal(mismatch([loss], outputs.final_loss!), undefined, `${engineName} final loss`)
    const weights = model.weights()
    for (const [name, path] of Object.entries(names)) {
      t.equal(mismatch(weights.get(path)!, outputs[name]!), undefined, `${engineName} ${name}`)
    }
  }
})
