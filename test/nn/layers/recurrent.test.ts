import t from 'tap'
import {
  bidirectional,
  type GruOptions,
  gru,
  type LstmOptions,
  lstm,
  type RecurrentOptions,
  type SimpleRnnOptions,
  simpleRNN,
} from '../../../src/index.js'
import type { LayerSpec } from '../../../src/nn/layers/spec.js'
import { floats, type GoldenTensor, golden, mismatch } from '../../support/golden.js'
import { runLayers } from '../../support/layers.js'
import { everyEngine } from '../../support/run.js'

interface Config {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  readonly activation: 'tanh' | 'relu'
  readonly gate_activation: 'sigmoid' | 'hard_sigmoid'
  readonly reset: 'after' | 'before'
  readonly bias: boolean
  readonly return: 'last' | 'sequence'
  readonly initial_state: 'zero' | 'given'
  readonly layers: number
  readonly bidirectional: boolean
  readonly masked_output?: 'repeat' | 'zero'
  readonly steps: number
  readonly batch: number
  readonly in: number
  readonly hidden: number
}

function layerOf(config: Config, options: RecurrentOptions) {
  const gateActivation = config.gate_activation === 'hard_sigmoid' ? 'hardSigmoid' : 'sigmoid'
  const { hidden, activation, reset } = config
  if (config.cell === 'rnn') return simpleRNN(hidden, { ...options, activation } as SimpleRnnOptions)
  if (config.cell === 'lstm')
    return lstm(hidden, { ...options, recurrentActivation: gateActivation } as LstmOptions)
  return gru(hidden, { ...options, recurrentActivation: gateActivation, reset } as GruOptions)
}

/** The layers of a case, and the endings of its tensors' names by layer and direction, in the order of parameters. */
function modelOf(config: Config): { layers: LayerSpec[]; endings: string[] } {
  const stack = Array.from({ length: config.layers }, (_, i) => i)
  const layers = stack.map((i) => {
    const sequence = config.return === 'sequence' || i + 1 < config.layers
    const stateful = config.initial_state === 'given'
    const zeroOutputForMask = config.masked_output === 'zero'
    const layer = layerOf(config, {
      returnSequences: sequence,
      stateful,
      useBias: config.bias,
      zeroOutputForMask,
    })
    return config.bidirectional ? bidirectional(layer) : layer
  })
  const endings = stack.flatMap((i) => {
    const level = config.layers > 1 ? String(i) : ''
    return (config.bidirectional ? ['f', 'b'] : ['']).map((direction) => `${level}${direction}`)
  })
  return { layers, endings: endings.map((ending) => (ending === '' ? '' : `_${ending}`)) }
}

/** [a, b, n] as [b, a, n]. */
function swapped({ shape, data }: GoldenTensor): GoldenTensor {
  const [a, b, n] = shape as [number, number, number]
  const at = (i: number) => {
    const [row, k] = [Math.floor(i / n), i % n]
    return data[((row % a) * b + Math.floor(row / a)) * n + k]!
  }
  return { shape: [b, a, n], data: data.map((_, i) => at(i)) }
}

const batchFirst = (tensor: GoldenTensor) => (tensor.shape.length === 3 ? swapped(tensor) : tensor)
const weightNames = ['Wx', 'Wh', 'b', 'b_hn']

for (const family of ['recurrent_rnn', 'recurrent_lstm', 'recurrent_gru', 'masks']) {
  t.test(`layers agree with the golden vectors of ${family}`, async (t) => {
    for (const engine of await everyEngine()) {
      const cases = golden(family).filter(
        ({ name, config }) => 'cell' in config && !('loss' in config) && !name.includes('_stategrads'),
      )
      for (const { name, config, inputs, outputs, grads } of cases) {
        const shape = config as unknown as Config
        const { layers, endings } = modelOf(shape)
        const names = endings.flatMap((ending) =>
          weightNames.map((weight) => weight + ending).filter((weight) => inputs[weight]),
        )
        const states = endings
          .flatMap((ending) => [`h0${ending}`, `c0${ending}`])
          .filter((state) => inputs[state])
        const found = runLayers(engine, layers, [shape.steps, shape.in], {
          x: floats(batchFirst(inputs.x!)),
          weights: names.map((weight) => floats(inputs[weight]!)),
          dy: floats(batchFirst(inputs.dy!)),
          batch: shape.batch,
          ...(inputs.mask && { valid: floats(inputs.mask) }),
          carried: states.map((state) => floats(inputs[state]!)),
        })
        const check = (what: string, actual: Float32Array, expected: GoldenTensor) =>
          t.equal(mismatch(actual, expected), undefined, `${engine.name} ${name} ${what}`)
        check('y', found.y, batchFirst(outputs.y!))
        check('dx', found.dx, batchFirst(grads.x!))
        for (const [i, gradient] of [...found.gradients.values()].entries()) {
          check(`d${names[i]}`, gradient, grads[names[i]!]!)
        }
        const carried = [...found.carried.values()]
        for (const [i, state] of states.entries()) {
          check(`final ${state}`, carried[i]!, outputs[state.replace('0', '_n')]!)
        }
      }
    }
  })
}
