import t from 'tap'
import {
  checkGradients,
  createEngine,
  createEvaluator,
  createTrainer,
  dataset,
  dense,
  embedding,
  flatten,
  type LossSpec,
  lstm,
  padSequences,
  reshape,
  sequential,
  sgd,
  simpleRNN,
} from '../../src/index.js'
import { golden, mismatch } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'

const types: Readonly<Record<string, LossSpec['type']>> = {
  mean_absolute_error: 'meanAbsoluteError',
  huber: 'huber',
  multi_label_cross_entropy: 'binaryCrossEntropy',
  softmax_cross_entropy: 'softmaxCrossEntropy',
  softmax_cross_entropy_soft: 'softmaxCrossEntropy',
}

/** [a, b, ...] as [b, a, ...]. */
function swapped(values: readonly number[], [a, b]: readonly number[], size: number): number[] {
  return Array.from({ length: a! * b! }, (_, i) => {
    const from = ((i % a!) * b! + Math.floor(i / a!)) * size
    return values.slice(from, from + size)
  }).flat()
}

t.test('losses of an evaluation are those of the golden vectors', async (t) => {
  const engine = await createEngine({ engine: 'js' })
  let compared = 0
  for (const { name, config, inputs, outputs } of golden('losses_more')) {
    const options = config as Record<string, unknown>
    const reduction = String(options.reduction)
    const isWeighted = options.class_weights === true || options.weighted === true
    // As in Keras: weights divide nothing, what is ignored does not count.
    const isMean =
      reduction === 'mean_all' ||
      /mean_batch$/.test(reduction) ||
      (reduction === 'sum_over_weights' && !isWeighted && options.ignored_id !== null)
    const isIgnoring = options.ignored_id !== undefined && options.ignored_id !== null
    if (options.class_weights === true || !isMean || /sum_steps/.test(reduction)) continue
    if (isIgnoring && reduction !== 'sum_over_weights') continue
    const x = inputs.logits ?? inputs.pred!
    const isSteps = options.layout === 'TBC'
    const size = x.shape.at(-1)!
    const shape = isSteps ? [x.shape[0]!, size] : [size]
    const batchFirst = (values: readonly number[], width: number) =>
      Float32Array.from(isSteps ? swapped(values, x.shape, width) : values)
    const targets = inputs.target ?? inputs.targets
    const type = types[options.loss as string]!
    const loss = {
      type,
      ...(options.delta !== undefined && { delta: options.delta }),
      ...(/^sum_(features|classes)/.test(reduction) && { reduction: 'sum' }),
      ...(inputs.positive_weights && { positiveWeights: inputs.positive_weights.data }),
      ...(isIgnoring && { ignoredId: options.ignored_id }),
      ...(type === 'softmaxCrossEntropy' &&
        options.label_smoothing !== undefined && { labelSmoothing: options.label_smoothing }),
    } as LossSpec
    const data = dataset({
      ...{ name, inputs: batchFirst(x.data, size), sampleShape: shape },
      ...(targets
        ? { targets: batchFirst(targets.data, size), targetShape: shape }
        : {
            targets: Int32Array.from(batchFirst(inputs.labels!.data, 1)),
            ...{ classes: size, targetShape: isSteps ? [x.shape[0]!] : [] },
            ...(isIgnoring && { ignoredId: options.ignored_id as number }),
          }),
      ...(inputs.weights && { sampleWeights: batchFirst(inputs.weights.data, 1) }),
    })
    const model = sequential([isSteps ? reshape(shape) : flatten()], { input: shape })
    const evaluator = createEvaluator(engine, model, { loss })
    const found = await evaluator.evaluate(data)
    t.equal(mismatch([found.loss], outputs.loss!), undefined, name)
    evaluator.close()
    compared++
  }
  t.ok(compared >= 50, `${compared} cases`)
  engine.close()
})

const few = (count: number, seed: number) => {
  const random = randomIntegers(seed)
  return Array.from({ length: count }, () => random(-1000, 1000) / 700)
}

t.test('gradients are the slopes, whatever the targets', async (t) => {
  const inputs = Float32Array.from(few(5 * 4, 1))
  const steps = { inputs: Float32Array.from(few(5 * 3 * 4, 2)), sampleShape: [3, 4] }
  const flat = { inputs, sampleShape: [4] }
  const ids = Int32Array.of(0, 2, 1, 2, 0)
  const binary = Uint8Array.of(0, 1, 1, 0, 1)
  const bits = Float32Array.from(few(10, 3), (value) => (value > 0 ? 1 : 0))
  const sampleWeights = Float32Array.of(1, 0.5, 0, 2, 3)
  const weights = { sampleWeights }
  const cases: [string, LossSpec | LossSpec['type'], object, number, boolean?][] = [
    ['numbers', 'meanSquaredError', { ...flat, targets: Float32Array.from(few(10, 4)) }, 2],
    [
      'numbers',
      { type: 'huber', delta: 0.3 },
      { ...flat, targets: Float32Array.from(few(10, 5)), ...weights },
      2,
    ],
    ['numbers', 'meanAbsoluteError', { ...flat, targets: Float32Array.from(few(5, 6)) }, 1],
    ['one sigmoid', 'binaryCrossEntropy', { ...flat, targets: binary, ...weights }, 1],
    ['labels', { type: 'binaryCrossEntropy', positiveWeights: [2, 0.5] }, { ...flat, targets: bits }, 2],
    ['weighted', 'softmaxCrossEntropy', { ...flat, targets: ids, ...weights }, 3],
    [
      'smooth',
      { type: 'softmaxCrossEntropy', labelSmoothing: 0.2 },
      { ...flat, targets: ids, ...weights },
      3,
    ],
    ['ignoring', { type: 'softmaxCrossEntropy', ignoredId: 1 }, { ...flat, targets: ids }, 3],
    ['one-hot', 'meanSquaredError', { ...flat, targets: ids, ...weights }, 3],
    [
      'steps',
      'meanSquaredError',
      { ...steps, targets: Float32Array.from(few(30, 7)), targetShape: [3, 2] },
      2,
      true,
    ],
    [
      'ids a step',
      { type: 'softmaxCrossEntropy', ignoredId: -1 },
      {
        ...{ ...steps, targets: Int32Array.from({ length: 15 }, (_, i) => (i % 4) - 1), targetShape: [3] },
        ...{ classes: 3, ignoredId: -1, lengths: [3, 2, 1, 3, 0], padding: 'pre' },
      },
      3,
      true,
    ],
  ]
  for (const [name, loss, source, outputs, isSequence] of cases) {
    const data = dataset({ name, ...source } as Parameters<typeof dataset>[0])
    const layers = isSequence ? [simpleRNN(3, { returnSequences: true }), dense(outputs)] : [dense(outputs)]
    const model = isSequence
      ? sequential([layers[0]!, { type: 'timeDistributed', layer: dense(outputs) }], { input: [3, 4] })
      : sequential(layers, { input: [4] })
    const { worst } = await checkGradients(model, data, { engine: 'js', loss })
    t.ok(
      worst.error < 2e-3,
      `${name}, ${typeof loss === 'string' ? loss : loss.type}: ${JSON.stringify(worst)}`,
    )
  }
})

t.test('trained on what people have', async (t) => {
  const engine = await createEngine({ engine: 'simd' })
  const trained = async (
    layers: Parameters<typeof sequential>[0],
    source: object,
    options: object,
    input: readonly number[],
  ) => {
    const data = dataset({ name: 'own', ...source } as Parameters<typeof dataset>[0])
    const model = sequential(layers, { input })
    const trainer = createTrainer(engine, model, {
      ...{ optimizer: sgd({ learningRate: 0.1 }), batchSize: 4, ...options },
    })
    const history = await trainer.fit(data, { epochs: 60, validationData: data })
    t.ok(history.at(-1)!.loss < history[0]!.loss / 2, `${history[0]!.loss} to ${history.at(-1)!.loss}`)
    const prediction = await trainer.predict(data)
    const evaluation = await trainer.evaluate(data)
    trainer.restore(structuredClone(trainer.checkpoint()))
    trainer.close()
    return { history, prediction, evaluation }
  }
  const xs = Array.from({ length: 12 }, (_, i) => [i / 6 - 1, (i % 3) - 1])

  const line = await trained(
    [dense(1)],
    { inputs: xs, targets: xs.map(([a, b]) => 2 * a! - b! + 1) },
    { loss: 'meanSquaredError' },
    [2],
  )
  t.ok(line.evaluation.loss < 0.01)
  t.ok(Number.isNaN(line.evaluation.accuracy))
  t.equal(line.evaluation.confusion, null)
  t.ok(Math.abs(line.prediction.outputs[0]! - (2 * -1 + 1 + 1)) < 0.3)
  t.throws(() => line.prediction.probabilities, {
    name: 'ModelError',
    message: /^predict: probabilities mean nothing by meanSquaredError/,
  })
  t.throws(() => line.prediction.classes, /^predict: classes mean nothing/)

  const isRight = xs.map(([a]) => (a! > 0 ? 1 : 0))
  const two = await trained(
    [dense(1)],
    { inputs: xs, targets: isRight, classes: 2 },
    { loss: 'binaryCrossEntropy', optimizer: sgd({ learningRate: 1 }) },
    [2],
  )
  t.same([...two.prediction.classes], isRight)
  t.equal(two.evaluation.accuracy, 1)
  t.same([...two.evaluation.confusion!.counts], [7, 0, 0, 5])

  const weighted = async (options: object, source: object) => {
    const set = dataset({ name: 'weighted', inputs: xs, targets: isRight, classes: 2, ...source })
    const one = sequential([dense(1)], { input: [2], seed: 1 })
    const settings = {
      loss: 'binaryCrossEntropy',
      optimizer: sgd({ learningRate: 0.1 }),
      ...options,
    } as const
    await createTrainer(engine, one, settings).fit(set, { epochs: 2 })
    return one.fingerprint()
  }
  t.equal(
    await weighted({ classWeights: [1, 2] }, {}),
    await weighted({}, { sampleWeights: isRight.map((bit) => 1 + bit) }),
    'class weights are weights of their samples',
  )

  const big = 70_000
  const many = Int32Array.from(isRight, (bit) => bit * (big - 1))
  const wide = await trained(
    [dense(big)],
    { inputs: xs, targets: many },
    { optimizer: sgd({ learningRate: 2 }) },
    [2],
  )
  t.equal(wide.evaluation.accuracy, 1)
  t.equal(wide.evaluation.confusion, null)

  const sequences = padSequences([[1, 2], [3], [2, 1, 3], [3, 3]])
  const next = {
    targets: [
      [1, 1, 0],
      [0, 0, 0],
      [1, 1, 0],
      [0, 0, 0],
    ],
    classes: 2,
  }
  const tokens = await trained(
    [embedding(4, 3), lstm(4, { returnSequences: true }), { type: 'timeDistributed', layer: dense(2) }],
    { ...sequences, ...next },
    { optimizer: sgd({ learningRate: 2 }), classWeights: [1, 2] },
    [3],
  )
  t.equal(tokens.evaluation.samples, 8, 'padding counts nowhere')
  t.same(tokens.prediction.outputShape, [3, 2])
  engine.close()
})
