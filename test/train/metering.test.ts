import t from 'tap'
import {
  createEngine,
  createEvaluator,
  createTrainer,
  csvHeader,
  csvLine,
  dataset,
  dense,
  earlyStopping,
  flatten,
  jsonLine,
  type Metric,
  type MetricName,
  sequential,
  sgd,
} from '../../src/index.js'

const same = sequential([flatten()], { input: [2] })
const engine = await createEngine({ engine: 'js' })
t.teardown(() => engine.close())

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6

t.test('metrics of numbers, with weights', async (t) => {
  const data = dataset({
    ...{
      name: 'few',
      inputs: [
        [1, 2],
        [3, 4],
        [9, 9],
      ],
      targets: [
        [1, 4],
        [2, 4],
        [0, 0],
      ],
    },
    sampleWeights: [1, 3, 0],
  })
  const metrics: MetricName[] = ['meanAbsoluteError', 'rootMeanSquaredError', 'r2']
  const { metrics: found, accuracy } = await createEvaluator(engine, same, {
    loss: 'huber',
    metrics,
  }).evaluate(data)
  t.ok(Number.isNaN(accuracy))
  t.ok(near(found!.meanAbsoluteError!, (0 + 2 + 3 * 1) / 8))
  t.ok(near(found!.rootMeanSquaredError!, Math.sqrt((4 + 3) / 8)))
  // Weighted means of the targets: 1.75 and 4, whose squares about the mean are 0.75 and 0.
  const first = createEvaluator(engine, sequential([flatten()], { input: [1] }), {
    loss: 'meanSquaredError',
    metrics: ['r2'],
  })
  const line = dataset({ name: 'line', inputs: [[1], [3]], targets: [1, 2], sampleWeights: [1, 3] })
  t.ok(near((await first.evaluate(line)).metrics!.r2!, 1 - 3 / 0.75))
})

t.test('accuracy, auc and perplexity', async (t) => {
  const inputs = [
    [0, 3],
    [2, 1],
    [0, 1],
    [4, 0],
    [1, 1],
  ]
  const ids = dataset({ name: 'ids', inputs, targets: [1, 1, 0, 0, 1], classes: 2 })
  const found = await createEvaluator(engine, same, { metrics: ['accuracy', 'auc', 'perplexity'] }).evaluate(
    ids,
  )
  t.equal(found.metrics!.accuracy, found.accuracy)
  // Scores of positives 3, -1, 0 and of negatives 1, -4: 4 of 6 pairs in order.
  t.ok(near(found.metrics!.auc!, 4 / 6))
  t.ok(Math.abs(found.metrics!.perplexity! - Math.exp(found.loss)) < 1e-5)
  const labels = dataset({
    name: 'labels',
    inputs: [
      [1, -1],
      [-1, -1],
      [0, 1],
    ],
    targets: [
      [1, 0],
      [1, 0],
      [0, 1],
    ],
  })
  const options = { loss: 'binaryCrossEntropy', metrics: ['accuracy', 'auc'] } as const
  const several = (await createEvaluator(engine, same, options).evaluate(labels)).metrics!
  t.ok(near(several.accuracy!, 5 / 6))
  t.ok(near(several.auc!, (1 / 2 + 1) / 2))
})

t.test("a metric of one's own, monitored, in history and logs", async (t) => {
  const most: Metric = {
    name: 'largestError',
    create() {
      let largest = 0
      return {
        add({ outputs, values }) {
          for (const [i, output] of outputs.entries())
            largest = Math.max(largest, Math.abs(output - values![i]!))
        },
        result: () => largest,
      }
    },
  }
  const data = dataset({ name: 'line', inputs: [[-1], [0], [1], [2]], targets: [-1, 1, 3, 5] })
  const trainer = createTrainer(engine, sequential([dense(1)], { input: [1] }), {
    ...{ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.1 }), metrics: [most, 'r2'] },
  })
  const told: string[] = []
  const history = await trainer.fit(data, {
    ...{ epochs: 300, validationData: data },
    callbacks: [
      earlyStopping({ monitor: 'largestError', patience: 2, minDelta: 1e-3 }),
      {
        onStepEnd: ({ epoch, step }) => told.push(`step ${epoch}.${step}`),
        onEpochEnd: async ({ epoch }) => told.push(`epoch ${epoch}`),
      },
    ],
  })
  t.ok(history.length < 300)
  t.same(told.slice(0, 4), ['step 1.1', 'epoch 1', 'step 2.1', 'epoch 2'])
  const last = history.at(-1)!
  t.ok(last.validation!.metrics!.largestError! < 0.1)
  t.equal(JSON.parse(jsonLine(last)).validationLargestError, last.validation!.metrics!.largestError)
  t.equal(JSON.parse(jsonLine(last)).accuracy, null)
  t.match(csvHeader(['largestError', 'r2']), /complete,validationLargestError,validationR2\r\n$/)
  t.ok(csvLine(last, ['r2']).endsWith(`true,${last.validation!.metrics!.r2}\r\n`))
  const checkpoint = JSON.parse(JSON.stringify(trainer.checkpoint().progress))
  trainer.restore({ ...trainer.checkpoint(), progress: checkpoint })
  t.same(trainer.history.at(-1)!.validation!.metrics, last.validation!.metrics)
  await t.rejects(
    async () =>
      await trainer.fit(data, {
        epochs: 1,
        validationData: data,
        earlyStopping: { monitor: 'auc', patience: 1 },
      }),
    {
      message: /monitor should be one of 'loss', 'accuracy', 'largestError', 'r2', found "auc"/,
    },
  )
  await t.rejects(
    async () =>
      await trainer.fit(data, {
        epochs: 1,
        validationData: data,
        earlyStopping: { monitor: 'accuracy', patience: 1 },
      }),
    {
      message: /there is no accuracy where targets are numbers/,
    },
  )
})

t.test('metrics that mean nothing are refused by name', async (t) => {
  const numbers = dataset({ name: 'numbers', inputs: [[1, 2]], targets: [[1, 2]] })
  const ids = dataset({ name: 'ids', inputs: [[1, 2]], targets: [1], classes: 2 })
  const cases = [
    ['meanSquaredError', 'accuracy', numbers],
    ['softmaxCrossEntropy', 'r2', ids],
    ['softmaxCrossEntropy', 'meanAbsoluteError', ids],
    ['meanSquaredError', 'perplexity', numbers],
    ['huber', 'auc', numbers],
  ] as const
  for (const [loss, metric, data] of cases) {
    await t.rejects(createEvaluator(engine, same, { loss, metrics: [metric] }).evaluate(data), {
      name: 'ModelError',
      message: new RegExp(
        `^${data.name}: the metric ${metric} needs .*, found .*, ${loss} and outputs of shape \\[2\\]`,
      ),
    })
  }
  const twice = createEvaluator(engine, same, { metrics: ['auc', 'auc'] })
  await t.rejects(twice.evaluate(ids), /there are two called "auc"/)
  t.throws(
    () => createEvaluator(engine, same, { metrics: ['mae' as MetricName] }),
    /metrics\[0\] should be one of 'accuracy', /,
  )
  const none: Metric = { name: 'none', create: () => ({ add() {}, result: () => 'x' as unknown as number }) }
  await t.rejects(
    createEvaluator(engine, same, { metrics: [none] }).evaluate(ids),
    /the result of "none" should be a number, found "x"/,
  )
})
