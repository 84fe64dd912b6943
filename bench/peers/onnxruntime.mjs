/**
 * onnxruntime-web on its wasm backend: `onnxruntime.mjs FOLDER THREADS`. It infers only; for multilayer perceptrons the
 * whole training step is written out here as an ONNX graph (forward, gradients, update), which a Scan repeats over several
 * batches, so that the weights do not cross between JavaScript and wasm at every step.
 */
import { initialWeights, randomNumbers } from './data.mjs'
import { load, serve, versionOf } from './serve.mjs'

const ort = await load('onnxruntime-web')
const { constant, encodeModel, graph, node, tensor } = await load('./onnx.mjs')

ort.env.wasm.numThreads = Number(process.argv[3])
ort.env.logLevel = 'error'

const random = randomNumbers(2)
const BATCHES = 8

/** One training step of a multilayer perceptron: (weights, x, y) to (updated weights, sum of the log likelihoods). */
function stepGraph({ sizes, activation, dropout, rate, batch }) {
  const nodes = []
  const constants = [
    constant('ones', [batch, 1], new Float32Array(batch).fill(1)),
    constant('one', [], Float32Array.of(1)),
    constant('rate', [], Float32Array.of(dropout ?? 0)),
    constant('kept', [], Float32Array.of(1 / (1 - (dropout ?? 0)))),
    constant('training', [], Uint8Array.of(1), 'bool'),
  ]
  const add = (opType, input, output, attributes) => {
    nodes.push(node(opType, input, [output].flat(), attributes))
    return [output].flat()[0]
  }
  const layers = sizes.length - 1
  const inputs = ['x']
  for (let i = 0; i < layers; i++) {
    const sum = add('Gemm', [inputs[i], `w${i}`, `b${i}`], `sum${i}`)
    if (i === layers - 1) break
    const active = add(activation === 'relu' ? 'Relu' : 'Tanh', [sum], `active${i}`)
    inputs.push(dropout ? add('Dropout', [active, 'rate', 'training'], [`dropped${i}`, `mask${i}`]) : active)
  }
  const logProbabilities = add('LogSoftmax', [`sum${layers - 1}`], 'logProbabilities', { axis: { i: 1 } })
  add('ReduceSum', [add('Mul', [logProbabilities, 'y'], 'logLikelihoods')], 'logLikelihood', {
    keepdims: { i: 0 },
  })

  let delta = add('Sub', [add('Exp', [logProbabilities], 'probabilities'), 'y'], 'delta')
  const update = { transA: { i: 1 }, alpha: { f: -rate / batch } }
  for (let i = layers - 1; i >= 0; i--) {
    add('Gemm', [inputs[i], delta, `w${i}`], `w${i}.next`, update)
    add('Gemm', ['ones', delta, `b${i}`], `b${i}.next`, update)
    if (i === 0) break
    let back = add('Gemm', [delta, `w${i}`], `back${i}`, { transB: { i: 1 } })
    if (dropout) {
      const mask = add('Cast', [`mask${i - 1}`], `kept${i}`, { to: { i: 1 } })
      back = add('Mul', [back, add('Mul', [mask, 'kept'], `scale${i}`)], `undropped${i}`)
    }
    const active = `active${i - 1}`
    const slope =
      activation === 'relu'
        ? add('Sign', [active], `slope${i}`)
        : add('Sub', ['one', add('Mul', [active, active], `square${i}`)], `slope${i}`)
    delta = add('Mul', [back, slope], `delta${i}`)
  }
  // It warns of constants without a user.
  return { nodes, constants: constants.filter(({ name }) => nodes.some(({ input }) => input.includes(name))) }
}

async function train(workload, batches) {
  if (workload.network !== 'mlp') {
    // Its own answer to anybody who looks for its training.
    await import('onnxruntime-web/training')
  }
  const { sizes, batch } = workload
  const shapes = Object.fromEntries(
    sizes.slice(1).flatMap((outputs, i) => [
      [`w${i}`, [sizes[i], outputs]],
      [`b${i}`, [1, outputs]],
    ]),
  )
  const names = Object.keys(shapes)
  const declare = (suffix) => names.map((name) => tensor(`${name}${suffix}`, shapes[name]))
  const step = stepGraph(workload)
  const body = graph({
    ...step,
    inputs: [...declare(''), tensor('x', [batch, 784]), tensor('y', [batch, 10])],
    outputs: [...declare('.next'), tensor('logLikelihood', [])],
  })
  const scan = node(
    'Scan',
    [...names.map((name) => `${name}.before`), 'images', 'labels'],
    [...names.map((name) => `${name}.after`), 'logLikelihoods'],
    { body: { g: body }, num_scan_inputs: { i: 2 } },
  )
  const model = graph({
    nodes: [scan],
    inputs: [
      ...declare('.before'),
      tensor('images', [BATCHES, batch, 784]),
      tensor('labels', [BATCHES, batch, 10]),
    ],
    outputs: [...declare('.after'), tensor('logLikelihoods', [BATCHES])],
  })
  const session = await ort.InferenceSession.create(encodeModel(model), { executionProviders: ['wasm'] })

  const feeds = Object.fromEntries(
    names.map((name) => {
      const [inputs, outputs] = shapes[name]
      const relu = workload.activation === 'relu' && outputs !== 10
      const values = name.startsWith('w')
        ? initialWeights(inputs * outputs, { inputs, outputs, relu }, random)
        : new Float32Array(outputs)
      return [`${name}.before`, new ort.Tensor('float32', values, shapes[name])]
    }),
  )
  const images = new Float32Array(BATCHES * batch * 784)
  const labels = new Float32Array(BATCHES * batch * 10)
  feeds.images = new ort.Tensor('float32', images, [BATCHES, batch, 784])
  feeds.labels = new ort.Tensor('float32', labels, [BATCHES, batch, 10])
  return {
    steps: BATCHES,
    async step() {
      for (let i = 0; i < BATCHES; i++) {
        const { x, oneHot } = batches.next()
        images.set(x, i * x.length)
        labels.set(oneHot, i * oneHot.length)
      }
      const results = await session.run(feeds)
      for (const name of names) feeds[`${name}.before`] = results[`${name}.after`]
      return -results.logLikelihoods.data.reduce((sum, value) => sum + value) / (BATCHES * batch)
    },
  }
}

async function multiply(size) {
  const shape = [size, size]
  const model = graph({
    nodes: [node('MatMul', ['a', 'b'], ['c'])],
    inputs: [tensor('a', shape), tensor('b', shape)],
    outputs: [tensor('c', shape)],
  })
  const session = await ort.InferenceSession.create(encodeModel(model), { executionProviders: ['wasm'] })
  const matrix = () => initialWeights(size * size, { inputs: size, outputs: size }, random)
  const feeds = {
    a: new ort.Tensor('float32', matrix(), shape),
    b: new ort.Tensor('float32', matrix(), shape),
  }
  return async () => (await session.run(feeds)).c.data
}

await serve({ version: versionOf('onnxruntime-web'), train, multiply })
