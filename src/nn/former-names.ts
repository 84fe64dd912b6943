/**
 * Layers, their options and their parameters once had names of their own, which models saved then still have. They are
 * read under today's; nothing else knows the old ones.
 */
import { plainData } from '../schema/plain-data.js'
import { isPlainObject, type Schema } from '../schema/schema.js'

const types: ReadonlyMap<string, string> = new Map([
  ['simpleRnn', 'simpleRNN'],
  ['batchNorm', 'batchNormalization'],
  ['layerNorm', 'layerNormalization'],
  ['maxPool2d', 'maxPooling2d'],
  ['averagePool2d', 'averagePooling2d'],
  ['globalAveragePool2d', 'globalAveragePooling2d'],
])

const product = { bias: 'useBias', kernel: 'kernelInitializer', biasInitialiser: 'biasInitializer' }
const recurrent = {
  ...{ sequence: 'returnSequences', reverse: 'goBackwards', bias: 'useBias', kernel: 'kernelInitializer' },
  ...{ recurrentKernel: 'recurrentInitializer', gateActivation: 'recurrentActivation' },
}
const pooling = { size: 'poolSize', stride: 'strides' }

/** The options of a layer by today's name of its type. */
const options = new Map<unknown, Readonly<Record<string, string>>>([
  ['dense', product],
  ['conv2d', { ...product, size: 'kernelSize', stride: 'strides' }],
  ['maxPooling2d', pooling],
  ['averagePooling2d', pooling],
  ['simpleRNN', recurrent],
  ['lstm', recurrent],
  ['gru', recurrent],
])

/** Reads a copy of a description with today's names of layers and options; whatever else it is stays as it is. */
export const presentNames: Schema<unknown> = {
  expected: plainData.expected,
  read: (value, path) => rename(plainData.read(value, path)),
}

function rename(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rename)
  if (!isPlainObject(value)) return value
  const type = types.get(value.type as string) ?? value.type
  const renamed = options.get(type) ?? {}
  const present = (name: string) => (Object.hasOwn(renamed, name) ? renamed[name]! : name)
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) =>
      name === 'type' ? [name, type] : [present(name), rename(content)],
    ),
  )
}

/** Today's name of a parameter, such as `batchNormalization_1/runningMean` for `batchNorm_1/running_mean`. */
export function presentParameterName(name: string): string {
  const parts = name.split('/').map((part) => {
    const [, type, number] = /^(\w+)_(\d+)$/.exec(part) ?? []
    return type !== undefined && types.has(type) ? `${types.get(type)}_${number}` : part
  })
  return parts
    .join('/')
    .replace(/running_(mean|variance)$/, (_, what) => (what === 'mean' ? 'runningMean' : 'runningVariance'))
}
