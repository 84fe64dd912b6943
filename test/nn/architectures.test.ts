import t from 'tap'
import {
  adam,
  bidirectional,
  checkGradients,
  concatenate,
  createEngine,
  createTrainer,
  dataset,
  dense,
  gru,
  type LayerSpec,
  type Model,
  ModelError,
  masking,
  modelFromConfig,
  rows,
  sequential,
  simpleRNN,
  timeDistributed,
} from '../../src/index.js'
import { drawArchitecture, drawData, drawGraph, layerTypes } from '../support/architectures.js'
import { effort } from '../support/effort.js'
import { randomIntegers } from '../support/random.js'

/** With weights of no special value: zero biases would hide mistakes, and meet zero inputs at the kinks of activations. */
function moved(model: Model, draw: (low: number, high: number) => number): Model {
  const weights = model.weights()
  for (const { name, trained } of model.parameters) {
    if (trained === false) continue
    weights.set(
      name,
      weights.get(name)!.map((w) => w + draw(-(2 ** 20), 2 ** 20) / 2 ** 22),
    )
  }
  model.setWeights(weights)
  return model
}

const ROUNDS = effort(2, 4)

t.test('gradients of random networks of all layers agree with central differences in float64', async (t) => {
  const draw = randomIntegers(23)
  let moving = 0
  for (let i = 0; i < ROUNDS * layerTypes.length; i++) {
    const engine = i % 2 === 0 ? 'simd' : 'js'
    const architecture = drawArchitecture(draw, layerTypes[i % layerTypes.length]!)
    const { config, loss, batch } = architecture
    const data = drawData(draw, architecture, batch)
    const model = moved(modelFromConfig(config), draw)
    const { worst, parameters } = await checkGradients(model, data, { engine, loss, elements: 6 })
    const network = `${engine}, batch ${batch}, ${JSON.stringify(loss)}, ${JSON.stringify(config)}`
    t.ok(worst.error < 1e-2, `${network}: ${JSON.stringify(worst)}`)
    if (parameters.every(({ engine }) => engine !== 0)) moving++
  }
  t.ok(moving > layerTypes.length, `${moving} networks in which every parameter counts`)
})

t.test('gradients of random graphs agree with central differences in float64', async (t) => {
  const draw = randomIntegers(11)
  let shared = 0
  const wrong: string[] = []
  for (let i = 0; i < effort(40, 120); i++) {
    const architecture = drawGraph(draw)
    const { config, loss, batch } = architecture
    const data = drawData(draw, architecture, batch)
    const network = moved(modelFromConfig(config), draw)
    if (config.nodes.some(({ layer }) => typeof layer === 'string')) shared++
    const engine = i % 2 === 0 ? 'simd' : 'js'
    const { worst } = await checkGradients(network, data, { engine, loss, elements: 4 })
    if (worst.error < 1e-2) continue
    wrong.push(
      `${i}, ${engine}, batch ${batch}, ${JSON.stringify(loss)}, ${JSON.stringify(config)}: ${JSON.stringify(worst)}`,
    )
  }
  t.same(wrong, [])
  t.ok(shared > 5, `${shared} graphs in which a layer is applied several times`)
})

t.test('a layer inside others takes the same training steps as one outside', async (t) => {
  const draw = randomIntegers(3)
  const random = (length: number) => Float32Array.from({ length }, () => draw(-1000, 1000) / 1000)
  const labels = Uint8Array.from({ length: 8 }, () => draw(0, 2))
  const data = dataset({ name: 'random', inputs: random(40), targets: labels, sampleShape: [5], classes: 3 })
  const layer = dense(3, { l2: 0.1 })
  const [kernel, bias] = [random(15), random(3)]
  const train = async (layers: LayerSpec[]) => {
    const model = sequential(layers, { input: [5] })
    const values = [kernel, bias]
    model.setWeights(new Map(model.parameters.map(({ name }, i) => [name, values[i]!])))
    const options = { optimizer: adam({ learningRate: 0.1 }), batchSize: 4, clip: { norm: 0.1 } }
    const trainer = createTrainer(await createEngine(), model, options)
    for await (const _ of trainer.fit(data, { epochs: 2 }));
    return await model.fingerprint()
  }
  const alone = await train([layer])
  t.equal(await train([concatenate([[layer]])]), alone, 'in a branch')
  t.equal(await train([concatenate([[concatenate([[layer]])]])]), alone, 'in a branch of a branch')
})

t.test(
  'a layer over sequences within a step is refused, for it would take other samples as its steps',
  (t) => {
    const wrong = [
      simpleRNN(2),
      bidirectional(gru(2, { returnSequences: true })),
      rows(1),
      masking(),
      concatenate([[rows(), simpleRNN(2, { returnSequences: true })], [rows()]]),
    ]
    for (const layer of wrong) {
      const message = `timeDistributed_1: layer should be one that takes each step by itself and gives no sequence, such as dense(10), found "${layer.type}".`
      const build = () => sequential([timeDistributed(layer)], { input: [3, 4, 2] })
      t.throws(build, new ModelError(message))
    }
    const own = concatenate([[rows(), simpleRNN(2, { stateful: true })]])
    const model = sequential([timeDistributed(own)], { input: [3, 4, 2] })
    t.same(model.output, [3, 2], 'a branch may turn a step into a sequence of its own')
    t.equal(model.stateful, true)
    t.end()
  },
)
