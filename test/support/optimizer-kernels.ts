import t from 'tap'
import { adagrad, adam, adamw, type OptimizerSpec, rmsprop } from '../../src/index.js'
import { Cases } from './cases.js'
import { floats, type GoldenCase, golden, mismatch } from './golden.js'
import { Descent } from './optimizers.js'
import { randomIntegers } from './random.js'
import { everyEngine } from './run.js'
import { createSharesEngine } from './threads.js'

/** The optimizer of a golden case. */
function specOf({ config }: GoldenCase): OptimizerSpec {
  const c = config as Record<string, never>
  const rate: number = c.lr!
  switch (c.optimizer as string) {
    case 'rmsprop':
      return rmsprop({
        learningRate: rate,
        decay: c.alpha!,
        epsilon: c.eps!,
        epsilonInside: c.eps_position === 'inside',
      })
    case 'adagrad':
      return adagrad({ learningRate: rate, initialAccumulatorValue: c.initial_accumulator!, epsilon: c.eps! })
    default: {
      const { beta1, beta2, eps, weight_decay = 0, amsgrad = false, decoupled } = c
      const options = {
        learningRate: rate,
        beta1: beta1!,
        beta2: beta2!,
        epsilon: eps!,
        weightDecay: weight_decay,
        amsgrad,
      }
      return decoupled ? adamw(options) : adam(options)
    }
  }
}

/** Tests an adaptive optimizer's kernel: the golden cases of these names, and the bits that these specs give. */
export function testAdaptiveKernel(names: RegExp, specs: readonly OptimizerSpec[]): void {
  t.test('its steps agree with the golden vectors', async (t) => {
    const cases = golden('optimizers_adaptive').filter(({ config }) => names.test(config.optimizer as string))
    for (const engine of await everyEngine()) {
      for (const found of cases) {
        const { name, inputs, outputs } = found
        const count = inputs.p!.data.length
        const descent = new Descent(engine, specOf(found), floats(inputs.p!))
        const gradients = floats(inputs.g!)
        const after: number[] = []
        for (let step = 0; step < inputs.g!.shape[0]!; step++) {
          descent.step(
            gradients.slice(step * count, (step + 1) * count),
            specOf(found).learningRate as number,
          )
          after.push(...descent.parameter)
        }
        t.equal(mismatch(after, outputs.p_after!), undefined, `${engine.name} ${name}`)
      }
    }
  })
  testOptimizerBits(specs)
}

/** Tests that every engine and any number of shares takes the same steps by these specs. */
export function testOptimizerBits(specs: readonly OptimizerSpec[]): void {
  t.test('every engine and any number of shares writes the same bits, and nothing beyond', async (t) => {
    const special = [0, -0, 1e-45, -1e-38, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN]
    const random = randomIntegers(11)
    const float = () => (random(-(2 ** 24), 2 ** 24) / 2 ** 24) * 2 ** random(-30, 10)
    const engines = [
      ...(await everyEngine()),
      await createSharesEngine(2, 1 << 20),
      await createSharesEngine(5, 1 << 20),
    ]
    const cases = new Cases()
    for (const spec of specs) {
      for (const count of [1, 2, 3, 4, 7, 16, 33, 130]) {
        const length = count + 5
        const start = Float32Array.from({ length }, (_, i) => (i % 17 === 3 ? special[i % 9]! : float()))
        const gradients = [0, 1, 2].map((step) =>
          Float32Array.from({ length }, (_, i) =>
            (i + step) % 13 === 5 ? special[(i + step) % 9]! : float(),
          ),
        )
        const [expected, ...others] = engines.map((engine) => {
          const descent = new Descent(engine, spec, start.slice(), count)
          for (const gradient of gradients) descent.step(gradient, spec.learningRate as number)
          const [parameter, ...slots] = descent.memory.map((values) => values.subarray(count))
          const what = `${engine.describe()}: ${JSON.stringify(spec)}, ${count} elements`
          const isKept = parameter!.every((value, i) => Object.is(value, start[count + i]))
          cases.ok(isKept, `${what}: nothing behind the parameter`)
          cases.ok(
            slots.every((rest) => rest.every((value) => value === 0)),
            `${what}: nothing behind the slots`,
          )
          return { engine, memory: descent.memory }
        })
        for (const { engine, memory } of others) {
          cases.ok(
            memory.every((values, m) => values.every((v, i) => Object.is(v, expected!.memory[m]![i]))),
            `${engine.describe()}: ${JSON.stringify(spec)}, ${count} elements`,
          )
        }
      }
    }
    cases.end(t)
  })
}
