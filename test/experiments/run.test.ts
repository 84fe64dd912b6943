import t from 'tap'
import type { Configuration, Experiment } from '../../src/experiments/experiment.js'
import { experimentOf, experiments } from '../../src/experiments/registry.js'
import {
  counts,
  estimate,
  isResultOf,
  limited,
  measured,
  quickLimits,
  type RunResult,
  type Task,
} from '../../src/experiments/results.js'
import { type ExperimentOptions, runExperiment, tasksOf } from '../../src/experiments/run.js'
import { runTask, type TaskCheckpoint, type TaskEvents } from '../../src/experiments/train.js'
import { builtInDigits, cosineDecay, createEngine, dense, flatten, sgd } from '../../src/index.js'
import { comparisons } from '../../src/report/compare.js'

const data = builtInDigits({ train: 80, test: 20 })

const configuration = (id: string, rate: number): Configuration => ({
  ...{ id, label: `rate ${rate}`, role: 'study', speed: 1000 },
  recipe: {
    ...{ layers: [flatten(), dense(10)], optimizer: sgd({ learningRate: rate }), batchSize: 16, epochs: 3 },
    data: { validation: { part: 0.25, shuffle: false } },
  },
})

const experiment: Experiment = {
  ...{ id: 'toy', study: { letter: 'A', title: 'Toys', author: 'Nobody' }, source: 'Fig. 1', title: 'Toys' },
  ...{ shows: 'Toys.', notes: [], figures: [], published: [] },
  configurations: [configuration('slow', 0.01), configuration('fast', 0.1), configuration('wild', 3e38)],
}

const options = (changes: Partial<ExperimentOptions> = {}): ExperimentOptions => ({
  ...{ experiment, data, seeds: 1, limits: null, jobs: 1, finished: [] },
  async train(task, events) {
    const engine = await createEngine({ engine: 'simd' })
    try {
      return await runTask(experiment, task, data, engine, events)
    } finally {
      engine.close()
    }
  },
  ...changes,
})

const named = (results: readonly RunResult[]) =>
  results.map(({ configuration, seed }) => `${configuration} ${seed}`)
const withoutTimes = ({ seconds: _, epochs, ...result }: RunResult) => ({
  ...result,
  epochs: epochs.map(({ seconds: _, ...figures }) => figures),
})

t.test('all configurations are trained with every seed, the same each time', async (t) => {
  const saved: number[] = []
  const onResult = async (_: RunResult, all: readonly RunResult[]) => void saved.push(all.length)
  const { results, complete } = await runExperiment(options({ seeds: 2, onResult }))
  t.ok(complete)
  t.same(named(results), ['slow 1', 'fast 1', 'wild 1', 'slow 2', 'fast 2', 'wild 2'])
  t.same(saved, [1, 2, 3, 4, 5, 6])
  t.equal(new Set(results.map(({ sha256 }) => sha256)).size >= 5, true, 'seeds differ')
  const again = await runExperiment(options({ seeds: 2, jobs: 3 }))
  t.same(again.results.map(withoutTimes), results.map(withoutTimes), 'side by side too')
  t.same(JSON.parse(JSON.stringify(results)), results, 'plain data')
})

t.test('a training that diverges says so, and the others go on', async (t) => {
  const { results } = await runExperiment(options({ only: ['wild', 'fast'] }))
  const [fast, wild] = results as [RunResult, RunResult]
  t.equal(fast.failure, null)
  t.equal(fast.epochs.length, 3)
  t.match(wild.failure, /The loss became .* in epoch 1/)
  t.equal(wild.epochs.length, 0)
  t.ok(Number.isFinite(wild.test.loss), 'measured with the weights of before')
})

t.test('a stopped run keeps what is finished, and goes on with the rest', async (t) => {
  const whole = await runExperiment(options())
  const controller = new AbortController()
  const saved: RunResult[] = []
  const stopped = await runExperiment(
    options({
      signal: controller.signal,
      onResult: async (result) => void saved.push(result),
      onProgress({ done, share }) {
        // In the middle of the second training.
        if (done === 1 && share > 0.4) controller.abort()
      },
    }),
  )
  t.equal(stopped.complete, false)
  t.same(named(stopped.results), ['slow 1'])
  t.same(saved, stopped.results)
  const trained: string[] = []
  const { train } = options()
  const resumed = await runExperiment(
    options({
      finished: saved,
      train(task, events) {
        trained.push(task.configuration.id)
        return train(task, events)
      },
    }),
  )
  t.same(trained, ['fast', 'wild'])
  t.ok(resumed.complete)
  t.same(resumed.results.map(withoutTimes), whole.results.map(withoutTimes))
})

t.test('results of another recipe, seed, size, arithmetic or data do not count', async (t) => {
  const { results } = await runExperiment(options({ only: ['slow'] }))
  const [result] = results as [RunResult]
  const task = {
    experiment: 'toy',
    configuration: configuration('slow', 0.01),
    seed: 1,
    limits: null,
    relaxed: false,
  }
  t.ok(isResultOf(result, task, data))
  t.notOk(isResultOf(result, { ...task, seed: 2 }, data))
  t.notOk(isResultOf(result, { ...task, configuration: configuration('slow', 0.02) }, data))
  t.notOk(isResultOf(result, { ...task, limits: { epochs: 0, samples: 1 } }, data))
  t.notOk(isResultOf(result, { ...task, relaxed: true }, data))
  const elsewhere = { ...result, engine: { name: 'js', threads: 1 } } as const
  t.ok(isResultOf(elsewhere, task, data), 'other engines have the same bits')
  const relaxed = { ...result, engine: { name: 'relaxed-threads', threads: 2 } } as const
  t.notOk(isResultOf(relaxed, task, data))
  t.ok(isResultOf(relaxed, { ...task, relaxed: true }, data))
  t.notOk(isResultOf(result, task, builtInDigits({ train: 70, test: 20 })))
})

t.test('progress rises to the end', async (t) => {
  const shares: number[] = []
  const lefts: number[] = []
  await runExperiment(
    options({
      onProgress({ share, left }) {
        shares.push(share)
        lefts.push(left)
      },
    }),
  )
  t.same(
    shares,
    [...shares].sort((a, b) => a - b),
  )
  t.equal(shares.at(-1), 1)
  t.equal(lefts.at(-1), 0)
  t.ok(lefts[0]! > 0)
})

t.test('validation is the part of the samples that the recipe says', async (t) => {
  const recipe = { validation: { part: 0.2, shuffle: true } } as const
  t.same(counts(recipe, { train: 60_000, test: 10_000 }, null), {
    train: 48_000,
    validation: 12_000,
    test: 10_000,
  })
  const first = { train: 5000, test: 1000, validation: 'test' } as const
  t.same(counts(first, { train: 60_000, test: 10_000 }, null), { train: 5000, validation: 1000, test: 1000 })
  const seen = { ...first, validation: 'trained' } as const
  t.same(counts(seen, { train: 400, test: 900 }, null), { train: 400, validation: 400, test: 900 })
  t.same(counts(first, { train: 300, test: 10 }, { epochs: 1, samples: 0.5 }), {
    train: 150,
    validation: 10,
    test: 10,
  })
})

t.test('a quick run takes a minute or less, by estimate, and trains every configuration', async (t) => {
  for (const { id, configurations } of experiments) {
    const found = experimentOf(id)
    const limits = quickLimits(found)
    const seconds = configurations.reduce((sum, configuration) => sum + estimate(configuration, limits), 0)
    t.ok(seconds <= 75, `${id}: ${seconds}`)
    if (limits) t.ok(configurations.every(({ recipe }) => limited(recipe, limits).epochs >= 1))
  }
})

t.test('a rate that falls along a cosine falls as far in a shorter run', async (t) => {
  const { recipe } = configuration('slow', 0.01)
  const cosine = {
    ...recipe,
    epochs: 10,
    optimizer: sgd({ learningRate: cosineDecay({ start: 1, steps: 100 }) }),
  }
  const short = limited(cosine, { epochs: 0.5, samples: 0.5 })
  t.equal(short.epochs, 5)
  t.same(short.optimizer.learningRate, { type: 'cosineDecay', start: 1, steps: 25 })
})

t.test('an unknown id is answered by the nearest ones', async (t) => {
  t.throws(() => experimentOf('lstm-unit'), {
    message: /no experiment 'lstm-unit'; did you mean lstm-units\?/,
  })
  t.throws(() => experimentOf('row-rnn'), { message: /did you mean rows-rnn/ })
  t.throws(() => experimentOf('patch'), { message: /did you mean patch-rnn\?/ })
  t.throws(() => experimentOf('zzzzzzzzzzzz'), { message: /there are lstm-units, lstm-dropout, / })
})

t.test('every name that an experiment uses is one of its own', async (t) => {
  for (const { id, configurations, published, figures } of experiments) {
    const ids = configurations.map((configuration) => configuration.id)
    t.equal(new Set(ids).size, ids.length, id)
    const used = figures.flatMap((figure) =>
      figure.type === 'sweep'
        ? figure.series.flatMap(({ configurations }) => configurations.filter((name) => name !== null))
        : figure.configurations,
    )
    for (const name of [...used, ...published.map(({ configuration }) => configuration)]) {
      t.ok(ids.includes(name), `${id}: ${name}`)
    }
    t.ok(
      configurations.some(({ role }) => role === 'beyond'),
      `${id} goes beyond the study`,
    )
  }
})

t.test('the verdict is right for accuracies, losses and values read off', async (t) => {
  const run = await runExperiment(options({ only: ['slow', 'fast'], seeds: 3 }))
  // Only what ran on all of the study's own images is judged.
  const results = run.results.map((result) => ({
    ...result,
    data: { name: 'MNIST train', train: 60_000, test: 10_000 },
  }))
  const accuracy = (seed: number) => results.find((result) => result.seed === seed)!.test.accuracy
  const all = [accuracy(1), accuracy(2), accuracy(3)].sort((a, b) => a - b)
  const verdict = (published: Experiment['published'][number]) =>
    comparisons({ ...experiment, published: [published] }, results)[0]!
  const of = { configuration: 'slow', measure: 'test accuracy' } as const
  t.equal(verdict({ ...of, value: all[1]! }).verdict, 'matched')
  t.equal(verdict({ ...of, value: all[2]! + 0.001 }).verdict, 'within chance', 'of 10,000 images')
  t.equal(verdict({ ...of, value: all[0]! - 0.001 }).verdict, 'within chance')
  t.equal(verdict({ ...of, value: 0.999 }).verdict, 'worse')
  t.equal(verdict({ ...of, value: 0.001 }).verdict, 'better')
  t.equal(verdict({ ...of, value: all[2]! + 0.01, about: true }).verdict, 'matched, as read off')
  t.equal(verdict({ ...of, measure: 'test loss', value: 0.1 }).verdict, 'worse')
  t.equal(verdict({ ...of, measure: 'test loss', value: 9 }).verdict, 'better')
  t.equal(verdict({ ...of, configuration: 'wild', value: 1 }).verdict, 'not run')
  t.equal(verdict({ ...of, value: all[1]! }).ours!.seeds, 3)
})

t.test('a measure over several epochs is their median', async (t) => {
  const { results } = await runExperiment(options({ only: ['slow'] }))
  const [result] = results as [RunResult]
  const losses = result.epochs.map(({ loss }) => loss)
  t.equal(measured(result, { measure: 'training loss', epoch: 2 }), losses[1])
  t.equal(measured(result, { measure: 'training loss' }), losses[2])
  t.equal(measured(result, { measure: 'training loss', over: 3 }), [...losses].sort((a, b) => a - b)[1])
  t.ok(Number.isNaN(measured(result, { measure: 'training loss', epoch: 9 })))
  t.equal(result.steps[0]![0], 1)
  t.equal(result.steps.at(-1)![0], 12)
})

t.test('a training that was stopped goes on from its checkpoint with the same bits', async (t) => {
  const [task] = tasksOf({ experiment, seeds: 1, limits: null, only: ['fast'] }) as [Task]
  const run = async (events: TaskEvents, name: 'simd' | 'js' = 'simd') => {
    const engine = await createEngine({ engine: name })
    try {
      return await runTask(experiment, task, data, engine, events)
    } finally {
      engine.close()
    }
  }
  const whole = (await run({}))!
  const controller = new AbortController()
  let from: TaskCheckpoint | null = null
  const stopped = await run({
    signal: controller.signal,
    async onEpoch(take) {
      from = structuredClone(take())
      controller.abort()
    },
  })
  t.equal(stopped, null)
  const shares: number[] = []
  let epochs = 0
  const resumed = (await run(
    { from, onProgress: (share) => void shares.push(share), onEpoch: async () => void epochs++ },
    'js',
  ))!
  t.same(withoutTimes({ ...resumed, engine: whole.engine }), withoutTimes(whole))
  t.equal(shares[0], 1 / 3)
  t.equal(shares.at(-1), 1)
  t.equal(epochs, 1, 'no checkpoint of a training that is done')
  const wrong = { ...from!, checkpoint: { ...from!.checkpoint, tensors: new Map() } }
  await t.rejects(run({ from: wrong }), { name: 'ModelError', message: /dense_1\/kernel/ })
})
