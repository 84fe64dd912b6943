import t from 'tap'
import {
  cosineDecay,
  createEngine,
  createTrainer,
  dataset,
  dense,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  sequential,
  sgd,
  stepDecay,
  type TrainerOptions,
  warmUp,
} from '../../src/index.js'
import { halfCosine, power } from '../../src/optim/functions.js'
import { buildOptimizer } from '../../src/optim/index.js'
import { type GoldenCase, golden } from '../support/golden.js'
import { randomIntegers } from '../support/random.js'

const scheduleOf = (rate: Rate) => buildOptimizer(sgd({ learningRate: rate })).rate
const ratesOf = (rate: Rate, steps: number) =>
  Array.from({ length: steps }, (_, step) => scheduleOf(rate)(step, []))

/** The schedule of a golden case. */
function rateOf({ config }: GoldenCase): Rate {
  const c = config as unknown as Record<string, number> & { schedule: string }
  const every = c.decay_steps!
  switch (c.schedule) {
    case 'exponential':
      return exponentialDecay({ start: c.lr0!, factor: c.rate! })
    case 'exponential_every':
      return exponentialDecay({ start: c.lr0!, factor: c.rate!, every })
    case 'exponential_staircase':
      return stepDecay({ start: c.lr0!, factor: c.rate!, every })
    case 'inverse_time':
      return inverseTimeDecay({ start: c.lr0!, decay: c.rate! })
    case 'inverse_time_every':
      return inverseTimeDecay({ start: c.lr0!, decay: c.rate!, every })
    case 'step':
      return stepDecay({ start: c.lr0!, factor: c.factor!, every: c.step_size! })
    case 'cosine':
    case 'cosine_min':
      return cosineDecay({ start: c.lr0!, end: c.lr_min!, steps: c.total_steps! })
    case 'warmup_cosine':
    case 'warmup_cosine_from_first': {
      const next = cosineDecay({ start: c.lr0!, end: c.lr_min!, steps: c.total_steps! - c.warmup! })
      return warmUp({ steps: c.warmup!, next, fromZero: c.schedule === 'warmup_cosine' })
    }
    default: {
      const options = { highest: c.max_lr!, steps: c.total_steps!, rise: c.pct_start! }
      const slope = c.schedule === 'one_cycle_linear' ? 'linear' : 'cosine'
      return oneCycle({ ...options, divisor: c.div!, finalDivisor: c.final_div!, slope })
    }
  }
}

t.test('schedules agree with the golden vectors to their nine digits', async (t) => {
  const cases = golden('schedules')
  t.equal(cases.length, 12)
  for (const found of cases) {
    const rates = ratesOf(rateOf(found), 21)
    for (const [step, expected] of found.outputs.lr!.data.entries()) {
      const error = Math.abs(rates[step]! - expected)
      t.ok(error <= 5.1e-9 * Math.abs(expected), `${found.name} at ${step}: ${rates[step]}`)
    }
  }
})

t.test('decays fall all the way and stay at their ends', async (t) => {
  const falling: Rate[] = [
    stepDecay({ start: 1, factor: 0.5, every: 7 }),
    exponentialDecay({ start: 1, factor: 0.9, every: 13 }),
    inverseTimeDecay({ start: 1, decay: 0.3 }),
    cosineDecay({ start: 1, end: 0.1, steps: 97 }),
  ]
  for (const rate of falling) {
    const rates = ratesOf(rate, 200)
    t.equal(rates[0], 1)
    t.ok(
      rates.every((value, i) => value > 0 && (i === 0 || value <= rates[i - 1]!)),
      JSON.stringify(rate),
    )
  }
  t.same(ratesOf(cosineDecay({ start: 1, end: 0.1, steps: 3 }), 9).slice(3), new Array(6).fill(0.1))
  t.same(ratesOf(0.5, 3), [0.5, 0.5, 0.5])
})

t.test('one cycle rises once and falls once, whatever its length', async (t) => {
  for (const slope of ['cosine', 'linear'] as const) {
    for (const steps of [1, 2, 3, 10, 99]) {
      for (const rise of [0, 0.3, 0.9]) {
        const rates = ratesOf(oneCycle({ highest: 2, steps, rise, slope }), steps + 5)
        const peak = rates.indexOf(Math.max(...rates))
        const name = `${slope}, ${steps} steps, rise ${rise}`
        t.ok(
          rates.every((value, i) => i === 0 || (i <= peak ? value >= rates[i - 1]! : value <= rates[i - 1]!)),
          name,
        )
        t.ok(
          rates.every((value) => value > 0 && value <= 2),
          name,
        )
        t.same(rates.slice(steps), new Array(5).fill(rates.at(-1)))
        if (steps > 1) t.ok(Math.abs(rates[steps - 1]! / (2 / 25 / 1e4) - 1) < 1e-9, name)
      }
    }
  }
})

t.test('a warm-up rises in equal steps to where the next schedule begins', async (t) => {
  t.same(ratesOf(warmUp({ steps: 4, next: 2 }), 6), [0.5, 1, 1.5, 2, 2, 2])
  t.same(ratesOf(warmUp({ steps: 4, next: 2, fromZero: true }), 6), [0, 0.5, 1, 1.5, 2, 2])
  const next = stepDecay({ start: 8, factor: 0.5, every: 1 })
  t.same(ratesOf(warmUp({ steps: 2, next }), 5), [4, 8, 8, 4, 2])
})

t.test('a plateau of the validation loss lowers the rate', async (t) => {
  const rate = scheduleOf(reduceOnPlateau({ start: 1, factor: 0.5, patience: 1, threshold: 0.1, least: 0.2 }))
  const losses = [1, 0.95, 0.91, 0.5, 0.5, Number.NaN, 0.4, 0.41, 0.42, 0.4, 0.41, 0.42]
  //              best, no,  no: 1/2, best, no, no: 1/4, best, no, no: 0.2, no, no: 0.2, no
  const expected = [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]
  t.same(
    expected.map((_, epoch) => rate(99, losses.slice(0, epoch))),
    expected,
  )
})

t.test('powers and half waves are right to the last digits', async (t) => {
  const integer = randomIntegers(5)
  const random = () => integer(0, 2 ** 30) / 2 ** 30
  const worst = { power: 0, wave: 0 }
  for (let i = 0; i < 2000; i++) {
    const [base, exponent, x] = [random() * 1.5, random() * 60, random()]
    worst.power = Math.max(worst.power, Math.abs(power(base, exponent) / base ** exponent - 1))
    worst.wave = Math.max(worst.wave, Math.abs(halfCosine(x) - (1 + Math.cos(Math.PI * x)) / 2))
  }
  t.ok(worst.power < 2e-14 && worst.wave < 4e-16, JSON.stringify(worst))
  t.same(
    [0, 0.5, 1].map(halfCosine).map((value) => Math.round(value * 1e15) / 1e15),
    [1, 0.5, 0],
  )
  t.equal(halfCosine(0), 1)
  t.equal(halfCosine(1), 0)
})

t.test('wrong schedules are refused by name', async (t) => {
  const wrong: [() => unknown, RegExp][] = [
    [
      () => 'fast',
      /^sgd: learningRate should be a finite number from 0 up or a schedule: stepDecay.*found "fast"/,
    ],
    [() => ({ type: 'cosine' }), /^sgd: learningRate should be .*found {"type":"cosine"}/],
    [
      () => ({ type: 'cosineDecay', start: 1 }),
      /^sgd: learningRate: cosineDecay: the field 'steps' is missing/,
    ],
    [
      () => cosineDecay({ start: 1, steps: 0 }),
      /^cosineDecay: steps should be a whole number from 1 up, found 0/,
    ],
    [
      () => ({ type: 'warmUp', steps: 2, next: { type: 'stepDecay', start: 1, factor: -1, every: 1 } }),
      /^sgd: learningRate: warmUp: next: stepDecay: factor should be a finite number from 0 up, found -1/,
    ],
    [() => warmUp({ steps: 2, next: null as never }), /^warmUp: next should be a finite number from 0 up or/],
    [
      () => oneCycle({ highest: 1, steps: 5, rise: 1 }),
      /rise should be a number from 0 up to, but not, 1, found 1/,
    ],
    [
      () => oneCycle({ highest: 1, steps: 5, slope: 'cos' as never }),
      /slope should be one of 'cosine', 'linear'/,
    ],
    [
      () => reduceOnPlateau({ start: 1, patience: 0.5 }),
      /patience should be a whole number from 0 up, found 0.5/,
    ],
    [
      () => exponentialDecay({ start: 1, factor: 1, evry: 2 } as never),
      /unknown field 'evry'; known are start/,
    ],
  ]
  for (const [rate, message] of wrong) {
    t.throws(() => scheduleOf(rate() as Rate), { name: 'ModelError', message })
  }
})

const data = dataset({
  ...{ name: 'two', inputs: Float32Array.of(0, 1, 1, 0, 1, 1, 0, 0), targets: Uint8Array.of(0, 1, 0, 1) },
  ...{ sampleShape: [2], classes: 2 },
})

async function rates(options: Partial<TrainerOptions>, epochs: number): Promise<number[]> {
  const model = sequential([dense(2, { kernelInitializer: 'zeros' })], { input: [2] })
  const engine = await createEngine({ engine: 'js' })
  const trainer = createTrainer(engine, model, {
    optimizer: sgd({ learningRate: 1 }),
    batchSize: 2,
    ...options,
  })
  const found: number[] = []
  for await (const epoch of trainer.fit(data, {
    epochs,
    validationData: data,
    onStep: ({ learningRate: rate }) => found.push(rate),
  })) {
    t.equal(epoch.learningRate, found.at(-1))
  }
  return found
}

t.test('a trainer counts a schedule from its first step, over all epochs', async (t) => {
  const rate = exponentialDecay({ start: 0.5, factor: 0.5 })
  t.same(await rates({ optimizer: sgd({ learningRate: rate }) }, 2), [0.5, 0.25, 0.125, 0.0625])
  const model = sequential([dense(2, { kernelInitializer: 'zeros', useBias: false })], { input: [2] })
  const trainer = createTrainer(await createEngine({ engine: 'js' }), model, {
    ...{ optimizer: sgd({ learningRate: stepDecay({ start: 1, factor: 0, every: 1 }) }), batchSize: 'full' },
  })
  const step = async () => {
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    return model.fingerprint()
  }
  const start = await model.fingerprint()
  const first = await step()
  t.not(first, start)
  t.equal(await step(), first, 'a rate of 0 changes nothing')
})

t.test('a trainer lowers the rate on a plateau, and needs validation for it', async (t) => {
  const rate = reduceOnPlateau({ start: 1e-30, factor: 0.5, patience: 0 })
  t.same(
    await rates({ optimizer: sgd({ learningRate: rate }) }, 4),
    [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25].map((x) => x * 1e-30),
  )
  const model = sequential([dense(2)], { input: [2] })
  const trainer = createTrainer(await createEngine({ engine: 'js' }), model, {
    optimizer: sgd({ learningRate: warmUp({ steps: 3, next: rate }) }),
  })
  await t.rejects(trainer.fit(data, { epochs: 1 }).next(), {
    name: 'ModelError',
    message: /^fit: the learning rate follows the validation loss/,
  })
})
