import t from 'tap'
import { buildSgd, type SgdOptions, sgd } from '../../src/optim/sgd.js'

t.test('a wrong option is refused by name', async (t) => {
  const wrong: [SgdOptions, RegExp][] = [
    [
      { learningRate: Number.NaN },
      /sgd: learningRate should be a finite number from 0 up or a schedule: stepDecay\(...\), .*found NaN/,
    ],
    [{ learningRate: 1, momentum: 1 }, /sgd: momentum should be a number from 0 up to, but not, 1, found 1/],
    [{ learningRate: 1, nesterov: true }, /sgd: nesterov needs a momentum above 0/],
    [
      { learningRate: 1, momentom: 0.9 } as never,
      /sgd: unknown field 'momentom'; known are learningRate, momentum/,
    ],
    [{} as never, /sgd: the field 'learningRate' is missing/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => buildSgd(sgd(options)), { name: 'ModelError', message })
  }
})
