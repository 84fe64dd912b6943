import t from 'tap'
import { NO_ID } from '../../assembly/codes.js'
import {
  activation,
  adam,
  add,
  apply,
  batchNormalization,
  concatenate,
  conv2d,
  dense,
  embedding,
  input,
  type LayerSpec,
  lstm,
  type Model,
  model,
  modelFromConfig,
  multiply,
  type Symbolic,
  sequential,
  tiedDense,
  timeDistributed,
} from '../../src/index.js'
import * as instruction from '../../src/program/instructions.js'
import { type LossParts, Training } from '../support/composition.js'
import { floats, type GoldenCase, golden, mismatch } from '../support/golden.js'
import { everyEngine } from '../support/run.js'

/** A golden network: its model, and the names of the golden weights in the order of the parameters. */
interface Network {
  readonly model: Model
  readonly weights: readonly (string | null)[]
}

const relu = (x: Symbolic) => apply(activation('relu'), x)
const tanh = 'tanh' as const

function residualDense({ name, inputs }: GoldenCase): Network {
  const [features, hidden] = inputs.W1!.shape as [number, number]
  const x = input([features], { name: 'x' })
  const width = inputs.W2!.shape[1]!
  const h = apply(dense(width), apply(dense(hidden, { activation: 'relu' }), x))
  const skip = inputs.Ws ? apply(dense(width, { useBias: false }), x) : x
  const y = add([skip, h])
  const outputs = { y: name.startsWith('residual_dense_b') ? y : relu(y) }
  return {
    model: model({ inputs: x, outputs }),
    weights: ['W1', 'b1', 'W2', 'b2', ...(inputs.Ws ? ['Ws'] : [])],
  }
}

function residualConv({ config, inputs }: GoldenCase): Network {
  const { stride = 1, model: kind } = config as unknown as { stride?: number; model: string }
  const x = input(inputs.x!.shape.slice(1), { name: 'x' })
  const same = { padding: 'same' as const }
  const filters = inputs.W1!.shape[3]!
  if (kind === 'residual_conv_batchnorm') {
    const first = relu(apply(batchNormalization(), apply(conv2d(filters, 3, { ...same, useBias: false }), x)))
    const second = apply(batchNormalization(), apply(conv2d(filters, 3, { ...same, useBias: false }), first))
    return {
      model: model({ inputs: x, outputs: { y: relu(add([x, second])) } }),
      weights: ['W1', 'gamma1', 'beta1', null, null, 'W2', 'gamma2', 'beta2', null, null],
    }
  }
  const h = apply(
    conv2d(filters, 3, same),
    apply(conv2d(filters, 3, { ...same, strides: stride, activation: 'relu' }), x),
  )
  const skip = inputs.Ws ? apply(conv2d(filters, 1, { ...same, strides: stride, useBias: false }), x) : x
  return {
    model: model({ inputs: x, outputs: { y: relu(add([skip, h])) } }),
    weights: ['W1', 'b1', 'W2', 'b2', ...(inputs.Ws ? ['Ws'] : [])],
  }
}

function branches({ config, inputs }: GoldenCase): Network {
  const kind = config.model as string
  const x = input([5], { name: 'x' })
  const units = inputs.Wb!.shape[1]!
  if (kind === 'gate_own_input') {
    const y = multiply([x, apply(dense(units, { activation: 'sigmoid' }), x)])
    return { model: model({ inputs: x, outputs: { y } }), weights: ['Wb', 'bb'] }
  }
  const a = apply(dense(units, { activation: tanh }), x)
  const b = apply(dense(units, { activation: 'sigmoid' }), x)
  const forms: Record<string, () => Symbolic> = {
    branches_add: () => add([a, b]),
    branches_multiply: () => multiply([a, b]),
    branches_add_three: () => add([a, b, apply(dense(units, { useBias: false }), x)]),
    branches_multiply_add: () => add([multiply([a, b]), a]),
    branches_same_added_twice: () => add([a, a, b]),
    branches_square: () => multiply([a, a, b]),
  }
  return {
    model: model({ inputs: x, outputs: { y: forms[kind]!() } }),
    weights: ['Wa', 'ba', 'Wb', 'bb', ...(inputs.Wc ? ['Wc'] : [])],
  }
}

function twoInputs({ config, inputs }: GoldenCase): Network {
  const joined = (a: Symbolic, b: Symbolic) => apply(dense(inputs.Wc!.shape[1]!), concatenate([a, b]))
  if (config.model === ('two_inputs_concat' as never)) {
    const [xa, xb] = [input([4], { name: 'xa' }), input([3], { name: 'xb' })]
    const y = joined(apply(dense(5, { activation: 'relu' }), xa), apply(dense(5, { activation: tanh }), xb))
    const weights = ['Wa', 'ba', 'Wb', 'bb', 'Wc', 'bc']
    return { model: model({ inputs: [xa, xb], outputs: { y } }), weights }
  }
  const [steps, , features] = inputs.xs!.shape as [number, number, number]
  const xs = input([steps, features], { name: 'xs' })
  const xv = input([3], { name: 'xv' })
  const y = joined(apply(lstm(5), xs), apply(dense(5, { activation: 'relu' }), xv))
  const weights = ['Wx', 'Wh', 'b', 'Wv', 'bv', 'Wc', 'bc']
  return { model: model({ inputs: [xs, xv], outputs: { y } }), weights }
}

function twoOutputs(found: GoldenCase): Network {
  const x = input([5], { name: 'x' })
  const hidden = found.config.model === ('two_outputs_hidden' as never)
  const h = apply(dense(5, { activation: hidden ? tanh : 'relu' }), x)
  if (hidden) {
    const outputs = { y_a: h, y_b: apply(dense(4), h) }
    return { model: model({ inputs: x, outputs }), weights: ['W1', 'b1', 'W2', 'b2'] }
  }
  const outputs = { a: apply(dense(4), h), b: apply(dense(3), h) }
  return { model: model({ inputs: x, outputs }), weights: ['W1', 'b1', 'Wa', 'ba', 'Wb', 'bb'] }
}

function shared({ config }: GoldenCase): Network {
  const f = dense(5, { activation: tanh })
  if (config.model === ('shared_twice' as never)) {
    const x = input([5], { name: 'x' })
    return { model: model({ inputs: x, outputs: { y: apply(f, apply(f, x)) } }), weights: ['W', 'b'] }
  }
  const [xa, xb] = [input([5], { name: 'xa' }), input([5], { name: 'xb' })]
  const y = apply(dense(4), multiply([apply(f, xa), apply(f, xb)]))
  return { model: model({ inputs: [xa, xb], outputs: { y } }), weights: ['W', 'b', 'Wc', 'bc'] }
}

/** [a, b, ...] as [b, a, ...]. */
function transposed({ shape: [a, b], data }: GoldenCase['inputs'][string]): number[] {
  const size = data.length / (a! * b!)
  return data.map((_, at) => {
    const [i, j, k] = [Math.floor(at / size / a!), Math.floor(at / size) % a!, at % size]
    return data[(j * b! + i) * size + k]!
  })
}

const families: [prefix: string, count: number, (found: GoldenCase) => Network][] = [
  ['residual_dense', 7, residualDense],
  ['residual_conv', 4, residualConv],
  ['branches_', 6, branches],
  ['gate_own_input', 1, branches],
  ['two_inputs', 2, twoInputs],
  ['two_outputs', 4, twoOutputs],
  ['shared_in_sequence', 1, shared],
  ['shared_side_by_side', 1, shared],
]

const all = golden('composition')

t.test(
  'networks with branches, several inputs and outputs, and shared layers agree with the golden vectors',
  async (t) => {
    const wrong: string[] = []
    const check = (what: string, actual: ArrayLike<number>, expected: GoldenCase['inputs'][string]) => {
      const difference = mismatch(actual, expected)
      if (difference) wrong.push(`${what}: ${difference}`)
    }
    for (const engine of await everyEngine()) {
      for (const [prefix, count, build] of families) {
        const cases = all.filter(({ name }) => name.startsWith(prefix))
        t.equal(cases.length, count, prefix)
        for (const found of cases) {
          const { name, inputs, outputs, grads } = found
          const { model: network, weights } = build(found)
          const arrays = network.inputs.map(({ name }): [string, number[]] => [
            name,
            // Sequences are batch first where they come in.
            name === 'xs' ? transposed(inputs[name]!) : inputs[name]!.data,
          ])
          const lossWeights = (found.config.loss_weights ?? null) as readonly number[] | null
          const targets = lossWeights
            ? { labels: Int32Array.from(inputs.labels!.data), target: floats(inputs.target!) }
            : {}
          const upstream = Object.entries(inputs).filter(([name]) => name.startsWith('dy'))
          const batch = {
            ...Object.fromEntries(arrays.map(([name, data]) => [name, Float32Array.from(data)])),
            ...Object.fromEntries(upstream.map(([name, tensor]) => [name, floats(tensor)])),
            ...targets,
          }
          const training = new Training(
            engine,
            {
              ...{
                network: () => network,
                batch: inputs[name.startsWith('two_inputs_seq') ? 'xv' : arrays[0]![0]]!.shape[0]!,
              },
              loss: (parts) =>
                lossWeights
                  ? twoHeads(parts, lossWeights)
                  : parts.outputs.map((output, i) =>
                      parts.data([...network.outputs.keys()][i]!.replace('y', 'dy'), output.shape),
                    ),
            },
            batch,
          )
          const values = network.parameters.flatMap(({ name }, i): [string, Float32Array][] =>
            weights[i] === null ? [] : [[name, floats(inputs[weights[i]!]!)]],
          )
          network.setWeights(new Map(values))
          training.run(batch)
          const what = `${engine.name} ${name}`
          for (const output of network.outputs.keys()) {
            if (outputs[output]) check(`${what} ${output}`, training.read(output), outputs[output])
          }
          for (const [i, { name: parameter }] of network.parameters.entries()) {
            if (weights[i] === null) continue
            const gradient = training.read(`${parameter}.gradient`)
            check(`${what} d${weights[i]}`, gradient, grads[weights[i]!]!)
          }
          for (const { name } of network.inputs) {
            const expected = grads[name]!
            const data = name === 'xs' ? transposed(expected) : expected.data
            check(`${what} d${name}`, training.read(`d${name}`), { ...expected, data })
          }
          training.close()
        }
      }
    }
    t.same(wrong, [])
  },
)

/** Softmax cross-entropy of one output and squared error of the other, times their weights. */
function twoHeads({ program, outputs, data, scratch, kept }: LossParts, weights: readonly number[]) {
  const [a, b] = outputs as [LossParts['outputs'][number], LossParts['outputs'][number]]
  const [rows, classes] = a.shape as [number, number]
  const [da, db] = [scratch('da', a.shape), scratch('db', b.shape)]
  program.emit(instruction.softmaxCrossEntropy, {
    ...{ logits: a, labels: data('labels', [rows]), dlogits: da, loss: kept('loss_a', [rows]) },
    ...{ predicted: scratch('predicted', [rows], 'i32'), rows, classes, smoothing: 0 },
  })
  const size = b.shape[1]!
  program.emit(instruction.squaredError, {
    ...{
      x: b,
      targets: data('target', b.shape),
      dx: db,
      loss: kept('loss_b', [rows]),
      rows,
      size,
      divisor: size,
    },
  })
  for (const [i, x] of [da, db].entries()) {
    program.emit(instruction.scale, { x, y: x, count: x.shape[0]! * x.shape[1]!, factor: weights[i]! })
  }
  return [da, db]
}

t.test('an embedding whose weights score the outputs, too, agrees with the golden vectors', async (t) => {
  const cases = all.filter(({ name }) => name.startsWith('tied_lstm'))
  t.equal(cases.length, 3)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const { vocab, width, hidden } = config as unknown as Record<'vocab' | 'width' | 'hidden', number>
      const [steps, batch] = inputs.ids!.shape as [number, number]
      const layers: LayerSpec[] = [
        embedding(vocab, width),
        lstm(hidden, { returnSequences: true }),
        ...(inputs.Wp ? [timeDistributed(dense(width, { useBias: false }))] : []),
        timeDistributed(tiedDense('embedding_1')),
      ]
      const data = {
        x: Int32Array.from(
          inputs.ids!.data,
          (_, at) => inputs.ids!.data[(at % steps) * batch + Math.floor(at / steps)]!,
        ),
        targets: Int32Array.from(inputs.targets!.data),
      }
      const isTrained = outputs.losses !== undefined
      const training = new Training(
        engine,
        {
          ...{ layers, input: [steps], batch, loss: meanOverSteps },
          ...(isTrained && { optimizer: adam({ learningRate: 0.01 }) }),
        },
        data,
      )
      const weights = ['We', 'Wx', 'Wh', 'b', 'Wp', 'bd'].filter((name) => inputs[name])
      const { model } = training
      model.setWeights(new Map(model.parameters.map(({ name }, i) => [name, floats(inputs[weights[i]!]!)])))
      const what = `${engine.name} ${name}`
      if (isTrained) {
        const losses = outputs.losses!.data.map(() => {
          training.run(data)
          return training.readDoubles('totals')[3]!
        })
        t.equal(mismatch(losses, outputs.losses!), undefined, `${what} losses`)
        for (const [i, values] of [...model.weights().values()].entries()) {
          t.equal(mismatch(values, outputs[weights[i]!]!), undefined, `${what} ${weights[i]}`)
        }
      } else {
        training.run(data)
        t.equal(mismatch(training.read('output'), outputs.logits!), undefined, `${what} logits`)
        for (const [i, { name: parameter }] of model.parameters.entries()) {
          const gradient = training.read(`${parameter}.gradient`)
          t.equal(mismatch(gradient, grads[weights[i]!]!), undefined, `${what} d${weights[i]}`)
        }
      }
      training.close()
    }
  }
})

function meanOverSteps({ program, forward, data, kept, scratch }: LossParts) {
  const [steps, batch, classes] = forward.output.shape as [number, number, number]
  const rows = steps * batch
  const [weights, divisor] = [scratch('weights', [rows]), scratch('divisor', [1])]
  const [labels, loss] = [data('targets', [rows]), kept('loss', [rows])]
  program.emit(instruction.lossWeights, {
    ...{ labels, weights: null, mask: null, classWeights: null, w: weights, divisor, rows, classes },
    ...{ ignored: NO_ID, steps: 0, scale: rows, summed: 0 },
  })
  const dlogits = scratch('dlogits', forward.output.shape)
  const predicted = scratch('predicted', [rows], 'i32')
  program.emit(instruction.weightedCrossEntropy, {
    ...{ logits: forward.output, labels, targets: null, classWeights: null, weights, divisor },
    ...{ dlogits, loss, predicted, rows, classes, smoothing: 0 },
  })
  const [totals, confusion] = [kept('totals', [5], 'f64'), kept('confusion', [classes, classes], 'i32')]
  program.emit(instruction.tallyWeighted, {
    ...{ loss, weights, divisor, predicted, labels, totals, confusion, rows, classes },
  })
  return dlogits
}

t.test('one embedding of two inputs has one table, with the gradients of both', async (t) => {
  const [found] = all.filter(({ name }) => name === 'shared_embedding')
  const { inputs, outputs, grads } = found!
  const [steps, batch] = inputs.ids_a!.shape as [number, number]
  const [rows, size] = inputs.W!.shape as [number, number]
  for (const engine of await everyEngine()) {
    const [a, b] = ['ids_a', 'ids_b'].map((name) => input([steps], { name, type: 'int32' }))
    const table = embedding(rows, size)
    const network = model({
      inputs: [a!, b!],
      outputs: { y: multiply([apply(table, a!), apply(table, b!)]) },
    })
    const ids = (name: string) => Int32Array.from(transposed({ ...inputs[name]!, shape: [steps, batch] }))
    const data = { ids_a: ids('ids_a'), ids_b: ids('ids_b'), dy: Float32Array.from(transposed(inputs.dy!)) }
    const training = new Training(
      engine,
      { network: () => network, batch, loss: ({ data, outputs }) => data('dy', outputs[0]!.shape) },
      data,
    )
    network.setWeights(new Map([['embedding_1/embeddings', floats(inputs.W!)]]))
    training.run(data)
    const y = { ...outputs.y!, data: transposed(outputs.y!) }
    t.equal(mismatch(training.read('y'), y), undefined, `${engine.name} y`)
    t.equal(
      mismatch(training.read('embedding_1/embeddings.gradient'), grads.W!),
      undefined,
      `${engine.name} dW`,
    )
    training.close()
  }
})

t.test('a network is plain data and comes back from JSON to the same weights and names', async (t) => {
  const [picture, other] = [input([4, 4], { name: 'picture' }), input([3])]
  const shared = dense(5)
  const side = (x: Symbolic) => apply(shared, x)
  const flat = apply(lstm(3), picture)
  const y = apply(dense(2), concatenate([side(flat), side(other)]))
  const network = model({ inputs: [picture, other], outputs: { score: y, hidden: flat }, seed: 3 })
  const { config } = network
  t.same(JSON.parse(JSON.stringify(config)), config)
  t.same(config, {
    seed: 3,
    inputs: [
      { name: 'picture', shape: [4, 4] },
      { name: 'input_2', shape: [3] },
    ],
    nodes: [
      { name: 'lstm_1', layer: { type: 'lstm', units: 3 }, from: ['picture'] },
      { name: 'dense_1', layer: { type: 'dense', units: 5 }, from: ['lstm_1'] },
      { name: 'dense_1.2', layer: 'dense_1', from: ['input_2'] },
      { name: 'concatenate_1', layer: { type: 'concatenate' }, from: ['dense_1', 'dense_1.2'] },
      { name: 'dense_2', layer: { type: 'dense', units: 2 }, from: ['concatenate_1'] },
    ],
    outputs: { score: 'dense_2', hidden: 'lstm_1' },
  })
  const again = modelFromConfig(JSON.parse(JSON.stringify(config)))
  t.equal(await again.fingerprint(), await network.fingerprint())
  t.same(
    [...again.outputs],
    [
      ['score', [2]],
      ['hidden', [3]],
    ],
  )
  const names = ['lstm_1/kernel', 'lstm_1/recurrentKernel', 'lstm_1/bias', 'dense_1/kernel', 'dense_1/bias']
  t.same(
    again.parameters.map(({ name }) => name),
    [...names, 'dense_2/kernel', 'dense_2/bias'],
  )
  t.match(network.summary(), /^picture +\[4, 4\] +0\n.*\n.*\n.*\ndense_1\.2 +\[5\] +0$/m)
})

t.test('a row of layers is the same network either way, bit for bit', async (t) => {
  const layers = () => [lstm(3, { returnSequences: true }), lstm(4), dense(2)]
  const chain = sequential(layers(), { input: [5, 2], seed: 7 })
  const x = input([5, 2])
  const graph = model({
    inputs: x,
    outputs: layers().reduce((y: Symbolic, layer) => apply(layer, y), x),
    seed: 7,
  })
  t.equal(await graph.fingerprint(), await chain.fingerprint())
  t.same(graph.output, chain.output)
})

t.test('networks that cannot be are refused by name', (t) => {
  const x = input([4], { name: 'x' })
  const h = apply(dense(3), x)
  const ids = input([4], { name: 'ids', type: 'int32' })
  const node = (name: string, from: string[], layer: unknown = { type: 'dense', units: 4 }) => ({
    name,
    layer,
    from,
  })
  const json = (nodes: unknown[], outputs: unknown = { y: 'a' }) =>
    modelFromConfig({ inputs: [{ name: 'x', shape: [4] }], nodes, outputs })
  const wrong: [() => unknown, string | RegExp][] = [
    [
      () => model({ inputs: x, outputs: add([x, h]) }),
      'add_1: all its inputs should have shape [4] as x has, but dense_1 has [3].',
    ],
    [
      () => model({ inputs: x, outputs: multiply([h, x]) }),
      'multiply_1: all its inputs should have shape [3] as dense_1 has, but x has [4].',
    ],
    [
      () => model({ inputs: x, outputs: concatenate([x, h], { axis: 1 }) }),
      'concatenate_1: axis should be one of the 1 of x, shape [4], found 1.',
    ],
    [() => model({ inputs: x, outputs: apply(lstm(3), x) }), /^lstm_1: a recurrent layer takes sequences/],
    [
      () => model({ inputs: [x, input([2], { name: 'z' })], outputs: h }),
      'model: the input z leads to no output.',
    ],
    [() => model({ inputs: [x, x], outputs: h }), 'model: inputs[1] is there twice.'],
    [
      () => model({ inputs: h, outputs: apply(dense(2), h) }),
      'model: inputs[0] should be a value from input(...).',
    ],
    [() => model({ inputs: input([2]), outputs: h }), /^model: the input input_1 leads to no output\./],
    [
      () => model({ inputs: x, outputs: add([h, apply(dense(3), input([2], { name: 'z' }))]) }),
      'model: the outputs need the input z, which inputs should list.',
    ],
    [
      () => model({ inputs: [x, input([4], { name: 'x' })], outputs: h }),
      /there is another layer or input called "x"/,
    ],
    [() => model({ inputs: x, outputs: {} }), /^model: outputs should be /],
    [
      () => model({ inputs: ids, outputs: apply(dense(2), ids) }),
      'dense_1: it takes numbers, but ids holds ids; an embedding turns ids into vectors.',
    ],
    [
      () => model({ inputs: x, outputs: apply(embedding(5, 2), x) }),
      "embedding_1: it takes ids, an input of type 'int32', but x holds numbers.",
    ],
    [() => add([h]), /^add: values should be a list of at least 2 values of a network/],
    [() => add([h, dense(3)] as never), /^add: values\[1\] should be a value of a network/],
    [() => apply(dense(3), dense(3) as never), /^apply: x should be a value of a network/],
    [() => apply(x as never, x), /^apply: layer should be a layer such as dense\(10\)/],
    [
      () =>
        apply({ type: 'nothing' } as never, x) &&
        model({ inputs: x, outputs: apply({ type: 'nothing' } as never, x) }),
      /^node 1: type should be one of/,
    ],
    [() => input([0]), /^input: shape should be a list of whole numbers from 1 up/],
    [() => input([2], { name: '1x' }), /^input: name should be a name of at most 100 letters/],
    [() => input([2], { name: 'best' }), /^input: name should be a name/],
    [
      () => json([node('a', ['b']), node('b', ['a'])]),
      'a: from should name inputs or nodes before it (x), found "b", a node that does not come before it: a network has no circle.',
    ],
    [
      () => json([node('a', ['nobody'])]),
      'a: from should name inputs or nodes before it (x), found "nobody", neither.',
    ],
    [() => json([node('a', ['x']), node('b', ['a'])]), 'b: nothing uses this node: it leads to no output.'],
    [
      () => json([node('a', ['x']), node('a', ['x'])]),
      'node 2: there is another layer or input called "a"; names are unique.',
    ],
    [
      () => json([node('a', ['x'], 'b')]),
      /^a: layer should be a layer such as dense\(10\), or the name of an earlier node that has one, found "b"/,
    ],
    [
      () => json([node('a', ['x'], { type: 'dense', units: 3 }), node('b', ['a'], 'a')], { y: 'b' }),
      'b: a, which it applies again, takes values of shape [4], but a has [3].',
    ],
    [() => json([node('a', ['x'])], { y: 'x' }), 'outputs: y should be the name of a node (a), found "x".'],
    [() => json([node('a', ['x'])], { 'y z': 'a' }), /^outputs: the name of an output should be a name/],
    [() => json([node('a', ['x', 'x'])]), 'a: a layer is applied to one value, found 2; merge them first.'],
    [() => json([node('a', ['x'], { type: 'add' })]), 'a: add takes at least two values, found 1.'],
    [() => json([]), /^model: nodes should be a list of at least 1 nodes/],
  ]
  const found = wrong.map(([build]) => {
    try {
      build()
      return 'nothing was thrown'
    } catch (error) {
      return (error as Error).name === 'ModelError' ? (error as Error).message : String(error)
    }
  })
  const bad = wrong.flatMap(([, expected], i) => {
    const isRight = typeof expected === 'string' ? found[i] === expected : expected.test(found[i]!)
    return isRight ? [] : [`${found[i]} instead of ${expected}`]
  })
  t.same(bad, [])
  t.end()
})
