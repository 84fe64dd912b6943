/** The data sets that are known by name. What loads them is imported when one is asked for. */
import { DataError } from '../errors.js'
import { leaf, list, object, optional, read } from '../schema/schema.js'
import { abortSignal, aFunction, text, truth } from '../schema/values.js'
import type { DataOptions, FamilyData, families } from './mnist.js'

/** Zero is a mirror that has no time to answer. */
const milliseconds = leaf<number>(
  'a number of milliseconds from 0 up',
  (value) => typeof value === 'number' && value >= 0,
)

const dataOptions = object<DataOptions>({
  dir: optional(text),
  cacheDir: optional(text),
  download: optional(truth),
  mirrors: optional(list('base URLs', text)),
  connectTimeout: optional(milliseconds),
  stallTimeout: optional(milliseconds),
  signal: optional(abortSignal),
  onProgress: optional(aFunction()),
})

async function load(name: keyof typeof families, options: DataOptions): Promise<FamilyData> {
  const checked = read(DataError, name, 'options', dataOptions, options)
  const { families, loadFamily } = await import('./mnist.js')
  return loadFamily(families[name], checked)
}

/** MNIST: 60,000 and 10,000 handwritten digits, 28x28 bytes each. Looked for as loadFamily says. */
export function mnist(options: DataOptions = {}): Promise<FamilyData> {
  return load('mnist', options)
}

/** Fashion-MNIST: 60,000 and 10,000 articles of clothing, 28x28 bytes each. Looked for as loadFamily says. */
export function fashionMnist(options: DataOptions = {}): Promise<FamilyData> {
  return load('fashionMnist', options)
}

/** KMNIST: 60,000 and 10,000 cursive Japanese characters, 28x28 bytes each. Looked for as loadFamily says. */
export function kmnist(options: DataOptions = {}): Promise<FamilyData> {
  return load('kmnist', options)
}
