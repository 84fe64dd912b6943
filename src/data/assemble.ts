import { DataError } from '../errors.js'
import { Fault, isPlainObject, object, optional, read, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'
import { oneOf, shape, text, truth, wholeNumber } from '../schema/values.js'
import { type AnyArray, anArray, arrayFrom } from './arrays.js'
import { anId, aTargetShape, type Dataset, MOST_CLASSES, targetSize } from './dataset.js'

/** What a data set is made from: see the fields of Dataset. */
export interface DatasetSource {
  name: string
  /** A typed array of all samples' values in a row, or nested lists of numbers, one list a sample. */
  inputs: AnyArray
  /**
   * Class ids: whole numbers in a typed array, or lists of them where `classes` is given. Numbers to be predicted: a
   * Float32Array, or lists without `classes`. One for each sample, or lists for each sample.
   */
  targets: AnyArray
  /** Needed where inputs are a typed array; lists have a shape of their own. */
  sampleShape?: readonly number[]
  /** Left out: one more than the largest id. */
  classes?: number
  /** Left out: one id a sample, and of float32 as many numbers as come on each sample. */
  targetShape?: readonly number[]
  ignoredId?: number
  /** One for each sample, or where targets are one for each step also lists with one for each step. */
  sampleWeights?: AnyArray
  lengths?: AnyArray
  padding?: 'pre' | 'post'
  synthetic?: boolean
}

const sourceSchema = object<DatasetSource & Partial<Pick<Dataset, 'count' | 'sampleSize'>>>({
  ...{ name: text, inputs: anArray, targets: anArray, sampleShape: optional(shape) },
  ...{ classes: optional(wholeNumber(0, MOST_CLASSES)), targetShape: optional(aTargetShape) },
  ...{ ignoredId: optional(anId), sampleWeights: optional(anArray), lengths: optional(anArray) },
  ...{ padding: optional(oneOf('pre', 'post')), synthetic: optional(truth) },
  // Of another data set whose fields are spread: worked out anew.
  ...{ count: optional(wholeNumber(1)), sampleSize: optional(wholeNumber(1)) },
})

/** What names the data set in the messages about all else that may be wrong with it. */
const sourceName: Schema<{ readonly name: string }> = {
  expected: sourceSchema.expected,
  read(value, path) {
    if (!isPlainObject(value)) throw new Fault(path, sourceSchema.expected, value)
    return { name: text.read(value.name, `${path}.name`) }
  },
}

/** See `dataset`. */
export function assemble(source: DatasetSource): Dataset {
  const { name } = read(DataError, 'dataset', 'options', sourceName, source)
  const checked = read(DataError, name, 'options', sourceSchema, source)
  const inputs = inputsOf(checked)
  const { count } = inputs
  const targets = targetsOf(checked, count, showShape(inputs.sampleShape))
  const steps = targets.targetShape?.[0]
  return {
    ...{ name, ...inputs, ...targets, ...weightsOf(checked, count, steps), ...lengthsOf(checked, inputs) },
    synthetic: checked.synthetic ?? false,
  }
}

const showShape = (shape: readonly number[]) => `[${shape.join(', ')}]`

function inputsOf({ name, inputs, sampleShape: told }: DatasetSource) {
  const found = arrayFrom(name, 'inputs', inputs)
  const sampleShape = told ?? found.shape.slice(1)
  if (sampleShape.length === 0) {
    throw new DataError(
      ArrayBuffer.isView(inputs)
        ? `${name}: the field 'sampleShape' is missing; it should be the shape of one sample, such as [28, 28].`
        : `${name}: inputs should be a list for each sample, found ${show(inputs)}.`,
    )
  }
  const data = found.data
  const sampleSize = sampleShape.reduce((product, size) => product * size, 1)
  if (data.length % sampleSize !== 0) {
    throw new DataError(
      `${name}: expected whole inputs of shape ${showShape(sampleShape)}, ${sampleSize} values each, found ${data.length} values: ` +
        `the input at ${Math.floor(data.length / sampleSize)} is incomplete`,
    )
  }
  const count = data.length / sampleSize
  if (data instanceof Float32Array) checkFinite(name, 'values', data, sampleSize)
  return { count, sampleShape: [...sampleShape], sampleSize, inputs: data }
}

function checkFinite(name: string, what: string, data: Float32Array, size: number): void {
  const wrong = data.findIndex((value) => !Number.isFinite(value))
  if (wrong < 0) return
  throw new DataError(
    `${name}: expected finite ${what}, found ${data[wrong]} at sample ${Math.floor(wrong / size)}, element ${wrong % size}`,
  )
}

function targetsOf(source: DatasetSource, count: number, sample: string) {
  const { name, classes: told, ignoredId } = source
  const isView = ArrayBuffer.isView(source.targets)
  const areIds = isView ? !/^Float/.test(typeName(source.targets)) : told !== undefined && told > 0
  const found = arrayFrom(name, 'targets', source.targets, areIds ? 'ids' : 'numbers')
  const { data } = found
  const own =
    isView && !areIds && count > 0 ? [Math.max(1, Math.round(data.length / count))] : found.shape.slice(1)
  const numbers = !isView && !areIds && own.length === 0 ? [1] : own
  const targetShape = source.targetShape ?? (areIds ? own : numbers)
  const size = targetSize({ targetShape })
  if (data.length !== count * size) {
    const each = targetShape.length === 0 ? '' : ` of shape ${showShape(targetShape)}, ${size} values each`
    throw new DataError(
      `${name}: expected as many targets as inputs${each}, found ${count} inputs of shape ${sample} and ${data.length} ` +
        `${size === 1 ? 'targets' : 'values'}`,
    )
  }
  if (count === 0) throw new DataError(`${name}: expected at least one sample, found none`)
  const shaped = targetShape.length === 0 ? {} : { targetShape: [...targetShape] }
  if (data instanceof Float32Array) {
    if (told !== undefined && told > 0) {
      throw new DataError(
        `${name}: targets in a Float32Array are numbers, so they have no classes, found ${told}`,
      )
    }
    checkFinite(name, 'targets', data, size)
    return { classes: 0, targets: data, ...shaped }
  }
  if (told === 0) {
    throw new DataError(`${name}: classes should be a whole number from 1 to ${MOST_CLASSES}, found 0.`)
  }
  let largest = 0
  for (const id of data) if (id !== ignoredId && id > largest) largest = id
  const classes = told ?? largest + 1
  const wrong = data.findIndex((id) => id !== ignoredId && !(id >= 0 && id < classes))
  if (wrong >= 0) {
    const sampleAt = Math.floor(wrong / size)
    throw new DataError(
      `${name}: expected targets of 0 to ${classes - 1}, found ${data[wrong]} at sample ${sampleAt}` +
        (size === 1 ? '' : `, element ${wrong % size}`),
    )
  }
  return { classes, targets: data, ...shaped, ...(ignoredId !== undefined && { ignoredId }) }
}

function weightsOf({ name, sampleWeights }: DatasetSource, count: number, steps = 1) {
  if (sampleWeights === undefined) return {}
  const { data } = arrayFrom(name, 'sampleWeights', sampleWeights, 'numbers')
  const weights = data as Float32Array
  if (weights.length !== count && weights.length !== count * steps) {
    const orSteps = steps === 1 ? '' : `, or ${count * steps}, one for each step`
    throw new DataError(
      `${name}: expected ${count} sampleWeights, one for each sample${orSteps}, found ${weights.length}`,
    )
  }
  const wrong = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0))
  if (wrong >= 0) {
    throw new DataError(`${name}: expected sampleWeights from 0 up, found ${weights[wrong]} at ${wrong}`)
  }
  return { sampleWeights: weights }
}

function lengthsOf(
  { name, lengths, padding }: DatasetSource,
  { count, sampleShape }: { readonly count: number; readonly sampleShape: readonly number[] },
) {
  if (lengths === undefined) return {}
  const data = arrayFrom(name, 'lengths', lengths, 'ids').data as Uint8Array | Int32Array
  const steps = sampleShape[0]!
  if (data.length !== count) {
    throw new DataError(`${name}: expected ${count} lengths, one for each sample, found ${data.length}`)
  }
  const wrong = data.findIndex((length) => !(length >= 0 && length <= steps))
  if (wrong >= 0) {
    throw new DataError(
      `${name}: expected lengths of 0 to ${steps}, the steps of a sample, found ${data[wrong]} at sample ${wrong}`,
    )
  }
  return {
    lengths: data instanceof Int32Array ? data : Int32Array.from(data),
    ...(padding !== undefined && { padding }),
  }
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
