import { readFileSync } from 'node:fs'
import t from 'tap'
import { modelFromConfig, readModel } from '../../src/index.js'
import { presentParameterName } from '../../src/nn/former-names.js'

t.test('models described under the names of before are the same models', async (t) => {
  const before = {
    input: [8, 8],
    seed: 3,
    layers: [
      { type: 'reshape', shape: [8, 8, 1] },
      { type: 'conv2d', filters: 2, size: 3, stride: 1, bias: false, kernel: 'heNormal' },
      { type: 'batchNorm' },
      { type: 'maxPool2d', size: 2, stride: 2 },
      { type: 'averagePool2d', size: 1 },
      { type: 'reshape', shape: [9, 2] },
      {
        type: 'bidirectional',
        layer: { type: 'lstm', units: 3, sequence: true, gateActivation: 'hardSigmoid' },
      },
      { type: 'concatenate', branches: [[{ type: 'gru', units: 2, sequence: true, reverse: true }]] },
      { type: 'simpleRnn', units: 4, recurrentKernel: 'identity', kernel: 'zeros', sequence: true },
      { type: 'timeDistributed', layer: { type: 'layerNorm' } },
      { type: 'flatten' },
      { type: 'dense', units: 2, bias: true, biasInitialiser: 'zeros' },
    ],
  }
  const now = {
    input: [8, 8],
    seed: 3,
    layers: [
      { type: 'reshape', shape: [8, 8, 1] },
      {
        type: 'conv2d',
        filters: 2,
        kernelSize: 3,
        strides: 1,
        useBias: false,
        kernelInitializer: 'heNormal',
      },
      { type: 'batchNormalization' },
      { type: 'maxPooling2d', poolSize: 2, strides: 2 },
      { type: 'averagePooling2d', poolSize: 1 },
      { type: 'reshape', shape: [9, 2] },
      {
        type: 'bidirectional',
        layer: { type: 'lstm', units: 3, returnSequences: true, recurrentActivation: 'hardSigmoid' },
      },
      {
        type: 'concatenate',
        branches: [[{ type: 'gru', units: 2, returnSequences: true, goBackwards: true }]],
      },
      {
        ...{ type: 'simpleRNN', units: 4, recurrentInitializer: 'identity', kernelInitializer: 'zeros' },
        returnSequences: true,
      },
      { type: 'timeDistributed', layer: { type: 'layerNormalization' } },
      { type: 'flatten' },
      { type: 'dense', units: 2, useBias: true, biasInitializer: 'zeros' },
    ],
  }
  const [old, present] = [modelFromConfig(before), modelFromConfig(now)]
  t.same(old.config, present.config)
  t.equal(await old.fingerprint(), await present.fingerprint())
})

t.test('names that are neither today’s nor of before are refused as ever', async (t) => {
  const model = (layer: object) => () => modelFromConfig({ input: [4], layers: [layer] })
  t.throws(model({ type: 'dense', units: 1, sequence: true }), { message: /unknown field 'sequence'/ })
  t.throws(model({ type: '__proto__' }), { name: 'ModelError' })
  t.throws(model({ type: 'dense', units: 1, bias: 3 }), { message: /useBias should be true or false/ })
  t.throws(model({ type: 'dense', units: 1, ['__proto__']: 1 }), { message: /unknown field '__proto__'/ })
  t.throws(() => modelFromConfig(null), { name: 'ModelError' })
})

t.test('parameters saved under the names of before have today’s', async (t) => {
  for (const [before, now] of [
    ['batchNorm_1/running_mean', 'batchNormalization_1/runningMean'],
    ['concatenate_1/0/batchNorm_2/running_variance', 'concatenate_1/0/batchNormalization_2/runningVariance'],
    ['bidirectional_1/simpleRnn_1/kernel', 'bidirectional_1/simpleRNN_1/kernel'],
    ['dense_1/kernel', 'dense_1/kernel'],
    ['layerNormalization_1/scale', 'layerNormalization_1/scale'],
    ['constructor_1/x', 'constructor_1/x'],
  ] as const) {
    t.equal(presentParameterName(before), now)
  }
})

t.test('a file that an earlier version wrote opens, with the weights that it was written with', async (t) => {
  const file = new URL('../../../test/golden/model-0.1.safetensors', import.meta.url)
  const { model } = await readModel(readFileSync(file), 'model-0.1.safetensors')
  t.same(
    model.layers.map(({ name }) => name),
    ['reshape_1', 'conv2d_1', 'batchNormalization_1', 'flatten_1', 'dense_1'],
  )
  t.equal(await model.fingerprint(), '209182b111f4f72c8591ba636fc4f88d5af43025b57ffdef388d1fbed67311a7')
})
